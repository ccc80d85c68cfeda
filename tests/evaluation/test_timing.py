"""When people leave: predicted and observed shares after the last week that many were seen to reach."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from churnlab.dataset.dataset import Dataset
from churnlab.evaluation.timing import Timing, judge_hazard

WEEKS = 4


def dataset(leaves: list[float], known: list[float]) -> Dataset:
    index = pd.MultiIndex.from_product(
        [range(len(leaves)), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
    )
    labels = pd.DataFrame({"leaves_week": leaves, "known_weeks": known}, index=index)
    return Dataset(pd.DataFrame({"x": 0.0}, index=index), labels, pd.DataFrame())


class Halving:
    """A hazard by which half of those who are left leave each week."""

    weeks_ = WEEKS

    def predict_curve(self, X: pd.DataFrame, risk: np.ndarray) -> pd.DataFrame:
        alive = 0.5 ** np.arange(1, WEEKS + 2)
        return pd.DataFrame(np.tile(alive, (len(X), 1)), index=X.index)


CHURN: Any = SimpleNamespace(predict=lambda X: np.zeros(len(X)))


def test_the_last_week_that_twenty_reached_is_judged_on_those_who_reached_it() -> None:
    train = dataset([0.0] * 50 + [np.nan] * 50, [WEEKS + 1.0] * 100)
    test = dataset([0.0] * 10 + [1.0] * 10 + [np.nan] * 20 + [0.0] * 9, [3.0] * 40 + [5.0] * 9)
    found = judge_hazard(Halving(), CHURN, train, test)  # type: ignore[arg-type]
    assert (found.weeks, found.rows) == (2, 49)
    assert found.predicted == pytest.approx(1 - 0.5**3)
    assert found.observed == pytest.approx(29 / 49)
    gone = np.r_[np.ones(20), np.zeros(20), np.ones(9)]
    assert found.brier == pytest.approx(np.mean((0.875 - gone) ** 2))
    assert found.brier_base_rate == pytest.approx(np.mean((0.5 - gone) ** 2))


def test_few_snapshots_are_judged_at_week_zero() -> None:
    train = dataset([0.0] * 50 + [np.nan] * 50, [WEEKS + 1.0] * 100)
    found = judge_hazard(
        Halving(),  # type: ignore[arg-type]
        CHURN,
        train,
        dataset([0.0] * 5 + [np.nan] * 5, [3.0] * 10),
    )
    assert (found.weeks, found.rows, found.predicted, found.observed) == (0, 10, 0.5, 0.5)


def test_the_sentence_has_every_figure_and_tracking_has_them_flat() -> None:
    found = Timing(12, 1900, 0.31, 0.29, 0.15, 0.2)
    said = str(found.sentence())
    assert all(part in said for part in ("12 weeks", "1,900", "31.0%", "29.0%", "0.150", "0.200"))
    assert found.metrics() == {
        "when_weeks": 12.0,
        "when_rows": 1900.0,
        "when_left_predicted": 0.31,
        "when_left_observed": 0.29,
        "when_brier": 0.15,
        "when_brier_base_rate": 0.2,
    }


def test_a_week_is_said_as_one_and_no_week_as_not_tested() -> None:
    one = str(Timing(1, 1900, 0.31, 0.29, 0.15, 0.2).sentence())
    assert "at once or within 1 week, and" in one
    none = Timing(0, 1900, 0.31, 0.29, 0.15, 0.2).sentence()
    assert "could not be tested" in str(none) and "0 weeks" not in str(none)
    assert "未能检验" in none.text("zh")
