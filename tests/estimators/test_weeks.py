"""Labels of a hazard: weeks, or two classes, and who is at risk in which week."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import FrameError, HistoryError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import ChurnHazard
from churnlab.estimators.weeks import at_risk, last_week, weeks_of

LEFT = np.tile([True, False, False], 20)
X = pd.DataFrame({"visits": np.where(LEFT, 1.0, 9.0) + np.arange(60) % 4})


def _hazard() -> ChurnHazard:
    learner = ChurnClassifier("lightgbm", n_estimators=5, n_jobs=1)
    return ChurnHazard(2, learner=learner, n_jobs=1)


def test_two_classes_are_people_who_leave_in_the_first_week() -> None:
    weeks = pd.DataFrame({"leaves_week": np.where(LEFT, 0.0, np.nan), "known_weeks": 1})
    right = _hazard().fit(X, weeks).predict_curve(X)
    for y in (LEFT, LEFT.astype(int), np.where(LEFT, "left", "here"), pd.Series(LEFT)):
        pd.testing.assert_frame_equal(_hazard().fit(X, y).predict_curve(X), right)


@pytest.mark.parametrize(
    ("y", "error", "told"),
    [
        (None, FrameError, "ChurnHazard requires y to be passed"),
        (np.ones(60), HistoryError, "one class only"),
        (np.arange(60) % 3, FrameError, "y has 3 classes"),
        (LEFT[:9], FrameError, "y has 9 values for 60 rows"),
        (np.column_stack([LEFT, LEFT]), FrameError, r"shape \(60, 2\)"),
        (pd.DataFrame({"a": LEFT, "b": LEFT}), FrameError, "y lacks 2 column"),
    ],
)
def test_what_is_no_label_of_a_hazard_is_refused(y: Any, error: type, told: str) -> None:
    with pytest.raises(error, match=told):
        _hazard().fit(X, y)


def test_an_array_keeps_its_number_of_columns() -> None:
    model = _hazard().fit(X.to_numpy(), LEFT)
    assert model.n_features_in_ == 1
    with pytest.raises(FrameError, match="X has 2 features, but ChurnHazard is expecting 1"):
        model.predict_curve(np.zeros((3, 2)))
    numbered = X.rename(columns={"visits": 0})
    again = _hazard().fit(numbered, LEFT).predict_curve(numbered)
    pd.testing.assert_frame_equal(again, model.predict_curve(X.to_numpy()))


def test_everybody_is_at_risk_until_they_leave_or_are_no_longer_observed() -> None:
    leaves, known = weeks_of(
        pd.DataFrame({"leaves_week": [1, np.nan, 0], "known_weeks": [4, 2, 4]}), 3, "ChurnHazard"
    )
    row, week = at_risk(leaves, known)
    assert row.tolist() == [0, 0, 1, 1, 2] and week.tolist() == [0, 1, 0, 1, 0]
    assert last_week(week) == 0 and last_week(np.repeat([0, 1], 20)) == 1
