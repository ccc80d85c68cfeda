"""`mlflow.autolog()` of the user: our learners leave no run, and the user's setting stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from churnlab.estimators.learners.unlogged import UNLOGGED

FITS = """
import mlflow, numpy as np, pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression
mlflow.set_tracking_uri("sqlite:///store.db")
where = mlflow.create_experiment("mine", artifact_location="artifacts")
mlflow.set_experiment("mine")
mlflow.autolog(silent=True)
import churnlab as cl
from churnlab.estimators.baselines import Recency
X = pd.DataFrame({"cadence__since_last_days__all": np.arange(80.0), "b": np.arange(80.0) % 7})
y = (X["b"] > 3).astype(float)
for algorithm in ("blend", "random_forest"):
    cl.ChurnClassifier(algorithm).fit(X, y).predict_proba(X)
cl.LTVRegressor("random_forest", n_estimators=5).fit(X, y * 10).predict(X)
Recency().fit(X, y).predict_proba(X)
print("ours", len(mlflow.search_runs([where])))
LinearRegression().fit(X, y)
print("theirs", len(mlflow.search_runs([where])))
"""


def test_our_fits_leave_no_run_and_the_users_own_still_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FITS], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["ours", "0", "theirs", "1"]


def test_what_the_user_switched_off_stays_off() -> None:
    from mlflow.utils import autologging_utils

    with autologging_utils.disable_autologging():
        with UNLOGGED:
            assert autologging_utils._AUTOLOGGING_GLOBALLY_DISABLED
        assert autologging_utils._AUTOLOGGING_GLOBALLY_DISABLED
    assert not autologging_utils._AUTOLOGGING_GLOBALLY_DISABLED
