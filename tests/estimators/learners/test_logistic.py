"""The rank logistic model: against a minimiser of its stated loss, and its parts."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import logit
from scipy.stats import rankdata
from support.made_models import CHURN_DAYS, churn_tides, whole_numbers

from churnlab.estimators.learners import additive, folds, logistic
from churnlab.estimators.learners.additive import Additive
from churnlab.estimators.learners.logistic import RankLogistic
from churnlab.kernels import lines

EARLY = len(CHURN_DAYS) // 2


def test_the_kernel_gives_the_same_bits_as_the_sum_of_parts() -> None:
    rng = np.random.default_rng(7)
    X = np.column_stack(
        [
            rng.normal(size=500),
            rng.integers(0, 3, 500),
            rng.lognormal(0, 4, 500),
            np.full(500, 2.0),
            rng.integers(0, 4, 500),
        ]
    )
    X[rng.random(X.shape) < 0.2] = np.nan
    line, _ = RankLogistic.fit(
        X[:400], (rng.random(400) < 0.4).astype(float), np.zeros(400, int), [4], 0
    )
    wider = np.vstack(
        [X, X[:50] * 3 - 1, np.array([[k[0] for k in line.knots], [k[-1] for k in line.knots]])]
    )
    expected = Additive.score(line, wider)
    wider = np.vstack([wider] * 3)
    assert len(wider) > lines._ROWS and np.array_equal(line.score(wider), np.tile(expected, 3))
    assert np.array_equal(line.score(np.asfortranarray(wider)), np.tile(expected, 3))
    assert line.score(wider[:0]).shape == (0,)


def test_the_line_minimises_its_stated_loss() -> None:
    X, y = whole_numbers(900)
    X, day = X[:, :2], np.random.default_rng(1).integers(0, 3, 900)
    line, effect = RankLogistic.fit(X, y, day, [], 0)
    gone = np.isnan(X)
    places = np.column_stack(
        [
            np.where(
                gone[:, j],
                0,
                (rankdata(X[:, j], nan_policy="omit") - 0.5) / (~gone[:, j]).sum() - 0.5,
            )
            for j in range(2)
        ]
    )
    A = np.column_stack([np.nan_to_num(places), gone[:, 1] / 2, *(day == d for d in range(3))])

    def loss(w: np.ndarray) -> float:
        z = A @ w[1:] + w[0]
        return float(np.sum(np.logaddexp(0, z) - y * z) + 10 * np.sum(w[1:] ** 2))

    best = minimize(loss, np.zeros(A.shape[1] + 1), method="BFGS").x
    np.testing.assert_allclose(line.score(X) + effect, A @ best[1:] + best[0], atol=5e-3)
    np.testing.assert_allclose(line.weight, best[1:3], atol=5e-3)
    assert effect.mean() == pytest.approx(0, abs=1e-12)


def test_the_parts_of_the_line_add_up_and_average_to_zero() -> None:
    X, y = whole_numbers(700)
    line, _ = RankLogistic.fit(X, y, np.zeros(700, int), [2], 0)
    parts = line.contributions(X)
    np.testing.assert_allclose(parts.sum(axis=1) + line.base, line.score(X), atol=1e-12)
    np.testing.assert_allclose(parts.mean(axis=0), 0, atol=1e-12)
    assert not parts[:, 2:].any(), "a category, a constant and a column without a value add nothing"
    assert parts[:, 0].std() > 0.3 and line.absent[1] > line.present[1] + 0.4


def test_a_rows_score_does_not_depend_on_its_neighbours_and_stays_in_range() -> None:
    X, y = whole_numbers(300)
    line, _ = RankLogistic.fit(X, y, np.zeros(300, int), [2], 0)
    whole = line.score(X)
    assert [line.score(X[i : i + 1])[0] for i in range(300)] == whole.tolist()
    np.testing.assert_array_equal(line.score(X[::-1]), whole[::-1])
    top = np.nanmax(X, axis=0, initial=0, where=~np.isnan(X))[None]
    np.testing.assert_array_equal(line.score(top + 1e9), line.score(top))
    unseen = np.full((1, 5), np.nan)
    assert line.score(unseen)[0] == pytest.approx(line.base + sum(line.absent))


def test_only_the_order_of_values_matters() -> None:
    X, y = whole_numbers(600)
    X = X[:, :2]
    line, _ = RankLogistic.fit(X, y, np.zeros(600, int), [], 0)
    bent, _ = RankLogistic.fit(np.exp(X), y, np.zeros(600, int), [], 0)
    np.testing.assert_allclose(bent.score(np.exp(X)), line.score(X), atol=1e-9)


def test_many_cells_are_sampled_and_the_seed_alone_decides_which_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = whole_numbers(4000)
    day = np.arange(4000) % 10
    full, _ = RankLogistic.fit(X, y, day, [2], 0)
    monkeypatch.setattr(logistic, "_MOST_CELLS", 1500 * (2 * X.shape[1] + 1))
    first, effect = RankLogistic.fit(X, y, day, [2], 5)
    again, _ = RankLogistic.fit(X, y, day, [2], 5)
    other, _ = RankLogistic.fit(X, y, day, [2], 6)
    assert first == again != other and first != full
    assert len(effect) == 4000 and np.isfinite(effect).all()
    assert np.corrcoef(first.score(X), full.score(X))[0, 1] > 0.98
    assert len(additive.sample(4000, 1500, 0)) == len(set(additive.sample(4000, 1500, 0))) == 1500


def test_the_line_survives_json_and_is_scaled() -> None:
    X, y = whole_numbers(500)
    line, _ = RankLogistic.fit(X, y, np.zeros(500, int), [2], 0)
    again = RankLogistic(**json.loads(json.dumps(line.state())))
    np.testing.assert_array_equal(again.score(X), line.score(X))
    np.testing.assert_allclose(line.scaled(-2.5).score(X), -2.5 * line.score(X), atol=1e-12)


@pytest.mark.parametrize("y", [np.zeros(300), np.ones(300)])
def test_a_sample_of_one_class_has_a_level_and_nothing_else(y: np.ndarray) -> None:
    X, _ = whole_numbers(300)
    line, effect = RankLogistic.fit(X, y, np.arange(300) % 2, [2], 0)
    assert not effect.any() and not line.contributions(X).any()
    assert line.base == pytest.approx(logit((y.sum() + 0.5) / 301))


def test_without_a_column_that_varies_only_the_level_is_learnt() -> None:
    y = np.r_[np.zeros(90), np.ones(10)]
    line, _ = RankLogistic.fit(np.full((100, 2), 3.0), y, np.zeros(100, int), [], 0)
    np.testing.assert_allclose(
        line.score(np.array([[3.0, 3.0], [8.0, np.nan]])), logit(0.1), atol=0.05
    )


def test_planted_day_effects_are_found_and_leave_the_column_its_own_slope() -> None:
    X, y, planted = churn_tides(400)
    day = folds.snapshot_days(X, None, len(y))
    line, effect = RankLogistic.fit(X[["x", "tide"]].to_numpy(), y, day, [], 0)
    by_day = pd.Series(effect).groupby(day).first(), pd.Series(planted).groupby(day).first()
    assert np.corrcoef(*by_day)[0, 1] > 0.97 and np.abs(by_day[0] - by_day[1]).max() < 0.45
    assert abs(line.weight[1]) < 0.35 < 1 < line.weight[0]
    early = day < EARLY
    fooled, none = RankLogistic.fit(
        X.loc[early, ["x", "tide"]].to_numpy(), y[early], np.zeros(early.sum(), int), [], 0
    )
    assert fooled.weight[1] > 1.5 and not none.any()
