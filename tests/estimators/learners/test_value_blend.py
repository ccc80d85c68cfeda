"""The value blend: day effects, and the share of the expected spending."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.made_models import training_rows, value_tides

from churnlab.estimators.learners import value_blend
from churnlab.estimators.learners.training_rows import TrainingRows
from churnlab.estimators.learners.value_blend import ExpectedSpending


def in_unit_of_mean(y: np.ndarray) -> np.ndarray:
    return y / y.mean()


def test_day_effects_are_used_where_they_predict_later_days_better() -> None:
    frame, y, _ = value_tides()
    rows = training_rows(frame[["x", "tide"]], in_unit_of_mean(y))
    assert value_blend.day_effects_help(rows)
    from_columns = in_unit_of_mean(np.exp(frame["tide"].to_numpy()))
    assert not value_blend.day_effects_help(replace(rows, y=from_columns)), (
        "a column has the effect"
    )
    six_days = replace(rows, cut=rows.cut // 2)
    assert not value_blend.day_effects_help(six_days), "six days cannot tell season from signal"


def test_expected_spending_keeps_its_share_only_if_it_is_good() -> None:
    rng = np.random.default_rng(0)
    truth = np.exp(rng.normal(size=3000))
    y = truth * rng.gamma(2, 0.5, 3000)
    other, still = np.log(truth) + 0.5 * rng.normal(size=3000), np.zeros(3000)
    for column, low, high in ((truth * 7, 0.2, 0.6), (np.exp(2 * rng.normal(size=3000)), 0.0, 0.1)):
        rows = TrainingRows(
            column[:, None], y, np.zeros(3000, int), np.arange(3000), [], seed=0, spending=0
        )
        found = ExpectedSpending.fit(rows, still)
        assert found is not None
        assert (
            low
            <= value_blend.best_share(replace(rows, y=y), other, found.score(rows.X), still)
            <= high
        )
        assert (found.rate * column).sum() == pytest.approx(y.sum())
    assert ExpectedSpending.fit(replace(rows, X=np.zeros((3000, 1))), still) is None
    assert ExpectedSpending.fit(replace(rows, spending=None), still) is None
    assert found.score(np.array([[np.nan]]))[0] == pytest.approx(np.log(0.02))
