"""The model and the baselines: fitted, predicted, named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.learnable import Spy, dataset

from churnlab.errors import HistoryError
from churnlab.estimators import baselines
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor
from churnlab.evaluation.contenders import (
    LABELS,
    default_model,
    fit_and_predict,
    fit_baselines,
    label,
    predict,
)

rng = np.random.default_rng(0)
INDEX = pd.MultiIndex.from_product(
    [range(100), pd.to_datetime(["2026-01-01", "2026-02-01"])], names=["user_id", "snapshot"]
)
Y = pd.Series((rng.random(200) < 0.4).astype(float), index=INDEX)


def test_a_baseline_that_cannot_be_fitted_is_left_out_and_named() -> None:
    fitted, left_out = fit_baselines(
        pd.DataFrame({"x__y__all": np.arange(200.0)}, index=INDEX), Y, "churned"
    )
    assert "base_rate" in fitted and "recency" not in fitted
    assert any(
        str(text).startswith('the baseline "days since last activity" is left out: X lacks')
        for text in left_out
    )


def test_every_baseline_has_a_label_and_another_name_is_shown_as_it_is() -> None:
    assert set(LABELS) == {*baselines.CHURN, *baselines.VALUE}
    assert label("churnlab") == "churnlab" and label("rfm_rule") == "rfm rule"


def test_the_default_models_are_those_of_the_library() -> None:
    assert isinstance(default_model("churned"), ChurnClassifier)
    assert isinstance(default_model("ltv"), LTVRegressor)


def test_the_model_and_the_baselines_learn_from_the_same_rows_and_predict_the_others() -> None:
    data = dataset()
    learn, rows = np.arange(300), np.arange(300, 360)
    said, left_out = fit_and_predict(data.X, data.y("churned"), learn, rows, "churned", Spy)
    assert {"churnlab", "base_rate", "recency", "personal_rate"} <= set(said)
    assert {len(p) for p in said.values()} == {60}
    assert said["base_rate"] == pytest.approx(data.y("churned").iloc[learn].mean())
    assert len(said) - 1 + len(left_out) == len(baselines.CHURN)


def test_one_class_to_learn_from_is_refused() -> None:
    data = dataset()
    rows = np.arange(60)
    with pytest.raises(HistoryError, match="churned before May is 0 in all 60 rows"):
        fit_and_predict(data.X, data.y("churned") * 0, rows, rows, "churned", Spy, " before May")


def test_an_estimator_without_probabilities_gives_amounts() -> None:
    data = dataset()
    model = Spy("ltv").fit(data.X, data.y("ltv"))
    assert predict(model, data.X).tolist() == model.predict(data.X).tolist()
