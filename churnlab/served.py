"""The module that MLflow loads to serve a logged model.

Every logged model names this module as its `loader_module`, so its path must never change.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ModelError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import ChurnHazard, Model
from churnlab.estimators.loading import load

TOGETHER = ("churned", "ltv")


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


class ServedTogether:
    """A model of churn, and one of value if there is one, behind one pyfunc interface.

    >>> from churnlab.estimators.classifier import ChurnClassifier
    >>> X = pd.DataFrame({"visits": np.arange(40.0)})
    >>> model = ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15)
    >>> ServedTogether(model, None).predict(X.assign(name="left out")).columns.tolist()
    ['churn_probability', 'expected_value']
    """

    def __init__(self, churn: TreeModel, value: TreeModel | None) -> None:
        self.churn = churn
        self.value = value

    def predict(self, data: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        """churn_probability and expected_value of each row, with the index of `data`.

        The value is missing without a model of it. Each model takes its own columns by name, and a
        column `snapshot` as in Served.predict.
        """
        churn, value = self.churn, self.value
        risk = Served(churn).predict(churn.select(data))
        amount = np.nan if value is None else Served(value).predict(value.select(data))
        columns = {"churn_probability": risk, "expected_value": amount}
        return pd.DataFrame(columns, index=data.index)


def _load_pyfunc(path: str) -> Served | ServedTogether:
    """The served model of a folder, called by MLflow; the files hold no code.

    A folder that has folders serves the models in them together. Raises ModelError for a folder
    that holds anything else.
    """
    churned, ltv = (Path(path) / name for name in TOGETHER)
    if not churned.is_dir():
        return Served(load(path))
    for inner in sorted(Path(path).iterdir()):
        if inner not in (churned, ltv) or inner.is_symlink():
            raise ModelError.from_extra_file(inner.name, path)
    return ServedTogether(load(churned), load(ltv) if ltv.exists() else None)
