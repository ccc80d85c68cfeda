"""Models judged beside the baselines, and explained on a sample of held-out rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from churnlab.config.tables import Config
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.training import judging
from churnlab.training.judging import Judged, explain_sample, judge, leavers
from churnlab.training.models import Fitted, fit
from churnlab.training.preparation import SplitRows, split_rows


@pytest.fixture(scope="module")
def rows(community: Any) -> SplitRows:
    return split_rows(config(), community.log())


@pytest.fixture(scope="module")
def fitted(rows: SplitRows) -> Fitted:
    return fit(config(), rows.train)


@pytest.fixture(scope="module")
def judged(rows: SplitRows, fitted: Fitted) -> Judged:
    return judge(fitted, rows)


def config() -> Config:
    log = {"path": "x", "user": "user_id", "time": "ts", "event": "event", "amount": "amount"}
    return Config.of(
        {
            "log": log | {"timezone": "Asia/Shanghai"},
            "target": {"churn_horizon": 21, "ltv_horizon": 21},
            "features": {"builders": ["Tenure", "LoginIntervals"]},
            "model": {"algorithm": "lightgbm", "when_weeks": 3},
        },
        Path(),
    )


def test_each_model_is_judged_beside_baselines(judged: Judged) -> None:
    assert set(judged.evaluations) == {"churned", "ltv"}
    for target, found in judged.evaluations.items():
        assert {"churnlab", "base_rate" if target == "churned" else "zero"} <= set(
            found.table["contender"]
        )


def test_metrics_are_flat_and_those_of_the_hazard_are_among_them(judged: Judged) -> None:
    found = judged.metrics()
    assert {"churned_auc", "ltv_mae", "when_brier"} <= set(found)
    assert all(np.isfinite(value) for value in found.values())
    assert "when_brier" not in Judged(judged.evaluations).metrics()


@pytest.mark.parametrize("most", [1, 7, 10**6])
def test_the_sample_that_is_explained_is_spread_over_all_rows(
    rows: SplitRows, fitted: Fitted, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "ROWS_ON_CARD", most)
    found = explain_sample(fitted.churn, rows.test).X
    assert len(found) == min(most, len(rows.test.X))
    assert found.index[0] == rows.test.X.index[0]
    if most > 1:
        assert found.index[-1] == rows.test.X.index[-1]


def test_leavers_are_counted_once_and_set_beside_the_columns(
    rows: SplitRows, fitted: Fitted, judged: Judged
) -> None:
    churn = judged.evaluations["churned"]
    said = str(leavers(fitted.churn, rows, churn))
    left = rows.train.y("churned").groupby(level="user_id").max().sum()
    assert said.startswith(f"{left:,.0f} leavers support about ")
    assert f"at an AUC of {churn.interval('auc').value:.2f}" in said
    assert said.endswith(f"and the model reads {rows.train.X.shape[1]}")


def test_a_model_without_trees_says_so(rows: SplitRows, judged: Judged) -> None:
    line = ChurnClassifier()
    line.chosen_ = {"share": 0.0}
    said = str(leavers(line, rows, judged.evaluations["churned"]))
    assert said.endswith("with so few it is a line without trees, held close to the base rate")
