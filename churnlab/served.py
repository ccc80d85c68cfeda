"""The module that MLflow loads to serve a logged model.

Every logged model names this module as its `loader_module`, so its path must never change.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.estimators.hazard import ChurnHazard, Model
from churnlab.estimators.loading import load


class Served:
    """A model behind MLflow's pyfunc interface.

    It serves the churn probability, the amount or the survival curve, never the class.

    >>> from churnlab.estimators.classifier import ChurnClassifier
    >>> X = pd.DataFrame({"visits": np.arange(40.0)})
    >>> model = ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15)
    >>> Served(model).predict(X).shape
    (40,)
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, data: pd.DataFrame, params: Any = None) -> np.ndarray:
        """Churn probability or amount of each row, float64[n].

        For a ChurnHazard it is the survival curve, float64[n, weeks + 1], which begins at the
        hazard's own probability of week 0; `ChurnHazard.predict_curve(X, risk)` begins at that of
        the churn model. Category columns may come as text. A model that learnt a season takes the
        snapshot of each row from a column `snapshot`: dates or ISO text. `params` is part of
        MLflow's interface and is not read.
        """
        if isinstance(self.model, ChurnHazard):
            return self.model.predict_curve(data).to_numpy()
        if hasattr(self.model, "predict_proba"):
            return np.asarray(self.model.predict_proba(data)[:, 1])
        return np.asarray(self.model.predict(data))


def _load_pyfunc(path: str) -> Served:
    """The served model of a folder, called by MLflow; the files hold no code."""
    return Served(load(path))
