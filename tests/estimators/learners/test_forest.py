"""Random forests: out-of-fold predictions, one class, threads."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from churnlab.estimators.learners import folds, forest

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 2))
Y = (X[:, 0] > 0).astype(float)
PERSON = np.arange(300) // 3
INNER = folds.by_person(PERSON, 0)


@pytest.mark.parametrize("kind", [RandomForestClassifier, RandomForestRegressor])
def test_predictions_are_out_of_fold_and_the_same_on_any_number_of_threads(kind: type) -> None:
    (one, unseen), (two, again) = (forest.fit(kind, X, Y, INNER, 5, 0, n) for n in (1, 2))
    np.testing.assert_array_equal(unseen, again)
    np.testing.assert_array_equal(forest.score(one, X), forest.score(two, X))
    assert len(one.estimators_) == 5 and one.n_jobs == 1
    assert np.isfinite(unseen).all() and np.mean((unseen > 0.5) == (Y > 0.5)) > 0.9


def test_a_label_by_chance_is_not_known_out_of_fold() -> None:
    chance = rng.integers(0, 2, 100).astype(float)[PERSON]
    known = PERSON[:, None] + np.zeros((300, 1))
    _, unseen = forest.fit(RandomForestClassifier, known, chance, INNER, 5, 0, 1)
    assert abs(np.corrcoef(unseen, chance)[0, 1]) < 0.35


def test_without_folds_there_is_no_out_of_fold_prediction() -> None:
    fitted, unseen = forest.fit(RandomForestRegressor, X, Y, [], 3, 0, 1)
    assert unseen is None and forest.score(fitted, X).shape == (300,)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_a_forest_of_one_class_gives_its_share(label: float) -> None:
    fitted = RandomForestClassifier(3).fit(X, np.full(300, label))
    assert forest.score(fitted, X[:4]).tolist() == [label] * 4


def test_many_rows_use_three_folds() -> None:
    many = np.repeat(X, 67, axis=0)
    person = np.arange(len(many)) % 100
    inner = folds.by_person(person, 0)
    _, unseen = forest.fit(RandomForestRegressor, many, many[:, 0], inner, 1, 0, 1)
    held_out = np.concatenate([out for _, out in inner[:3]])
    assert np.array_equal(np.flatnonzero(np.isfinite(unseen)), np.sort(held_out))
