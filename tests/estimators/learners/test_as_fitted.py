"""A fitted estimator whose parameters were changed is not fitted; none ends in an AttributeError."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from churnlab.errors import ChurnlabError
from churnlab.estimators.baselines import BTYD, LAST, TENURE
from churnlab.estimators.baselines import DAYS as ACTIVE_DAYS
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import ChurnHazard
from churnlab.estimators.learners import as_fitted
from churnlab.estimators.learners.btyd_features import BTYDFeatures
from churnlab.estimators.regressor import LTVRegressor

rng = np.random.default_rng(0)
ACTIVE = rng.integers(1, 9, 200).astype(float)
X = pd.DataFrame({ACTIVE_DAYS: ACTIVE, TENURE: 100.0, LAST: np.where(ACTIVE > 1, 30.0, 100.0)})
LEFT = (ACTIVE < 4).astype(float)
WEEKS = pd.DataFrame({"leaves_week": np.where(ACTIVE < 4, 1, np.nan), "known_weeks": 4})
OTHER = {
    "algorithm": "random_forest",
    "objective": "mae",
    "n_estimators": 9,
    "learning_rate": 0.5,
    "num_leaves": 3,
    "min_child_samples": 3,
    "feature_fraction": 0.9,
    "calibrate": False,
    "random_state": 8,
    "n_jobs": None,
    "weeks": 9,
    "learner": ChurnClassifier("random_forest"),
    "max_rows": 2000,
    "most": 9.0,
}


CHURN = ChurnClassifier("lightgbm", n_estimators=3, n_jobs=1)
UNFITTED = [
    (CHURN, LEFT),
    (ChurnClassifier("blend", n_estimators=3, n_jobs=1), LEFT),
    (LTVRegressor("lightgbm", n_estimators=3, n_jobs=1), ACTIVE),
    (ChurnHazard(3, learner=CHURN, n_jobs=1), WEEKS),
]


@pytest.mark.parametrize("unfitted, y", UNFITTED)
def test_each_parameter_may_change_after_fit(unfitted: Any, y: Any, tmp_path: Path) -> None:
    model = clone(unfitted).fit(X, y)
    ask = model.predict_curve if isinstance(model, ChurnHazard) else model.predict
    before = np.asarray(ask(X))
    for name, value in model.get_params(deep=False).items():
        model.set_params(**{name: OTHER[name]})
        if name in model.fitted_as_:
            with pytest.raises(NotFittedError, match=f"was fitted with {name}="):
                ask(X)
            with pytest.raises(NotFittedError):
                model.save(tmp_path)
        else:
            np.testing.assert_array_equal(ask(X), before, err_msg=name)
        model.set_params(**{name: value})
    np.testing.assert_array_equal(ask(X), before)


def test_what_was_never_fitted_is_not_fitted() -> None:
    for model in (ChurnClassifier(), LTVRegressor(), ChurnHazard(), BTYDFeatures()):
        with pytest.raises(NotFittedError):
            as_fitted.check(model)


def test_histories_keep_their_model_and_baselines_their_horizon() -> None:
    features = BTYDFeatures("mbg_nbd").fit(X)
    with pytest.raises(NotFittedError, match="was fitted with model='mbg_nbd'"):
        features.set_params(model="bg_nbd").to_dict()
    baseline = BTYD(horizon=30).fit(X, LEFT)
    before = baseline.predict_proba(X)
    np.testing.assert_array_equal(baseline.set_params(horizon=60).predict_proba(X), before)


def test_a_failed_fit_leaves_no_half_fitted_model() -> None:
    model = ChurnClassifier("lightgbm", n_estimators=3, n_jobs=1)
    with pytest.raises(ChurnlabError):
        model.fit(X, np.ones(200))
    with pytest.raises(NotFittedError):
        model.predict(X)
