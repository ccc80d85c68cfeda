"""The module that MLflow loads: probabilities, amounts or curves, and categories as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.made_models import fitted_on_mixed, mixed, predicted

import churnlab as cl
from churnlab import served
from churnlab.errors import ModelError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor

X, Y, _ = mixed()


@pytest.mark.parametrize("kind", [ChurnClassifier, LTVRegressor])
def test_a_loaded_model_serves_probabilities_or_amounts(kind: type, tmp_path: Path) -> None:
    model = fitted_on_mixed(kind, "lightgbm")
    loaded = served._load_pyfunc(str(model.save(tmp_path)))
    np.testing.assert_array_equal(loaded.predict(X), predicted(model, X))


def test_categories_may_come_as_text_and_unknown_ones_are_missing() -> None:
    model = fitted_on_mixed(ChurnClassifier, "lightgbm")
    text = X.assign(c=X["c"].astype(str))
    np.testing.assert_array_equal(served.Served(model).predict(text), predicted(model, X))
    unknown = served.Served(model).predict(text.assign(c="new"))
    missing = X.assign(c=pd.Categorical([None] * len(X), categories=["x", "y", "z"]))
    np.testing.assert_array_equal(unknown, predicted(model, missing))


def test_a_hazard_serves_its_curve() -> None:
    y = pd.DataFrame({"leaves_week": np.where(Y == 1, 1.0, np.nan), "known_weeks": 3})
    learner = ChurnClassifier("lightgbm", n_estimators=5)
    hazard = cl.ChurnHazard(2, learner=learner).fit(X, y)
    curve = served.Served(hazard).predict(X, params={"ignored": 1})
    np.testing.assert_array_equal(curve, hazard.predict_curve(X).to_numpy())


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model can be read"):
        served._load_pyfunc(str(tmp_path))
