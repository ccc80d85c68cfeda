"""Columns that a model cannot use are refused in one line that names them."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import FrameError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import ChurnHazard
from churnlab.estimators.learners.columns import coded, finite_or_named, infinite
from churnlab.estimators.regressor import LTVRegressor

ROWS = 60
X = pd.DataFrame(
    {
        "visits": np.arange(ROWS, dtype=float),
        "渠道": pd.Categorical(["a", "b", "c"] * 20),
        "vip": np.arange(ROWS) % 2 == 0,
    }
)
Y = (X["visits"] < 20).astype(float)
DAY = datetime.date(2026, 1, 1)


def lightgbm() -> ChurnClassifier:
    return ChurnClassifier("lightgbm", n_estimators=5, n_jobs=1)


def forest() -> LTVRegressor:
    return LTVRegressor("random_forest", n_estimators=5, n_jobs=1)


@pytest.fixture(scope="module", params=[lightgbm, forest])
def model(request: pytest.FixtureRequest) -> ChurnClassifier | LTVRegressor:
    return request.param().fit(X, Y)


BAD = [
    (X.assign(name="somebody"), "'name' (text)"),
    (X.assign(name=pd.Series(["a", None] * 30, dtype=object)), "'name' (text)"),
    (X.assign(since=pd.Timestamp("2026-01-01")), "'since' (dates)"),
    (X.assign(since=pd.Timestamp("2026-01-01", tz="UTC")), "'since' (dates)"),
    (X.assign(since=pd.Series([DAY] * ROWS, dtype=object)), "'since' (dates)"),
    (X.assign(gap=pd.Timedelta("1h")), "'gap' (dates)"),
    (X.assign(month=pd.Period("2026-01")), "'month' (dates)"),
    (X.assign(odd=pd.Series([1, "x"] * 30, dtype=object)), "'odd' (mixed-integer values)"),
    (X.assign(odd=pd.Series([[1]] * ROWS, dtype=object)), "'odd' (mixed values)"),
    (X.assign(odd=1j), "'odd' (complex numbers)"),
    (X.set_axis(["visits", "visits", "vip"], axis=1), "columns of the same name: visits"),
    (X.set_axis(["visits", 1, "vip"], axis=1), "whose names are no text: 1"),
    (X.assign(visits=np.inf, vip=1.0), "infinite (inf) values in columns: 'visits' (60)"),
    (X.assign(visits=[-np.inf, *range(1, ROWS)]), "infinite (inf) values in columns: 'visits' (1)"),
]


@pytest.mark.parametrize("bad, says", BAD)
@pytest.mark.parametrize("make", [lightgbm, forest])
def test_a_fit_refuses_them(
    make: Callable[[], ChurnClassifier], bad: pd.DataFrame, says: str
) -> None:
    with pytest.raises(FrameError) as refused:
        make().fit(bad, Y)
    assert says in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "bad, says",
    [
        (X.drop(columns="渠道"), "X lacks 1 column(s): '渠道'"),
        (X.assign(more=1.0), "did not learn from: 'more'"),
        (
            X[["vip", "visits", "渠道"]],
            "another order than in fit: column 1 is 'vip' and was 'visits'",
        ),
        (X.assign(visits="many"), "'visits' (text)"),
        (
            X.assign(visits=pd.Categorical(["x"] * ROWS)),
            "'visits' (a category, and a number in fit)",
        ),
        (X.assign(渠道=pd.Timestamp("2026-01-01")), "'渠道' (dates)"),
        *BAD[-4:],
    ],
)
def test_a_prediction_refuses_them(model: LTVRegressor, bad: pd.DataFrame, says: str) -> None:
    ask = model.predict_proba if isinstance(model, ChurnClassifier) else model.predict
    for way in (ask, model.prepare):
        with pytest.raises(FrameError) as refused:
            way(bad)
        assert says in str(refused.value) and "\n" not in str(refused.value)


def test_a_column_that_is_there_twice_cannot_be_selected(model: LTVRegressor) -> None:
    with pytest.raises(FrameError, match="the same name: visits"):
        model.select(pd.concat([X, X["visits"]], axis=1))


def test_a_category_may_come_in_any_spelling(model: LTVRegressor) -> None:
    text = model.predict(X.assign(渠道=X["渠道"].astype(str)))
    np.testing.assert_array_equal(text, model.predict(X))
    tiers = X.assign(渠道=pd.Categorical(["1", "2", "unknown"] * 20))
    numbers = X.assign(渠道=[1.0, 2.0, np.nan] * 20)
    learnt = type(model)("lightgbm", n_estimators=5, n_jobs=1).fit(tiers, Y)
    known = learnt.prepare(numbers)[:, 1]
    np.testing.assert_array_equal(known, [0.0, 1.0, np.nan] * 20)


@pytest.mark.parametrize("bad, says", [BAD[0], BAD[2], BAD[10]])
def test_a_hazard_refuses_them_too(bad: pd.DataFrame, says: str) -> None:
    y = pd.DataFrame({"leaves_week": np.where(X["visits"] < 20, 1, np.nan), "known_weeks": 3})
    with pytest.raises(FrameError) as refused:
        ChurnHazard(weeks=2, learner=lightgbm()).fit(bad, y)
    assert says in str(refused.value)


def test_columns_that_are_numbers_are_left_as_they_are() -> None:
    numbers = pd.DataFrame(
        {
            "a": pd.Series([1, 2.5, None], dtype=object),
            "b": pd.Series([1, 2, None], dtype="Int64"),
            "c": [True, False, True],
            "d": pd.Series([None] * 3, dtype=object),
        }
    )
    assert coded(numbers, {}) is numbers
    array = np.zeros((2, 2))
    assert coded(array, {}, ["a"]) is array
    assert "'1' (2)" in str(infinite(np.array([[0, np.inf]] * 2)))
    with pytest.raises(ValueError, match="of another kind"), finite_or_named(array):
        raise ValueError("of another kind")


def test_infinite_values_are_named_beside_times() -> None:
    odd = pd.Series([1, np.inf], dtype=object)
    given = pd.DataFrame({"snapshot": "2026-03-01", "a": odd, "at": pd.Timestamp("2026-03-01")})
    with pytest.raises(FrameError, match=r"'a' \(1\)"), finite_or_named(given):
        raise ValueError("infinity")
