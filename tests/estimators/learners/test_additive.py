"""The base of the linear models: parts, scaling, samples and day effects."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.estimators.learners.additive import Additive, by_row, dummies, out_of_fold, sample


class Plain(Additive):
    """Columns as they are."""

    def _place(self, x: np.ndarray, column: int) -> np.ndarray:
        return x


MODEL = Plain(base=10.0, weight=[2.0, -1.0], absent=[0.5, 0.25], present=[-1.0, 0.0])
X = np.array([[1.0, 2.0], [np.nan, 4.0], [3.0, np.nan]])


def test_the_score_is_the_base_plus_the_parts_of_the_columns() -> None:
    parts = MODEL.contributions(X)
    assert parts.tolist() == [[1.0, -2.0], [0.5, -4.0], [5.0, 0.25]]
    np.testing.assert_array_equal(MODEL.score(X), 10 + parts.sum(axis=1))
    np.testing.assert_allclose(MODEL.scaled(-3.0).score(X), -3 * MODEL.score(X))
    assert Plain(**MODEL.state()) == MODEL


def test_a_column_without_weight_has_no_part_whatever_its_values() -> None:
    plain = Plain(base=0.0, weight=[0.0, 2.0], absent=[0.0, 0.0], present=[0.0, 0.0])
    assert plain.contributions(X).tolist() == [[0.0, 4.0], [0.0, 8.0], [0.0, 0.0]]
    one_sided = Plain(base=0.0, weight=[0.0, 0.0], absent=[3.0, 0.0], present=[0.0, 5.0])
    assert one_sided.contributions(X).tolist() == [[0.0, 5.0], [3.0, 5.0], [0.0, 0.0]]


def test_a_class_without_a_transformation_is_refused() -> None:
    with pytest.raises(TypeError, match="does not define how a column is transformed"):
        Additive(0.0, [1.0], [0.0], [0.0]).score(X[:, :1])


def test_a_sample_has_distinct_sorted_rows_and_at_least_a_thousand() -> None:
    rows = sample(4000, 1500, 0)
    assert len(rows) == len(set(rows)) == 1500 and (np.diff(rows) > 0).all()
    assert np.array_equal(rows, sample(4000, 1500, 0))
    assert not np.array_equal(rows, sample(4000, 1500, 1))
    assert len(sample(4000, 10, 0)) == 1000
    assert sample(1500, 1500, 0).tolist() == list(range(1500))


def test_one_day_has_no_column_and_an_unknown_day_no_effect() -> None:
    days, columns = dummies(np.array([4, 4]))
    assert days.tolist() == [4] and columns.shape == (2, 0)
    assert by_row(np.array([4, 5]), days, np.zeros(0)).tolist() == [0.0, 0.0]


def test_rows_that_no_fold_holds_out_have_no_score() -> None:
    learnt = []

    def fit(learn: np.ndarray) -> tuple[Plain, np.ndarray]:
        learnt.append(learn.tolist())
        return MODEL, np.ones(len(learn))

    scores = out_of_fold(fit, X, [(np.array([1, 2]), np.array([0]))])
    assert learnt == [[1, 2]]
    np.testing.assert_array_equal(scores, [9.0, np.nan, np.nan])
