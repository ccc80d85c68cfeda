"""The log-linear model: against scikit-learn, its parts, planted day effects."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import TweedieRegressor
from support.made_models import known_shop, training_rows, value_tides

from churnlab.estimators.learners import value_blend
from churnlab.estimators.learners.loglinear import POWER, RIDGE, LogLinear

X, Y, _ = known_shop()


def test_the_linear_model_is_the_one_of_scikit_learn() -> None:
    values, y = X[["a", "b"]].to_numpy().copy(), Y / Y.mean()
    values = np.nan_to_num(values)
    line, _ = LogLinear.fit(values, y, np.zeros(len(y), int), [], 0)
    z = np.sign(values) * np.log1p(np.abs(values))
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    other = TweedieRegressor(power=POWER, alpha=RIDGE, link="log", tol=1e-9, max_iter=2000).fit(
        z, y
    )
    np.testing.assert_allclose(line.weight, other.coef_, rtol=1e-3)
    np.testing.assert_allclose(np.exp(line.score(values)), other.predict(z), rtol=1e-3)
    assert np.exp(line.score(values)).sum() == pytest.approx(other.predict(z).sum(), rel=1e-4)


def test_linear_parts_add_up_average_to_zero_and_stay_in_range() -> None:
    line, _ = LogLinear.fit(X.to_numpy(), Y / Y.mean(), np.zeros(len(Y), int), [0], 0)
    parts = line.contributions(X.to_numpy())
    np.testing.assert_allclose(parts.sum(axis=1) + line.base, line.score(X.to_numpy()), atol=1e-12)
    np.testing.assert_allclose(parts.mean(axis=0), 0, atol=1e-9)
    assert not parts[:, 0].any()
    top = X.max().to_numpy()[None]
    np.testing.assert_allclose(line.score(top + 1e6), line.score(top))


def test_equal_gaps_in_many_columns_weigh_as_they_do_one_by_one() -> None:
    values, y = X[["a", "b", "a", "c"]].to_numpy().copy(), Y / Y.mean()
    gone = np.random.default_rng(0).random(len(y)) < 0.3
    values[gone, :3] = np.nan
    values[y > 2, 3] = np.nan
    line, _ = LogLinear.fit(values, y, np.zeros(len(y), int), [], 0)
    z = np.sign(values) * np.log1p(np.abs(values))
    z = np.nan_to_num((z - np.nanmean(z, axis=0)) / np.nanstd(z, axis=0))
    missing = np.isnan(values) - np.isnan(values).mean(axis=0)
    other = TweedieRegressor(power=POWER, alpha=RIDGE, link="log", tol=1e-9, max_iter=5000).fit(
        np.hstack([z, missing]), y
    )
    np.testing.assert_allclose(
        np.exp(line.score(values)), other.predict(np.hstack([z, missing])), rtol=2e-3
    )


def test_planted_day_effects_are_found_and_leave_the_column_its_own_weight() -> None:
    frame, y, planted = value_tides(300)
    rows = training_rows(frame[["x", "tide"]], y / y.mean())
    line, effect = value_blend.fit_line(rows)
    assert np.abs(effect - planted).max() < 0.25 and abs(effect.mean()) < 1e-9
    early = np.flatnonzero(rows.day < 6)
    fooled, none = value_blend.fit_line(rows.undated().take(early))
    assert fooled.weight[1] > 0.2 > 0.1 > abs(line.weight[1]) and not none.any()
