"""Doubly robust scores: unbiased whatever the outcome models say."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.winback.scores import effect_scores, mean_interval, outcome_scores, standard_error


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


def test_nobody_and_one_person_have_no_interval() -> None:
    assert np.isnan(mean_interval(np.zeros(0)).value)
    alone = mean_interval(np.array([0.4]))
    assert alone.value == 0.4 and np.isnan(alone.low)
