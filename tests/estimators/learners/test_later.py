"""Later days: which folds, which losses, and what the trees make of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

import churnlab as cl
from churnlab.estimators.learners import boosting, folds, later
from churnlab.estimators.learners.plan import Plan

_DAYS = 4
_PEOPLE = 400


def _rows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A signal and a column whose meaning turns round half-way; labels, people and days."""
    person = np.repeat(np.arange(_PEOPLE), _DAYS)
    day = np.tile(np.arange(_DAYS), _PEOPLE)
    X = rng.normal(size=(len(day), 6))
    turning = np.where(day < _DAYS // 2, 2.0, -2.0) * X[:, 1]
    y = (rng.random(len(day)) < expit(X[:, 0] + turning)).astype(float)
    return X, y, person, day


def test_nobody_and_no_day_is_on_both_sides() -> None:
    _, _, person, day = _rows(np.random.default_rng(0))
    inner = folds.by_person(person, seed=0)
    turned = later.turned(inner, day)
    assert len(turned) == len(inner)
    for learn, held_out in turned:
        assert not set(person[learn]) & set(person[held_out])
        assert day[learn].max() < day[held_out].min()
    assert later.turned(inner, np.zeros(len(day), int)) == []


def test_three_days_learn_from_two() -> None:
    inner = [(np.array([0, 1, 2]), np.array([3, 4, 5]))]
    turned = later.turned(inner, np.array([5, 6, 9, 5, 6, 9]))
    assert [[side.tolist() for side in fold] for fold in turned] == [[[0, 1], [5]]]


@pytest.mark.parametrize(
    ("losses", "y", "move"),
    [
        (later.log_losses, np.array([0.0, 1, 1, 0, 1] * 4), lambda score: score + 3),
        (later.deviances(1.0), np.arange(20.0), lambda score: score - 2),
        (later.deviances(1.3), np.arange(20.0), lambda score: score + 1),
        (later.deviances(2.0), np.arange(20.0), lambda score: score + 1),
    ],
)
def test_a_level_of_its_own_costs_a_day_nothing(losses, y, move) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(1)
    score = rng.normal(size=(2, 20))
    weight = rng.integers(1, 4, 20).astype(float)
    there = losses(y, score, weight)
    moved = losses(y, np.array([move(score[0]), score[1]]), weight)
    assert np.allclose(there, moved, atol=1e-6)
    assert not np.allclose(there[0], there[1])


def test_whole_weights_are_rows() -> None:
    rng = np.random.default_rng(2)
    y = rng.integers(0, 2, 12).astype(float)
    score = rng.normal(size=(2, 12))
    weight = rng.integers(1, 4, 12)
    once = np.repeat(np.arange(12), weight)
    for losses in (later.log_losses, later.deviances(1.3)):
        weighted = losses(y, score, weight.astype(float))[:, once]
        assert np.allclose(weighted, losses(y[once], score[:, once], np.ones(len(once))))


def test_days_that_cannot_tell_are_left_out() -> None:
    y = np.r_[np.zeros(10), np.tile([0.0, 1.0], 5), 1.0]
    day = np.r_[np.zeros(10, int), np.ones(10, int), 2]
    found, rows = later.level_free(later.log_losses, y, np.zeros((3, 21)), day, None)
    assert found.shape == (3, 10) and rows.tolist() == list(range(10, 20))


def test_nearest_wants_proof_of_more_than_a_standard_error() -> None:
    options = np.array([10.0, 20.0, 30.0])
    rng = np.random.default_rng(3)
    noise = rng.normal(size=500)
    same = np.array([noise, noise, noise + rng.normal(size=500) * 0.1])
    assert later.nearest(same, options, wanted=30.0) == 30.0
    assert later.nearest(np.array([noise, noise + 1, noise + 1]), options, wanted=30.0) == 10.0
    assert later.nearest(np.zeros((3, 0)), options, wanted=30.0) == 30.0
    worse = np.array([noise, noise, noise + rng.normal(1.5 / np.sqrt(500), 1, 500)])
    worse[2] += 1.5 / np.sqrt(500) - (worse[2] - noise).mean()
    assert later.nearest(worse, options, wanted=30.0) == 20.0
    assert later.nearest(worse, options, wanted=30.0, errors=2.0) == 30.0


def test_trees_stop_where_later_days_speak_against_more() -> None:
    X, y, person, day = _rows(np.random.default_rng(4))
    plan = Plan("binary", 0.1, 7, 20, 1.0, None, 0, 1)
    inner = folds.by_person(person, seed=0)
    many, _ = boosting.fit(plan, X, y, [], inner)
    few, unseen = boosting.fit(plan, X, y, [], inner, cut=day)
    assert few.num_trees() < many.num_trees()
    assert unseen is not None and np.isfinite(unseen).all()
    steady = (np.random.default_rng(5).random(len(y)) < expit(X[:, 0])).astype(float)
    alone, _ = boosting.fit(plan, X, steady, [], inner)
    confirmed, _ = boosting.fit(plan, X, steady, [], inner, cut=day)
    assert alone.num_trees() // 2 <= confirmed.num_trees() <= alone.num_trees()


def test_a_holdout_is_looked_at_again_too() -> None:
    X, y, person, day = _rows(np.random.default_rng(6))
    plan = Plan("binary", 0.1, 7, 20, 1.0, None, 0, 1)
    inner = folds.by_person(person, 0, 10)[:1]
    many, _ = boosting.fit(plan, X, y, [], inner)
    few, unseen = boosting.fit(plan, X, y, [], inner, cut=day)
    assert few.num_trees() < many.num_trees()
    assert unseen is not None and np.isfinite(unseen).sum() == len(inner[0][1])


def test_a_number_of_trees_that_was_given_stays() -> None:
    X, y, person, day = _rows(np.random.default_rng(7))
    model = cl.ChurnClassifier("lightgbm", n_estimators=40).fit(X, y, groups=person, time=day)
    assert model.booster_.num_trees() == 40
