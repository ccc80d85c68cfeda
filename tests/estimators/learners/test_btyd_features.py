"""Buy-till-you-die columns: what they are fitted on, their values, and rows without a model."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from support.made_models import cdnow

from churnlab import btyd
from churnlab.errors import ConfigError, FrameError
from churnlab.estimators.learners.btyd_features import BTYDFeatures
from churnlab.features.builder import parse_name

NAMES = [
    "btyd__alive_days__all",
    "btyd__expected_days_30d__all",
    "btyd__no_days_30d__all",
    "btyd__expected_days_90d__all",
    "btyd__no_days_90d__all",
    "btyd__alive_orders__all",
    "btyd__expected_orders_30d__all",
    "btyd__no_orders_30d__all",
    "btyd__expected_orders_90d__all",
    "btyd__no_orders_90d__all",
    "btyd__order_value__all",
    "btyd__expected_spend_30d__all",
    "btyd__expected_spend_90d__all",
]


def test_column_names_parse_and_have_rows_of_a_catalogue_with_sentences() -> None:
    train, test = cdnow()
    made = BTYDFeatures().fit(train.X)
    X, catalogue = made.transform(test.X), made.catalogue()
    assert list(X) == NAMES == list(catalogue["name"]) == list(made.get_feature_names_out())
    assert X.index.equals(test.X.index) and (X.dtypes == np.float64).all() and made.reasons_ == {}
    assert list(catalogue) == list(train.catalogue)
    assert set(train.catalogue["name"]).isdisjoint(catalogue["name"])
    for _, row in catalogue.iterrows():
        assert (row["signal"], row["window"]) == (parse_name(row["name"])["signal"], "all")
        assert "{" not in row["says"].format(value=0.5) and row["missing"] and row["unit"]


def test_values_are_those_of_the_models_on_each_rows_own_history() -> None:
    train, test = cdnow()
    X, s = BTYDFeatures("bg_nbd").fit(train.X), btyd.statistics(train.X, "orders")
    model = btyd.BGNBD.fit(s.repeats, s.last, s.age, s.weights)
    money = btyd.GammaGamma.fit(s.valued, s.value, s.weights)
    later, found = btyd.statistics(test.X, "orders"), X.transform(test.X)
    orders = model.expected(later.repeats, later.last, later.age, 90)
    worth = money.expected_value(later.valued, later.value)
    np.testing.assert_allclose(found["btyd__expected_orders_90d__all"], orders)
    np.testing.assert_allclose(
        found["btyd__no_orders_90d__all"], model.none(later.repeats, later.last, later.age, 90)
    )
    known = np.isfinite(orders)
    np.testing.assert_allclose(
        found["btyd__expected_spend_90d__all"][known], (orders * worth)[known]
    )
    assert known.mean() > 0.9


def test_a_person_counts_once_however_many_rows_and_order_and_others_do_not_matter() -> None:
    train, test = cdnow()
    many = pd.concat([train.X, train.X, train.X])
    one, three = BTYDFeatures().fit(train.X), BTYDFeatures().fit(many)
    shuffled = BTYDFeatures().fit(train.X.sample(frac=1, random_state=0))
    for other in (three, shuffled):
        assert other.models_["orders"].people == pytest.approx(one.models_["orders"].people)
        pd.testing.assert_frame_equal(other.transform(test.X), one.transform(test.X), rtol=1e-3)
    alone = one.transform(test.X.iloc[[5]])
    pd.testing.assert_frame_equal(alone, one.transform(test.X).iloc[[5]])


def test_no_label_is_read_and_the_state_is_plain_json() -> None:
    train, test = cdnow()
    rows = 1200
    for model in btyd.MODELS:
        made = BTYDFeatures(model, horizons=(14,)).fit(train.X[:rows], train.y("churned")[:rows])
        assert (
            made.to_dict()
            == BTYDFeatures(model, horizons=(14,))
            .fit(train.X[:rows], 1 - train.y("churned")[:rows])
            .to_dict()
        )
        back = BTYDFeatures.from_dict(json.loads(json.dumps(made.to_dict(), allow_nan=False)))
        pd.testing.assert_frame_equal(
            back.transform(test.X), made.transform(test.X), check_exact=True
        )
        pd.testing.assert_frame_equal(back.catalogue(), made.catalogue())
    assert clone(made).get_params() == made.get_params()


def test_columns_without_a_model_are_missing_and_reasons_say_why() -> None:
    train, test = cdnow()
    few = BTYDFeatures().fit(train.X.iloc[:30])
    assert few.transform(test.X).isna().all().all() and list(few.transform(test.X)) == NAMES
    assert "50 are needed" in few.reasons_["acts"] and "50 are needed" in few.reasons_["orders"]
    once = train.X[train.X["cadence__active_days__all"] == 1]
    never = BTYDFeatures().fit(once)
    assert "came back" in never.reasons_["acts"]
    assert (
        never.transform(once)["btyd__expected_days_30d__all"].isna().all()
        and never.transform(once)["btyd__order_value__all"].notna().any()
    )
    assert (
        json.loads(json.dumps(never.to_dict(), allow_nan=False))
        and BTYDFeatures.from_dict(never.to_dict()).reasons_ == never.reasons_
    )
    acts = BTYDFeatures().fit(train.X.drop(columns="spend__orders_sum__all"))
    assert (
        acts.reasons_ == {"orders": "no column spend__orders_sum__all"}
        and list(acts.transform(test.X)) == NAMES[:5]
    )
    with pytest.raises(FrameError, match="spend__orders_sum__all"):
        BTYDFeatures(kinds=("orders",)).fit(train.X.drop(columns="spend__orders_sum__all"))
    with pytest.raises(FrameError, match="lacks"):
        few.transform(test.X.drop(columns="lifecycle__tenure_days__all"))


def test_parameters_out_of_range_are_refused() -> None:
    for wrong in (
        {"model": "bgnbd"},
        {"horizons": ()},
        {"horizons": (0,)},
        {"horizons": (1.5,)},
        {"kinds": ("act",)},
        {"most": 10},
    ):
        with pytest.raises(ConfigError):
            BTYDFeatures(**wrong).fit(cdnow()[0].X)


def test_the_number_of_rows_to_fit_on_is_limited() -> None:
    train, test = cdnow()
    all_rows, some = (
        BTYDFeatures().fit(train.X).transform(test.X),
        BTYDFeatures(most=2000).fit(train.X).transform(test.X),
    )
    ratio = (
        some["btyd__expected_orders_30d__all"].sum()
        / all_rows["btyd__expected_orders_30d__all"].sum()
    )
    assert ratio != 1 and ratio == pytest.approx(1, rel=0.15)


def test_the_columns_of_a_row_do_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(5)
    count, first = rng.integers(1, 40, 300).astype(float), rng.uniform(50, 400, 300)
    X = pd.DataFrame(
        {
            "cadence__active_days__all": count,
            "lifecycle__tenure_days__all": first,
            "cadence__since_last_days__all": np.where(count > 1, rng.uniform(0, 50, 300), first),
        }
    )
    fitted = BTYDFeatures(horizons=(30,)).fit(X)
    pd.testing.assert_frame_equal(
        fitted.transform(X).iloc[7:60], fitted.transform(X.iloc[7:60]), check_exact=True
    )
