"""The baselines: what they learn, what they lack, and those from buy-till-you-die models."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from support.made_models import cdnow

from churnlab.errors import FrameError
from churnlab.estimators import baselines
from churnlab.estimators.learners.btyd_features import BTYDFeatures


def test_baselines_learn_and_name_the_column_that_they_lack() -> None:
    frame = pd.DataFrame(
        {
            baselines.LAST: [1.0, 2, 50, np.nan],
            baselines.TENURE: [60.0, 60, 60, 60],
            baselines.DAYS: [40.0, 30, 2, 1],
            baselines.SPENT: [60.0, 0, 30, 0],
        }
    )
    y = np.array([0, 0, 1, 1])
    for kind in baselines.CHURN.values():
        p = kind().fit(frame, y).predict_proba(frame)
        assert p.shape == (4, 2) and p.sum(axis=1) == pytest.approx(1)
    assert baselines.Recency().fit(frame, y).predict_proba(frame)[2, 1] > 0.5
    assert baselines.SpendRate().fit(frame, [6, 0, 3, 0]).predict(frame).tolist() == pytest.approx(
        [6, 0, 3, 0]
    )
    assert baselines.ZeroValue().fit(frame, y).predict(frame).sum() == 0
    with pytest.raises(FrameError, match="lacks 1 column"):
        baselines.Recency().fit(frame.drop(columns=baselines.LAST), y)


@pytest.mark.parametrize("name", ["bg_nbd", "mbg_nbd"])
def test_the_churn_baseline_is_the_chance_of_silence_on_a_curve(
    name: str,
) -> None:
    train, test = cdnow()
    p = baselines.CHURN[name]().fit(train.X, train.y("churned")).predict_proba(test.X)
    y = test.y("churned")
    assert p.shape == (len(y), 2) and p.sum(axis=1) == pytest.approx(1)
    none = BTYDFeatures(name).fit(train.X).transform(test.X)["btyd__no_days_30d__all"]
    assert roc_auc_score(y, p[:, 1]) == pytest.approx(roc_auc_score(y, none), abs=1e-9)
    recency = baselines.Recency().fit(train.X, train.y("churned")).predict_proba(test.X)[:, 1]
    assert roc_auc_score(y, p[:, 1]) > max(0.78, roc_auc_score(y, recency) - 0.01)
    assert p[:, 1].mean() == pytest.approx(y.mean(), abs=0.1)
    few = baselines.CHURN[name]().fit(train.X.iloc[:30], train.y("churned").iloc[:30])
    share = train.y("churned").iloc[:30].mean()
    assert few.predict_proba(test.X)[:, 1] == pytest.approx(share, abs=1e-3)
    assert few.reasons_


@pytest.mark.parametrize("name", ["bg_nbd_gg", "mbg_nbd_gg"])
def test_the_value_baseline_has_the_training_total_and_sorts_better_than_the_past_rate(
    name: str,
) -> None:
    train, test = cdnow()
    model = baselines.VALUE[name]().fit(train.X, train.y("ltv"))
    assert model.predict(train.X).sum() == pytest.approx(train.y("ltv").sum())
    rate = baselines.SpendRate().fit(train.X, train.y("ltv")).predict(test.X)
    y, value = test.y("ltv").to_numpy(), model.predict(test.X)
    assert (value >= 0).all() and np.isfinite(value).all()
    assert np.mean((y - value) ** 2) < np.mean((y - rate) ** 2)
    few = baselines.VALUE[name]().fit(train.X.iloc[:30], train.y("ltv").iloc[:30])
    assert few.reasons_ and few.predict(test.X) == pytest.approx(train.y("ltv").iloc[:30].mean())


def test_the_formula_is_orders_a_day_times_order_value_times_one_lifetime() -> None:
    train, test = cdnow()
    model = baselines.FormulaLTV().fit(train.X, train.y("ltv"))
    expected = []
    for row in test.X.to_dict("records"):
        orders, spent = row[baselines.ORDERS], row[baselines.SPENT]
        days = max(row[baselines.TENURE] - row[baselines.LAST] + 1, 30)
        a_day = orders / days if orders > 0 else 0.0
        each = max(spent, 0.0) / orders if orders > 0 else 0.0
        expected.append(a_day * each * model.lifetime_)
    assert model.predict(test.X) == pytest.approx(expected)
    assert model.predict(train.X).sum() == pytest.approx(train.y("ltv").sum())
    assert 0 < model.lifetime_ < 90
    assert len({*expected}) > 100


def test_the_formula_counts_weights_and_gives_nothing_to_people_without_orders() -> None:
    X = pd.DataFrame(
        {
            baselines.ORDERS: [4.0, np.nan, 0.0, 2.0],
            baselines.SPENT: [80.0, np.nan, 0.0, -5.0],
            baselines.TENURE: [40.0, np.nan, 9.0, 50.0],
            baselines.LAST: [1.0, np.nan, 9.0, 3.0],
        }
    )
    plain = baselines.FormulaLTV().fit(X, [40.0, 10.0, 0.0, 0.0])
    weighted = baselines.FormulaLTV().fit(X, [40.0, 10.0, 0.0, 0.0], sample_weight=[1, 2, 0, 0])
    assert plain.lifetime_ == pytest.approx(25) and weighted.lifetime_ == pytest.approx(30)
    assert plain.predict(X).tolist() == pytest.approx([50, 0, 0, 0])
    with pytest.raises(FrameError, match="lacks 1 column"):
        baselines.FormulaLTV().fit(X.drop(columns=baselines.ORDERS), [1.0, 2, 3, 4])
