"""Category columns as codes: by name, whatever the order of the categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import FrameError
from churnlab.estimators.learners.categories import as_codes, categories_of


def test_codes_follow_the_categories_of_the_fit_by_name() -> None:
    known = {"plan": ["free", "paid"]}
    X = pd.DataFrame(
        {
            "plan": pd.Categorical(
                ["paid", None, "trial", "free"], categories=["trial", "paid", "free"]
            )
        }
    )
    codes = as_codes(X, known)["plan"]
    np.testing.assert_array_equal(codes, [1.0, np.nan, np.nan, 0.0])
    text = as_codes(X.astype(object), known)["plan"]
    np.testing.assert_array_equal(text, codes)


def test_a_frame_without_categories_is_returned_as_it_is() -> None:
    X = pd.DataFrame({"days": [1.0]})
    assert as_codes(X, {}) is X
    assert categories_of(X) == categories_of(X.to_numpy()) == {}


def test_categories_are_plain_values_that_a_model_file_can_hold() -> None:
    X = pd.DataFrame(
        {"code": pd.Categorical(np.array([3, 1])), "seen": pd.Categorical([True, False])}
    )
    found = categories_of(X)
    assert found == {"code": [1, 3], "seen": [False, True]}
    assert type(found["code"][0]) is int
    with pytest.raises(FrameError, match="category column 'day' has Timestamp"):
        categories_of(pd.DataFrame({"day": pd.Categorical([pd.Timestamp("2026-01-01")])}))
    with pytest.raises(FrameError, match="a name that is not text"):
        categories_of(pd.DataFrame({0: pd.Categorical(["x"])}))


@pytest.mark.parametrize(
    ("categories", "given", "codes"),
    [
        (["1", "2", "unknown"], [1, 2, 1], [0, 1, 0]),
        (["1", "2", "unknown"], [2.0, np.nan, 3.0], [1, np.nan, np.nan]),
        ([1, 2], ["2", "1", "x"], [1, 0, np.nan]),
        ([1, "1"], ["1", 1, 1.0], [1, 0, 0]),
        ([False, True], ["True", False, None], [1, 0, np.nan]),
        ([0.5, 1.0], ["0.5", "1", 1], [0, 1, 1]),
        (["a", "b"], pd.Categorical(["b", None, "new"]), [1, np.nan, np.nan]),
    ],
)
def test_numbers_as_text_and_text_as_numbers_are_known(
    categories: list[Any], given: Any, codes: list[float]
) -> None:
    X = pd.DataFrame({"tier": given}, index=[5, 6, 7])
    found = as_codes(X, {"tier": categories})["tier"]
    np.testing.assert_array_equal(found, codes)
    assert found.index.tolist() == [5, 6, 7]
