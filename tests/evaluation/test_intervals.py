"""Intervals from resampling people."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.evaluation import metrics
from churnlab.evaluation.intervals import Interval, interval
from churnlab.language.sentence import in_language

rng = np.random.default_rng(1)
Y = (rng.random(400) < 0.3).astype(float)
P = np.round(np.clip(0.3 * Y + rng.random(400) * 0.7, 0.001, 0.999), 2)  # rounding makes ties


def test_a_value_that_is_not_known_reads_as_a_dash() -> None:
    assert str(metrics.Interval(float("nan"), float("nan"), float("nan"))) == "–"
    assert Interval(float("nan"), 0, 0).value_words() == "–"


@pytest.mark.parametrize(
    ("value", "text", "alone"),
    [(0.5, "0.500 [0.400, 0.600]", "0.500"), (1234.56, "1,234.6 [0.4, 0.6]", "1,234.6")],
)
def test_large_values_have_one_decimal(value: float, text: str, alone: str) -> None:
    found = Interval(value, 0.4, 0.6)
    assert str(found) == in_language(found.words()) == text
    assert in_language(found.value_words()) == alone


def test_resamples_in_which_nothing_can_be_computed_are_left_out() -> None:
    found = interval(0.5, np.array([np.nan, 0.4, 0.6, np.inf]))
    assert (found.low, found.high) == pytest.approx((0.405, 0.595))
    assert np.isnan(interval(0.5, np.array([np.nan])).low)


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    inside = 0
    for seed in range(60):
        r = np.random.default_rng(seed)
        y = (r.random(300) < 0.4).astype(float)
        found = metrics.bootstrap(
            metrics.brier, y, np.full(300, 0.4), np.arange(300), draws=100, seed=seed
        )
        inside += found.low <= 0.24 <= found.high
    assert 50 <= inside <= 60


def test_people_are_resampled_whole_and_pairs_share_their_resamples() -> None:
    users = np.repeat(np.arange(50), 8)
    assert all((w.reshape(50, 8) == w[::8, None]).all() for w in metrics.resamples(users, 5, 0))
    same = metrics.paired(metrics.auc, Y, P, P, users)
    assert (same.value, same.low, same.high) == (0, 0, 0)


@pytest.mark.parametrize("ids", [np.arange(60) // 2, np.array([f"u{i // 2}" for i in range(60)])])
def test_the_interval_does_not_depend_on_the_order_of_rows(ids: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    y, p = (rng.random(60) < 0.4).astype(float), rng.integers(0, 4, 60) / 4
    order = rng.permutation(60)
    for metric in (metrics.auc, metrics.lift, metrics.brier):
        first = metrics.bootstrap(metric, y, p, ids, draws=20)
        again = metrics.bootstrap(metric, y[order], p[order], ids[order], draws=20)
        assert (again.low, again.high) == pytest.approx((first.low, first.high), rel=1e-12)
