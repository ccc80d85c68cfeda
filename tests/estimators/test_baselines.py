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
