"""A grade as a record: JSON and back, flat figures, missing ones left out."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd

from churnlab.evaluation.intervals import Interval
from churnlab.language.sentence import sentence
from churnlab.nightly.grading.page import example
from churnlab.nightly.grading.record import Grade


def test_json_and_back() -> None:
    rows = pd.DataFrame({"value": ["all"], "people": [3], "spent": [np.nan]})
    grade = replace(
        example(),
        learnt_rate=float("nan"),
        money=rows,
        notes=(sentence("{people:,} people of the list", people=2),),
    )
    text = json.dumps(grade.to_dict(), allow_nan=False)
    again = Grade.from_dict(json.loads(text))
    assert json.dumps(again.to_dict()) == text
    assert np.isnan(again.learnt_rate) and again.notes[0] == grade.notes[0]
    pd.testing.assert_frame_equal(again.table, grade.table)
    said = json.loads(text)
    assert said["auc"] == {"value": 0.875, "low": 0.7, "high": 1.0}
    assert said["estimate_error"] == grade.error and said["notes"][0]["text"].startswith("2 people")


def test_figures_for_tracking_have_no_missing_one() -> None:
    flat = example().metrics()
    assert flat["grade_auc"] == 0.875 and flat["grade_precision_high"] == 0.2
    assert flat["grade_expected_auc"] == 0.9 and flat["grade_people"] == 60
    nan = float("nan")
    unknown = replace(example(), expected_auc=Interval(nan, nan, nan))
    assert "grade_expected_auc" not in unknown.metrics() and np.isnan(unknown.error)


def test_it_shows_itself() -> None:
    assert "Grade of the list of 2026-03-04" in example()._repr_html_()
    assert repr(example()).startswith("Grade(2026-03-04, AUC 0.875")
