"""What MLflow calls to load and serve a logged model.

Every logged model names this module as its `loader_module`, so its path stays what it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.estimators.files import load
from churnlab.estimators.hazard import ChurnHazard, Model


class Served:
    """What MLflow's pyfunc calls: the churn probability, the amount or the curve, never the class."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, data: pd.DataFrame, params: Any = None) -> np.ndarray:
        """float64[n], or float64[n, weeks + 1] of a hazard: still there after each week."""
        text = {n: pd.Categorical(data[n], categories=c) for n, c in self.model.categories_.items()}
        X = data.assign(**text) if text else data
        if isinstance(self.model, ChurnHazard):
            return self.model.predict_curve(X).to_numpy()
        return np.asarray(
            self.model.predict_proba(X)[:, 1]
            if hasattr(self.model, "predict_proba")
            else self.model.predict(X)
        )


def _load_pyfunc(path: str) -> Served:
    """MLflow's hook for `loader_module`: reads the model folder; nothing is unpickled."""
    return Served(load(path))
