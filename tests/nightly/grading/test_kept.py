"""Grades on disk and in MLflow: whole, the same twice, and none that was changed."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from support.faults import FAULTS, damaged
from support.nightly import DAY, content, published, tonight
from support.small_runs import log_small, new_store

from churnlab.errors import ListError, ModelError, OutputError
from churnlab.nightly.grading.kept import GRADE, keep, kept, log_grade
from churnlab.nightly.grading.page import example
from churnlab.nightly.lists.read import read_list


def test_a_grade_lies_beside_its_list_which_stays_as_it_was(tmp_path: Path) -> None:
    published(tmp_path, tonight(30))
    before = content(tmp_path)
    name = keep(example(), tmp_path)
    assert name.endswith(f"as_of={DAY}/{GRADE}")
    found = kept(tmp_path, DAY)
    assert found is not None and found.to_dict() == example().to_dict()
    assert len(read_list(tmp_path, DAY).frame) == 30
    bytes_of = Path(name).read_bytes()
    keep(example(), tmp_path)
    assert Path(name).read_bytes() == bytes_of
    published(tmp_path, tonight(30))  # sweeps what no manifest names
    after = content(tmp_path)
    assert Path(name).read_bytes() == bytes_of
    assert {path: after[path] for path in before} == before
    assert kept(tmp_path, "2026-03-05") is None


def test_a_changed_grade_is_refused(tmp_path: Path) -> None:
    path = Path(keep(example(), tmp_path))
    data, chance = path.read_bytes(), random.Random(0)
    for _ in range(300 if FAULTS else 40):
        path.write_bytes(damaged(data, chance))
        with pytest.raises(ListError, match=r"grade.json is not the grade that was written"):
            kept(tmp_path, DAY)
    path.unlink()
    path.mkdir()
    with pytest.raises(ListError, match="grade that day again"):
        kept(tmp_path, DAY)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        keep(example(), tmp_path)


def test_the_run_has_the_figures_of_each_day_once(tmp_path: Path, empty_database: Path) -> None:
    tracker = new_store(tmp_path / "runs", empty_database)
    run = log_small(tracker)
    grades = [replace(example(), run_id=run, as_of=day) for day in ("2026-03-04", "2026-03-05")]
    for grade in (*grades, grades[0]):
        log_grade(tracker, grade)
    with tracker.reach.open() as store:
        history = store.client.get_metric_history(run, "grade_auc")
    assert [(each.step, each.value) for each in history] == [(20516, 0.875), (20517, 0.875)]
    place = Path(tracker.location(run).removeprefix("file://"))
    text = (place / "grades" / "grade_2026-03-05.json").read_text()
    assert json.loads(text)["as_of"] == "2026-03-05"
    assert tracker.load(run).metrics["churned_auc"] == 0.9 and tracker.verify(run)
    with pytest.raises(ModelError, match="does not have run nobody"):
        log_grade(tracker, replace(example(), run_id="nobody"))
