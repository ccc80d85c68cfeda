"""Doubly robust scores: unbiased whatever the outcome models say."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.winback.targeting.scores import (
    effect_scores,
    fitted,
    mean_covariance,
    outcome_scores,
    standard_error,
)


def test_worked_by_hand() -> None:
    # Two people, chances .25 and .75; the second was treated and was kept, .6 was expected:
    # .6 + (1 - .6) / .75 = 1.1333; the first was not and left: .4 + (0 - .4) / .25 = -1.2.
    y, w = np.array([0.0, 1.0]), np.array([0, 1])
    p, expected = np.tile([0.25, 0.75], (2, 1)), np.tile([0.4, 0.6], (2, 1))
    found = outcome_scores(y, w, p, expected)
    assert found.ravel().tolist() == pytest.approx([-1.2, 0.6, 0.4, 1.1333333], abs=1e-6)
    assert effect_scores(y, w, p, expected).ravel().tolist() == pytest.approx([1.8, 0.7333333])
    assert expected[0].tolist() == [0.4, 0.6]


def test_they_are_unbiased_under_outcome_models_that_are_wrong() -> None:
    chance = np.random.default_rng(0)
    n = 100_000
    p = np.tile([0.2, 0.5, 0.3], (n, 1))
    w = chance.choice(3, n, p=p[0])
    y = (chance.random(n) < np.array([0.3, 0.5, 0.2])[w]).astype(float)
    for expected in (np.zeros((n, 3)), np.full((n, 3), 0.9)):
        found = effect_scores(y, w, p, expected)
        assert np.abs(found.mean(axis=0) - [0.2, -0.1]).max() < 0.03


def test_right_models_make_them_vary_less() -> None:
    chance = np.random.default_rng(1)
    level = chance.normal(size=5000)
    w = chance.integers(0, 2, 5000)
    y = level + 0.5 * w + 0.1 * chance.normal(size=5000)
    p = np.full((5000, 2), 0.5)
    good = effect_scores(y, w, p, np.column_stack([level, level + 0.5]))[:, 0]
    bad = effect_scores(y, w, p, np.zeros((5000, 2)))[:, 0]
    assert standard_error(good) < standard_error(bad) / 5


def test_clusters_count_as_one() -> None:
    scores = np.repeat([1.0, 2.0, 3.0, 4.0], 3)
    group = np.repeat(np.arange(4), 3)
    assert standard_error(scores, group) == pytest.approx(standard_error(np.arange(1.0, 5)))
    assert standard_error(scores, np.arange(12)) == pytest.approx(standard_error(scores))


def test_one_person_has_no_standard_error() -> None:
    assert np.isnan(standard_error(np.array([0.4])))


def test_covariances_are_those_of_clusters() -> None:
    scores = np.random.default_rng(0).normal(size=(60, 2))
    group = np.arange(60) // 3
    total = np.add.reduceat(scores - scores.mean(axis=0), np.arange(0, 60, 3))
    wanted = 20 / 19 * total.T @ total / 60**2
    assert mean_covariance(scores, group) == pytest.approx(wanted)
    assert mean_covariance(scores) == pytest.approx(np.cov(scores.T) / 60)
    assert np.isnan(mean_covariance(scores[:1])).all()


def test_models_are_fitted_to_groups_by_the_people_of_other_folds() -> None:
    chance = np.random.default_rng(2)
    n = 600
    group, w, fold = chance.integers(0, 3, n), chance.integers(0, 2, n), np.arange(n) % 5
    expected, y = chance.random((n, 2)), chance.random(n)
    y += 0.5 * expected[np.arange(n), w] * (group > 0)
    found = fitted(expected, y, w, group, fold)
    for one, cell, arm in ((0, 0, 1), (3, 2, 0)):
        learn = (fold != one) & (group == cell) & (w == arm)
        slope, begin = np.polyfit(expected[learn, arm], y[learn], 1)
        if not 0 <= slope <= 1:
            slope, begin = 0.0, y[learn].mean()
        mine = (fold == one) & (group == cell)
        assert found[mine, arm] == pytest.approx(begin + slope * expected[mine, arm])
    few = fitted(expected, y, w, np.where(np.arange(n) < 12, 7, group), fold)
    assert np.array_equal(few[:12], expected[:12])


def test_models_that_do_not_know_the_group_lose_nothing_in_it() -> None:
    """Five of 100 come back in a group where the models expect 60: the error was twice as large."""
    chance = np.random.default_rng(3)
    n = 2000
    w, fold, group = chance.integers(0, 2, n), np.arange(n) % 5, np.zeros(n, int)
    y = (chance.random(n) < 0.05).astype(float)
    p, expected = np.full((n, 2), 0.5), np.full((n, 2), 0.6)
    plain = np.sqrt(y[w == 1].var() / (w == 1).sum() + y[w == 0].var() / (w == 0).sum())
    bad = standard_error(effect_scores(y, w, p, expected)[:, 0])
    good = standard_error(effect_scores(y, w, p, fitted(expected, y, w, group, fold))[:, 0])
    assert bad > 2 * plain and good == pytest.approx(plain, rel=0.02)
