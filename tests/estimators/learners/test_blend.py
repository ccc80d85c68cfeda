"""The churn blend: shares, day effects, out-of-fold scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit
from sklearn.metrics import log_loss, roc_auc_score
from support.made_models import churn_tides, training_rows, whole_numbers

from churnlab.estimators.learners import blend, boosting, folds
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.training_rows import TrainingRows

PLAN = Plan("binary", 0.1, 7, 20, 1.0, 40, 0, 1)


def test_day_effects_are_used_where_they_predict_later_days_better() -> None:
    X, y, _ = churn_tides()
    rows = training_rows(X[["x", "tide"]], y)
    assert blend.day_effects_help(rows)
    chance = expit(1.2 * rows.X[:, 0] + 2 * rows.X[:, 1])
    from_columns = (np.random.default_rng(0).random(len(X)) < chance).astype(float)
    assert not blend.day_effects_help(replace(rows, y=from_columns)), "a column has the effect"
    six_days = replace(rows, cut=rows.cut // 3)
    assert not blend.day_effects_help(six_days), "six days cannot tell season from signal"
    rare = np.where(np.arange(len(y)) % 400 == 0, y, 0)
    assert not blend.day_effects_help(replace(rows, y=rare))


def test_both_members_are_scaled_together_and_out_of_fold_scores_know_no_label() -> None:
    X, y = whole_numbers(1000)
    person = np.arange(1000) // 2
    inner = folds.by_person(person, 0)
    rows = TrainingRows(X, y, np.zeros(1000, int), person, [2], 0)
    grown = blend.grow(PLAN, rows, inner)
    assert grown.unseen is not None and np.isfinite(grown.unseen).all() and not grown.effect.any()
    trees = boosting.raw(grown.booster, X, 1) + grown.level
    booster, line = grown.scaled(1.3, -0.2)
    wanted = 1.3 * (grown.share * trees + (1 - grown.share) * grown.line.score(X)) - 0.2
    np.testing.assert_allclose(boosting.raw(booster, X, 1) + line.score(X), wanted, atol=1e-9)
    noise = np.column_stack([person + 0.0, np.random.default_rng(3).normal(size=1000)])
    chance = np.random.default_rng(4).integers(0, 2, 500).astype(float)[person]
    by_chance = blend.grow(PLAN, replace(rows, X=noise, y=chance, categorical=[]), inner)
    assert roc_auc_score(chance, by_chance.unseen) < 0.57
    assert roc_auc_score(chance, boosting.raw(by_chance.booster, noise, 1)) > 0.65


def test_day_effects_go_into_both_members_from_eight_days_on() -> None:
    X, y, planted = churn_tides()
    rows = training_rows(X[["x", "tide"]], y)
    inner = folds.by_person(rows.person, 0)
    grown = blend.grow(PLAN, rows, inner)
    assert np.corrcoef(grown.effect, planted)[0, 1] > 0.95
    assert log_loss(y, expit(grown.unseen)) < 0.98 * log_loss(y, expit(grown.unseen - grown.effect))
    six_days = blend.grow(PLAN, replace(rows, cut=rows.cut // 3), inner)
    assert not six_days.effect.any()
    alone = blend.grow(PLAN, rows, [])
    assert alone.unseen is None and alone.share == 0.5


def test_the_share_goes_to_the_better_member_and_chance_does_not_choose() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=4000) * 2
    y = (rng.random(4000) < expit(truth)).astype(float)
    noise = rng.normal(size=4000) * 2
    assert blend.best_share(y, truth, noise) >= 0.9 and blend.best_share(y, noise, truth) <= 0.1
    assert blend.best_share(y, truth, truth) == 0.5
    one, other = truth + rng.normal(size=4000) * 1.5, truth + rng.normal(size=4000) * 1.5
    assert 0.4 <= blend.best_share(y, one, other) <= 0.6
    gaps = truth.copy()
    gaps[:3000] = np.nan
    assert blend.best_share(y, gaps, noise) == blend.best_share(
        y[3000:], truth[3000:], noise[3000:]
    )
