"""Blocked nights: their evidence is kept and checked, and the error passes as it was."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.faults import damaged
from support.nights import DAYS, block, guard

from churnlab.errors import GuardError, ListError
from churnlab.nightly.watching.blocked import blocked_days, blocked_kept, blocked_night


def test_the_evidence_comes_back(tmp_path: Path) -> None:
    block(tmp_path, DAYS[3], guard("psi_last", 0.4, False, "block"))
    block(tmp_path, DAYS[1], guard("psi_last", 0.3, False, "block"))
    assert blocked_days(tmp_path) == [DAYS[1], DAYS[3]]
    found = blocked_night(tmp_path, DAYS[3])
    assert found["as_of"] == DAYS[3] and found["guards"][0]["figure"] == 0.4
    path = tmp_path / "blocked" / f"as_of={DAYS[3]}.json"
    data, chance = path.read_bytes(), random.Random(0)
    for _ in range(40):
        path.write_bytes(damaged(data, chance))
        with pytest.raises(ListError, match=path.name):
            blocked_night(tmp_path, DAYS[3])


def test_the_error_passes_and_a_full_disk_says_nothing_more(tmp_path: Path) -> None:
    error = GuardError("a guard said no")
    with pytest.raises(GuardError) as refused, blocked_kept(tmp_path):
        raise error
    assert refused.value is error and not list(tmp_path.iterdir())
    (tmp_path / "blocked").write_text("a file, no folder")
    error.evidence = {"as_of": DAYS[0], "guards": [], "night": {}}
    with pytest.raises(GuardError, match="^a guard said no$"), blocked_kept(tmp_path):
        raise error
