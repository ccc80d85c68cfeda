"""Random forests: bags of people, out-of-bag scores, threads, small and odd data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from churnlab.estimators.learners import boosting, folds, forest, leaves
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.training_rows import TrainingRows

rng = np.random.default_rng(0)
PERSON = np.arange(600) // 3
X = rng.normal(size=(600, 3))
X[::7, 1] = np.nan
X[:, 2] = rng.integers(0, 4, 600)
Y = (X[:, 0] + (X[:, 2] == 2) > 0.3).astype(float)
INNER = folds.by_person(PERSON, 0)


def plan(trees: int | None = 20, threads: int = 1, leaves: int | None = None) -> Plan:
    """A plan of a forest."""
    return Plan("binary", 0.03, leaves, 20, 0.5, trees, 7, threads)


def rows(
    y: np.ndarray = Y, person: np.ndarray = PERSON, weight: np.ndarray | None = None
) -> TrainingRows:
    """The rows of X with labels."""
    x = X[: len(y)]
    return TrainingRows(x, y, np.zeros(len(y), np.int64), person, [2], 0, weight=weight)


def test_the_number_of_threads_changes_no_bit() -> None:
    (one, unseen), (two, again) = (
        forest.fit(forest.CHURN, plan(threads=n), rows(), INNER) for n in (1, 4)
    )
    assert boosting.to_text(one) == boosting.to_text(two) and one.num_trees() == 20
    np.testing.assert_array_equal(unseen, again)
    assert np.mean((unseen > 0) == (Y > 0.5)) > 0.9


def test_another_seed_gives_another_forest() -> None:
    texts = {
        boosting.to_text(forest.fit(forest.CHURN, p, rows(), [])[0])
        for p in (plan(), *(replace(plan(), seed=seed) for seed in (8, 2**31 - 2)))
    }
    assert len(texts) == 3


def test_out_of_bag_scores_are_those_of_the_trees_that_do_not_know_the_person() -> None:
    booster, unseen = forest.fit(forest.CHURN, plan(), rows(), INNER)
    in_bag = forest._bags(0.4, plan(), PERSON)
    each = np.stack(
        [booster.predict(X, raw_score=True, start_iteration=t, num_iteration=1) for t in range(20)]
    )
    stranger = ~in_bag[:, PERSON]
    with np.errstate(invalid="ignore"):
        wanted = 20 * (each * stranger).sum(axis=0) / stranger.sum(axis=0)
    np.testing.assert_allclose(unseen, wanted, atol=1e-9)
    assert in_bag.mean() == pytest.approx(0.4, abs=0.01)


def test_a_label_by_chance_is_not_known_out_of_bag() -> None:
    chance = rng.integers(0, 2, 200).astype(float)[PERSON]
    known = PERSON[:, None] + np.zeros((600, 3))
    given = TrainingRows(known, chance, np.zeros(600, np.int64), PERSON, [], 0)
    _, unseen = forest.fit(forest.CHURN, plan(60), given, INNER)
    assert abs(np.corrcoef(unseen, chance)[0, 1]) < 0.35


def test_without_folds_there_is_no_out_of_bag_score() -> None:
    booster, unseen = forest.fit(forest.VALUE, plan(3), rows(), [])
    assert unseen is None and boosting.raw(booster, X, 1).shape == (600,)


def test_only_rows_that_a_fold_holds_out_get_a_score() -> None:
    _, unseen = forest.fit(forest.CHURN, plan(), rows(), INNER[:1])
    assert np.array_equal(np.flatnonzero(np.isfinite(unseen)), INNER[0][1])


def test_a_tree_learns_from_a_bounded_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forest, "_ROWS_A_TREE", 60)
    sizes = [bag[PERSON].sum() for bag in forest._bags(0.4, plan(), PERSON)]
    assert set(sizes) == {60}


def test_leaves_hold_the_link_of_their_mean_label() -> None:
    one_column = np.repeat([0.0, 1.0], 300)[:, None]
    y = np.where(one_column[:, 0] > 0, np.arange(600) % 10 < 8, np.arange(600) % 10 < 1) * 1.0
    given = TrainingRows(one_column, y, np.zeros(600, np.int64), np.arange(600), [], 0)
    booster, _ = forest.fit(forest.CHURN, plan(200), given, [])
    found = expit(boosting.raw(booster, np.array([[0.0], [1.0]]), 1))
    np.testing.assert_allclose(found, [0.1, 0.8], atol=0.03)


def test_a_bag_that_cannot_be_split_says_what_all_rows_say() -> None:
    y = np.array([1.0, 0, 0, 0])
    given = TrainingRows(np.zeros((4, 2)), y, np.zeros(4, np.int64), np.arange(4), [], 0)
    booster, _ = forest.fit(forest.CHURN, plan(9), given, [])
    assert booster.num_trees() == 9
    np.testing.assert_allclose(boosting.raw(booster, X[:, :2], 1), logit(0.25))


def test_few_rows_are_split_too() -> None:
    few = rows(Y[:16], np.arange(16))
    booster, _ = forest.fit(forest.CHURN, plan(), few, [])
    assert np.corrcoef(boosting.raw(booster, X[:16], 1), Y[:16])[0, 1] > 0.5


def test_one_person_is_in_every_bag_and_has_no_out_of_bag_score() -> None:
    same = np.zeros(600, np.int64)
    _, unseen = forest.fit(forest.CHURN, plan(5), rows(person=same), [(same, np.arange(600))])
    assert np.isnan(unseen).all()


def test_a_weight_of_two_is_a_row_twice() -> None:
    twice = np.ones(600)
    twice[Y > 0] = 2
    (light, _), (heavy, _) = (
        forest.fit(forest.CHURN, plan(), rows(weight=w), []) for w in (None, twice)
    )
    gap = boosting.raw(heavy, X, 1) - boosting.raw(light, X, 1)
    assert 0.2 < gap.mean() < 1.2


def test_leaves_are_bounded_and_can_be_given() -> None:
    noise = TrainingRows(X, rng.random(600), np.zeros(600, np.int64), np.arange(600), [], 0)
    booster, _ = forest.fit(forest.VALUE, plan(leaves=5), noise, [])
    assert max(map(len, leaves.values(booster))) == 5


def test_a_tree_that_is_grown_is_text_and_holds_no_rows() -> None:
    params = forest._params(forest.CHURN, plan(), len(Y))
    tree = boosting.grower(plan(), params, rows())(np.arange(300), 1)
    assert isinstance(tree, str) and boosting.from_text(tree).num_trees() == 1
