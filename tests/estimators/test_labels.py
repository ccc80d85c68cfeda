"""Labels of every kind: learnt as what they are, or refused in one line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning

from churnlab.errors import FrameError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.labels import amounts, class_labels, in_one_line
from churnlab.estimators.regressor import LTVRegressor

LEFT = np.tile([True, False, False], 20)
X = pd.DataFrame({"visits": np.where(LEFT, 1.0, 9.0) + np.arange(60) % 4})


def _texts() -> pd.Series:
    return pd.Series(np.where(LEFT, "left", "here"))


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (LEFT, [False, True]),
        (pd.Series(LEFT.tolist(), dtype=object), [False, True]),
        (pd.Series(LEFT).astype("boolean"), [False, True]),
        (pd.Series(LEFT).astype("bool[pyarrow]"), [False, True]),
        (LEFT.tolist(), [False, True]),
        (LEFT.astype(float), [0, 1]),
        (pd.Series(LEFT).astype("Int64"), [0, 1]),
        (pd.Series([Decimal(int(v)) for v in LEFT]), [0, 1]),
        (LEFT * 2 - 1, [-1, 1]),
        (_texts().to_numpy(), ["here", "left"]),
        (_texts(), ["here", "left"]),
        (_texts().astype("category"), ["here", "left"]),
        (pd.Series(LEFT.astype(float), index=range(100, 160)), [0, 1]),
    ],
)
def test_two_classes_of_any_kind_are_learnt(y: Any, classes: list[Any]) -> None:
    model = ChurnClassifier("lightgbm", n_estimators=4, n_jobs=1).fit(X, y)
    plain = ChurnClassifier("lightgbm", n_estimators=4, n_jobs=1).fit(X, LEFT)
    assert model.classes_.tolist() == classes
    if classes[-1] != "left" or classes[0] == "here":
        np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


WRONG_FOR_BOTH = [
    (None, "requires y to be passed, but the target y is None"),
    (np.where(LEFT, np.nan, 1.0), "y is missing or infinite in 20 of 60 rows; leave these rows"),
    (np.where(LEFT, np.inf, 1.0), "y is missing or infinite in 20 of 60 rows"),
    (pd.Series([True, False, None] * 20, dtype=object), "missing or infinite in 20 of 60"),
    (pd.Series([True, False, None] * 20, dtype="boolean"), "missing or infinite in 20 of 60"),
    (["left", "here", np.nan] * 20, "missing or infinite in 20 of 60"),
    (LEFT[:50], "y has 50 values for 60 rows of X; give one a row"),
    (np.column_stack([LEFT, LEFT]), "got an array of shape (60, 2) instead; give one column"),
    (pd.DataFrame({"churned": LEFT, "ltv": 1.0}), "shape (60, 2) instead; give one column"),
    (1, "y should be a 1d array"),
    (pd.Series([1, "a"] * 30, dtype=object), "y holds values of several kinds"),
    (pd.date_range("2026-01-01", periods=60), "y holds dates"),
    (LEFT + 1j, "y holds complex numbers"),
]


@pytest.mark.parametrize(("y", "told"), WRONG_FOR_BOTH)
@pytest.mark.parametrize("kind", [ChurnClassifier, LTVRegressor])
def test_what_is_no_label_is_refused_in_one_line(kind: Any, y: Any, told: str) -> None:
    with pytest.raises(FrameError) as refused:
        kind("lightgbm", n_estimators=2, n_jobs=1).fit(X, y)
    assert told in str(refused.value) and "\n" not in str(refused.value)


def test_a_classifier_refuses_fractions_and_three_classes() -> None:
    with pytest.raises(FrameError, match="y holds fractions, such as 0.5; give two classes"):
        class_labels(LEFT / 2, 60, "ChurnClassifier")
    with pytest.raises(FrameError, match="multiclass: y has 3 classes; give two"):
        class_labels(np.arange(60) % 3, 60, "ChurnClassifier")


@pytest.mark.parametrize("y", [_texts(), np.where(LEFT, "1", "0"), _texts().astype("category")])
def test_a_text_is_no_amount(y: Any) -> None:
    with pytest.raises(FrameError, match="y holds text; give an amount of money a row"):
        amounts(y, 60, "LTVRegressor")


def test_a_single_column_is_taken_with_scikit_learns_warning() -> None:
    for column in (LEFT[:, None], pd.DataFrame({"churned": LEFT})):
        with pytest.warns(DataConversionWarning, match="column-vector y"):
            np.testing.assert_array_equal(class_labels(column, 60, "ChurnClassifier"), LEFT)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (X[:0], "0 sample(s)"),
        (X[:1], "1 sample(s)"),
        (X[[]], "0 feature(s)"),
        (np.arange(60.0), "Reshape your data"),
        (np.zeros((60, 2, 2)), "2-d input"),
        (None, "2-d input"),
        (np.full((60, 1), np.inf), "infinite"),
    ],
)
@pytest.mark.parametrize("kind", [ChurnClassifier, LTVRegressor])
def test_what_is_no_table_is_refused_in_one_line(kind: Any, given: Any, told: str) -> None:
    rows = len(given) if given is not None else 60
    with pytest.raises(FrameError) as refused:
        kind("lightgbm", n_estimators=2, n_jobs=1).fit(given, LEFT[:rows])
    assert told in str(refused.value) and "\n" not in str(refused.value)


def test_our_own_errors_pass_as_they_are() -> None:
    with pytest.raises(FrameError, match="learnt a season"), in_one_line("X"):
        raise FrameError.from_no_time()
    with pytest.raises(FrameError, match="X cannot be used: ValueError"), in_one_line("X"):
        raise ValueError("lower case")
