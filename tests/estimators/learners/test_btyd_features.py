"""Expectations as columns: what they are fitted on, what they say, what they do where nothing can be fitted; and the baselines on them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

import churnlab as cl
from churnlab import btyd
from churnlab.demo.datasets import load_cdnow
from churnlab.errors import ConfigError, FrameError
from churnlab.estimators import baselines
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


@pytest.fixture(scope="module")
def shop() -> tuple[cl.Dataset, cl.Dataset]:
    """Two training days and a later one of every tenth CDNOW customer, silence and spending of 90 days as labels."""
    log = load_cdnow()
    log = log[log["user_id"].astype(int) % 10 == 0]
    activity = cl.EventLog.from_frame(
        log,
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        roles={"purchase": ["purchase"]},
        timezone="UTC",
    ).daily()
    snapshots = cl.Snapshots.at(
        activity,
        days=["1997-06-01", "1997-09-01", "1998-02-01"],
        active_within=365,
        targets=[cl.Churn(horizon=90), cl.LifetimeValue(horizon=90)],
    )
    return cl.build_dataset(activity, snapshots).split("1998-02-01")


def test_columns_parse_have_rows_of_a_catalogue_and_say_what_they_are(
    shop: tuple[cl.Dataset, cl.Dataset],
) -> None:
    train, test = shop
    made = BTYDFeatures().fit(train.X)
    X, catalogue = made.transform(test.X), made.catalogue()
    assert list(X) == NAMES == list(catalogue["name"]) == list(made.get_feature_names_out())
    assert X.index.equals(test.X.index) and (X.dtypes == np.float64).all() and made.reasons_ == {}
    assert list(catalogue) == list(train.catalogue)
    assert set(train.catalogue["name"]).isdisjoint(catalogue["name"])
    for _, row in catalogue.iterrows():
        assert (row["signal"], row["window"]) == (parse_name(row["name"])["signal"], "all")
        assert "{" not in row["says"].format(value=0.5) and row["missing"] and row["unit"]


def test_values_are_those_of_the_models_on_each_rows_own_history(
    shop: tuple[cl.Dataset, cl.Dataset],
) -> None:
    train, test = shop
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


def test_a_person_counts_once_however_many_rows_and_order_and_others_do_not_matter(
    shop: tuple[cl.Dataset, cl.Dataset],
) -> None:
    train, test = shop
    many = pd.concat([train.X, train.X, train.X])
    one, three = BTYDFeatures().fit(train.X), BTYDFeatures().fit(many)
    shuffled = BTYDFeatures().fit(train.X.sample(frac=1, random_state=0))
    for other in (three, shuffled):
        assert other.models_["orders"].people == pytest.approx(one.models_["orders"].people)
        pd.testing.assert_frame_equal(other.transform(test.X), one.transform(test.X), rtol=1e-3)
    alone = one.transform(test.X.iloc[[5]])
    pd.testing.assert_frame_equal(alone, one.transform(test.X).iloc[[5]])


def test_no_label_is_read_and_state_is_plain_json(shop: tuple[cl.Dataset, cl.Dataset]) -> None:
    (train, test), rows = shop, 1200
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


def test_what_cannot_be_fitted_is_missing_and_says_why(shop: tuple[cl.Dataset, cl.Dataset]) -> None:
    train, test = shop
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


def test_parameters_out_of_range_are_refused(shop: tuple[cl.Dataset, cl.Dataset]) -> None:
    for wrong in (
        {"model": "bgnbd"},
        {"horizons": ()},
        {"horizons": (0,)},
        {"horizons": (1.5,)},
        {"kinds": ("act",)},
        {"most": 10},
    ):
        with pytest.raises(ConfigError):
            BTYDFeatures(**wrong).fit(shop[0].X)


def test_at_most_so_many_rows_are_fitted_on(shop: tuple[cl.Dataset, cl.Dataset]) -> None:
    train, test = shop
    all_rows, some = (
        BTYDFeatures().fit(train.X).transform(test.X),
        BTYDFeatures(most=2000).fit(train.X).transform(test.X),
    )
    ratio = (
        some["btyd__expected_orders_30d__all"].sum()
        / all_rows["btyd__expected_orders_30d__all"].sum()
    )
    assert ratio != 1 and ratio == pytest.approx(1, rel=0.15)


@pytest.mark.parametrize("name", ["bg_nbd", "mbg_nbd"])
def test_the_churn_baseline_is_the_chance_of_silence_on_a_curve(
    shop: tuple[cl.Dataset, cl.Dataset], name: str
) -> None:
    train, test = shop
    p = baselines.CHURN[name]().fit(train.X, train.y("churned")).predict_proba(test.X)
    y = test.y("churned")
    assert p.shape == (len(y), 2) and p.sum(axis=1) == pytest.approx(1)
    none = BTYDFeatures(name).fit(train.X).transform(test.X)["btyd__no_days_30d__all"]
    assert roc_auc_score(y, p[:, 1]) == pytest.approx(roc_auc_score(y, none), abs=1e-9)
    recency = baselines.Recency().fit(train.X, train.y("churned")).predict_proba(test.X)[:, 1]
    assert (
        roc_auc_score(y, p[:, 1]) > 0.78
        and roc_auc_score(y, p[:, 1]) > roc_auc_score(y, recency) - 0.01
    )
    assert p[:, 1].mean() == pytest.approx(y.mean(), abs=0.1)
    few = baselines.CHURN[name]().fit(train.X.iloc[:30], train.y("churned").iloc[:30])
    assert (
        few.predict_proba(test.X)[:, 1]
        == pytest.approx(train.y("churned").iloc[:30].mean(), abs=1e-3)
        and few.reasons_
    )


@pytest.mark.parametrize("name", ["bg_nbd_gg", "mbg_nbd_gg"])
def test_the_value_baseline_has_the_training_total_and_sorts_better_than_the_past_rate(
    shop: tuple[cl.Dataset, cl.Dataset], name: str
) -> None:
    train, test = shop
    model = baselines.VALUE[name]().fit(train.X, train.y("ltv"))
    assert model.predict(train.X).sum() == pytest.approx(train.y("ltv").sum())
    rate = baselines.SpendRate().fit(train.X, train.y("ltv")).predict(test.X)
    y, value = test.y("ltv").to_numpy(), model.predict(test.X)
    assert (value >= 0).all() and np.isfinite(value).all()
    assert np.mean((y - value) ** 2) < np.mean((y - rate) ** 2)
    few = baselines.VALUE[name]().fit(train.X.iloc[:30], train.y("ltv").iloc[:30])
    assert few.reasons_ and few.predict(test.X) == pytest.approx(train.y("ltv").iloc[:30].mean())


def test_what_a_row_gives_does_not_depend_on_those_beside_it() -> None:
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
