"""Small data: the line alone, and the more penalised the fewer people left."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.learners import boosting, small
from churnlab.estimators.learners.logistic import RankLogistic
from churnlab.evaluation.metrics import auc


def labels(left: int, stayed: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [left, stayed])


@pytest.mark.parametrize(
    ("left", "stayed", "columns", "alone"),
    [
        (299, 5000, 200, True),
        (300, 5000, 200, False),
        (5000, 299, 200, True),
        (30, 5000, 12, False),  # few people, but few columns
        (1, 1, 1, True),
        (2, 2, 0, False),
    ],
)
def test_the_rows_of_the_rarer_class_a_column_decide(
    left: int, stayed: int, columns: int, alone: bool
) -> None:
    share = small.wanted_share(labels(left, stayed), None, columns)
    assert share == (0.0 if alone else 0.5)


def test_weights_count_rows() -> None:
    y, twice = labels(149, 1000), np.full(1149, 2.0)
    assert small.wanted_share(y, None, 100) == 0.0 < small.wanted_share(y, twice, 100)
    assert small.strength(y, twice, 120) == 2 * small.strength(y, None, 120)


def test_the_line_is_freer_with_every_leaver_up_to_three_a_column() -> None:
    found = [small.strength(labels(n, 9000), None, 200) for n in (0, 240, 300, 599, 600, 4000)]
    assert found[0] == found[1] == small.LEAST < found[2] < found[3] < found[4] == found[5] == 1


def test_weights_are_smaller_where_few_people_left() -> None:
    """Columns that never vary add nothing to the line but make it more careful."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    y = (rng.random(400) < expit(X[:, 0] - 1)).astype(float)
    wide = np.hstack([X, np.zeros((400, 195))])
    free, _ = RankLogistic.fit(X, y, np.zeros(400, int), [], 0)
    held, _ = RankLogistic.fit(wide, y, np.zeros(400, int), [], 0)
    assert np.abs(held.weight).sum() < 0.8 * np.abs(free.weight).sum()


@pytest.fixture(scope="module")
def noisy() -> tuple[pd.DataFrame, pd.Series]:
    """Sixty noisy columns of one habit, as the windows of a log are."""
    rng = np.random.default_rng(1)
    habit = rng.normal(size=(6000, 1))
    X = pd.DataFrame(0.5 * habit + rng.normal(size=(6000, 60))).add_prefix("column_")
    return X, pd.Series((rng.random(6000) < expit(0.7 * habit[:, 0] - 2)).astype(int))


def test_few_leavers_give_a_calibrated_line_whose_reasons_add_up(
    noisy: tuple[pd.DataFrame, pd.Series],
) -> None:
    X, y = (part.iloc[:600] for part in noisy)
    model = ChurnClassifier().fit(X, y)
    assert small.wanted_share(y.to_numpy(float), None, 60) == 0.0
    trees = boosting.raw(model.booster_, model.prepare(X), 1)
    assert np.ptp(trees) < 1e-12, "the trees say the same of everybody"
    values, base = model.contributions(X)
    np.testing.assert_allclose(values.sum(axis=1) + base, model.raw_score(X), atol=1e-9)
    said = model.predict_proba(noisy[0].iloc[600:])[:, 1]
    assert said.mean() == pytest.approx(noisy[1].iloc[600:].mean(), abs=0.03)


def test_few_leavers_are_ranked_better_than_by_trees(noisy: tuple[pd.DataFrame, pd.Series]) -> None:
    X, y = (part.iloc[:600] for part in noisy)
    later, left = (part.iloc[600:] for part in noisy)
    line = ChurnClassifier().fit(X, y).predict_proba(later)[:, 1]
    trees = ChurnClassifier("lightgbm").fit(X, y).predict_proba(later)[:, 1]
    truth = left.to_numpy(float)
    assert auc(truth, line) > auc(truth, trees) + 0.005


def test_trees_have_their_share_where_they_show_what_they_are_worth() -> None:
    """Few leavers, but what they have in common no line can say."""
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(2000, 200))).add_prefix("column_")
    both = (X["column_0"] * X["column_1"] > 0.5).to_numpy()
    y = both & (rng.random(2000) < 0.7)
    model = ChurnClassifier(n_jobs=1).fit(X, y)
    assert small.wanted_share(y.astype(float), None, 200) == 0.0
    assert model.chosen_["share"] > 0.5
