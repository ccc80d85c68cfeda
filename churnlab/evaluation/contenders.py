"""Predictions of any estimator, and the baselines that stand beside a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ChurnlabError
from churnlab.estimators import baselines

MODEL = "churnlab"


def predict(model: Any, X: pd.DataFrame) -> np.ndarray:
    """A churn probability or an amount, float64[n], whichever the estimator gives; a model of ours takes its columns by name."""
    X = model.select(X) if hasattr(model, "select") else X
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(X)[:, 1])
    return np.asarray(model.predict(X))


def fit_baselines(
    X: pd.DataFrame, y: pd.Series, target: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The dumb things of a target, fitted; one that cannot be is left out, and a sentence says why."""
    kinds: Mapping[str, type] = baselines.CHURN if target == "churned" else baselines.VALUE
    fitted, left_out = {}, []
    for name, kind in kinds.items():
        try:
            fitted[name] = kind().fit(X, y)
        except ChurnlabError as error:
            left_out.append(f"{name.replace('_', ' ')} is not beside it: {error}")
    return fitted, tuple(left_out)
