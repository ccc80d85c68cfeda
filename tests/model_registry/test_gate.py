"""The gate: every refusal of it, and what each leaves behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.approvals import NOW, beside, facts, waiting
from support.small_runs import new_store

from churnlab.errors import GuardError
from churnlab.model_registry.gate import Candidate
from churnlab.model_registry.registry import Registry
from churnlab.model_registry.run_facts import ChampionFacts
from churnlab.model_registry.versions import State, Version


def version(number: int = 2, **changes: Any) -> Version:
    about = {"model": "churn", "number": number, "run_id": f"r{number}", "trained": "2026-01-01"}
    return Version(**{**about, "state": State.PENDING, "review_due": "2026-04-01", **changes})


OLD = version(1, state=State.APPROVED, aliases=("champion",))
RENEWED = version(1, state=State.APPROVED, aliases=("champion",), review_due="2026-02-01")
REJECTED = version(state=State.REJECTED, by="Mei", at="2026-02-01T00", note="too few")
ARCHIVED = version(state=State.ARCHIVED, ended_by="Mei", ended_at="2026-02-01T00", ended_note="x")


@pytest.mark.parametrize(
    ("candidate", "champion", "day", "says"),
    [
        (Candidate(version(), facts()), None, "2026-03-01", None),
        (Candidate(version(), facts()), None, "2026-04-01", None),
        (Candidate(version(), facts()), None, "2026-04-02", "its review was due on 2026-04-01"),
        (Candidate(RENEWED, facts()), RENEWED, "2026-01-31", None),
        (Candidate(RENEWED, facts()), RENEWED, "2026-02-02", "its review was due on 2026-02-01"),
        (
            Candidate(REJECTED, facts()),
            None,
            "2026-03-01",
            "Mei rejected it on 2026-02-01: too few",
        ),
        (Candidate(ARCHIVED, facts()), None, "2026-03-01", "Mei archived it on 2026-02-01: x"),
        (
            Candidate(version(), facts(), ("a figure differs",)),
            None,
            "2026-03-01",
            "a figure differs",
        ),
        (Candidate(version(), facts(ours=0.9, baseline=0.1)), None, "2026-03-01", "AUC is behind"),
        (Candidate(version(), facts(ours=0.5, baseline=0.5)), None, "2026-03-01", None),
        (Candidate(version(), facts(evaluations={})), None, "2026-03-01", "was not judged"),
        (
            Candidate(version(), facts()),
            OLD,
            "2026-03-01",
            "it was not judged beside version 1, which is the champion now",
        ),
        (Candidate(version(), facts(champion=beside(OLD))), OLD, "2026-03-01", None),
        (Candidate(version(), facts(champion=beside(OLD, 0.4, 0.4))), OLD, "2026-03-01", None),
        (
            Candidate(version(), facts(champion=beside(OLD, 0.9, 0.1))),
            OLD,
            "2026-03-01",
            "AUC is behind the champion, version 1: the difference is -",
        ),
        (
            Candidate(version(), facts(champion=beside(version(3)))),
            OLD,
            "2026-03-01",
            "it was not judged beside version 1",
        ),
        (
            Candidate(version(), facts(champion=ChampionFacts(1, "r1", missing="other days"))),
            OLD,
            "2026-03-01",
            "it was not judged beside the champion: other days",
        ),
    ],
)
def test_every_reason_to_refuse(
    candidate: Candidate, champion: Version | None, day: str, says: str | None
) -> None:
    found = [str(words) for words in candidate.refusals(champion, day)]
    if says is None:
        assert found == []
    else:
        assert any(says in words for words in found), found


def test_a_card_that_is_missing_or_changed_and_a_check_that_finds_something(
    tmp_path: Path, empty_database: Path
) -> None:
    registry = Registry(new_store(tmp_path / "runs", empty_database), "churn")
    bare = waiting(registry, artifacts={})
    with pytest.raises(GuardError, match="has no file 'card.html'"):
        registry.approve(bare.number, by="Mei", now=NOW, override="")
    unreadable = replace(registry, check=lambda tracker, run_id: [tracker.text(run_id, "x")])
    with pytest.raises(GuardError, match="has no file 'x'"):
        unreadable.approve(waiting(registry).number, by="Mei", now=NOW)
    checked = replace(registry, check=lambda tracker, run_id: [f"a figure of {run_id} differs"])
    whole = waiting(registry)
    with pytest.raises(GuardError, match=f"a figure of {whole.run_id} differs"):
        checked.approve(whole.number, by="Mei", now=NOW)
    assert {v.state for v in registry.all()} == {State.PENDING} and registry.champion() is None
    [card] = (tmp_path / "runs").rglob(f"{whole.run_id}/artifacts/card.html")
    card.write_text(card.read_text().replace("Card", "Good card"))
    with pytest.raises(GuardError, match="card.html of run .* sha256 differs"):
        registry.approve(whole.number, by="Mei", now=NOW, override="no reason can override that")
    assert registry.champion() is None
