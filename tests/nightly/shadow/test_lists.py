"""Shadow scores on disk: whole, the same twice, apart from the lists, none that was changed."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.faults import damaged
from support.nightly import DAY, content, published, tonight

from churnlab.errors import ListError, OutputError
from churnlab.nightly.lists.read import read_list
from churnlab.nightly.shadow.lists import ShadowScores, beside, shadow_scores

ROWS = pd.DataFrame({"user_id": ["a", "b", "c"], "risk": [0.1, 0.7, 0.3]})


def test_they_come_back_beside_a_list_that_does_not_change(tmp_path: Path) -> None:
    published(tmp_path, tonight(30))
    lists = content(tmp_path / "list")
    for version in (10, 2):
        ShadowScores(ROWS, DAY, version, f"r{version}").write(tmp_path)
    assert content(tmp_path / "list") == lists and len(read_list(tmp_path).frame) == 30
    found = shadow_scores(tmp_path, DAY)
    assert [(s.version, s.run_id, s.as_of) for s in found] == [(2, "r2", DAY), (10, "r10", DAY)]
    pd.testing.assert_frame_equal(found[0].frame, ROWS)
    users = pd.Series(["c", "nobody", "a"])
    (name, risk), _ = beside(tmp_path, DAY, users)
    assert name == "version 2" and risk[[0, 2]].tolist() == [0.3, 0.1] and np.isnan(risk[1])
    assert shadow_scores(tmp_path, "2026-03-05") == []


def test_the_same_again_gives_the_same_bytes_and_others_take_their_place(tmp_path: Path) -> None:
    ShadowScores(ROWS, DAY, 2, "r2").write(tmp_path)
    first = content(tmp_path)
    ShadowScores(ROWS, DAY, 2, "r2").write(tmp_path)
    assert content(tmp_path) == first and len(first) == 2
    ShadowScores(ROWS.assign(risk=0.5), DAY, 2, "r2").write(tmp_path)
    assert len(content(tmp_path)) == 2 and content(tmp_path) != first


def test_changed_scores_are_refused(tmp_path: Path) -> None:
    ShadowScores(ROWS, DAY, 2, "r2").write(tmp_path)
    chance = random.Random(0)
    for path, data in content(tmp_path).items():
        for _ in range(20):
            (tmp_path / path).write_bytes(damaged(data, chance))
            with pytest.raises(ListError, match="is not what was published"):
                shadow_scores(tmp_path, DAY)
        (tmp_path / path).write_bytes(data)
    assert len(shadow_scores(tmp_path, DAY)) == 1
    next((tmp_path / "shadow").rglob("*.parquet")).unlink()
    with pytest.raises(ListError, match="No such file"):
        shadow_scores(tmp_path, DAY)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "shadow").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        ShadowScores(ROWS, DAY, 2, "r2").write(tmp_path)
