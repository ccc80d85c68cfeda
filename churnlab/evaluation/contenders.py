"""Contenders: the model and the baselines that stand beside it, fitted, predicted and named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ChurnlabError, FrameError, HistoryError
from churnlab.estimators import baselines
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor
from churnlab.language.sentence import Words, sentence

MODEL = "churnlab"
LABELS: Mapping[str, Words] = {
    "base_rate": sentence("base rate"),
    "recency": sentence("days since last activity"),
    "personal_rate": sentence("own share of active days"),
    "bg_nbd": "BG/NBD",
    "mbg_nbd": "MBG/NBD",
    "zero": sentence("zero for everybody"),
    "train_mean": sentence("mean in training"),
    "spend_rate": sentence("own spending per day"),
    "formula": sentence("order frequency × order value × active lifetime"),
    "bg_nbd_gg": "BG/NBD, Gamma-Gamma",
    "mbg_nbd_gg": "MBG/NBD, Gamma-Gamma",
}
Make = Callable[[str], Any]


def label(contender: str) -> Words:
    """The name of a contender as people read it.

    >>> str(label("recency")), label("my_own_rule")
    ('days since last activity', 'my own rule')
    """
    return LABELS.get(contender, contender.replace("_", " "))


def default_model(target: str) -> Any:
    """The library's default estimator for a target, not fitted."""
    return ChurnClassifier() if target == "churned" else LTVRegressor()


def predict(model: Any, X: Any) -> np.ndarray:
    """Churn probabilities or amounts, float64[n], whichever the estimator gives.

    A model takes the columns that it was fitted on from a DataFrame X by name; FrameError where X
    lacks one. An array is taken as it is.
    """
    columns = _fitted_columns(model, X) if isinstance(X, pd.DataFrame) else X
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(columns)[:, 1], np.float64)
    return np.asarray(model.predict(columns), np.float64)


def _fitted_columns(model: Any, X: pd.DataFrame) -> Any:
    """The columns that an estimator was fitted on, by name if it knows names."""
    if hasattr(model, "select"):
        return model.select(X)
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return X.to_numpy() if hasattr(model, "n_features_in_") else X
    missing = [str(name) for name in names if name not in X]
    if missing:
        raise FrameError.from_missing_columns("X", missing, X.columns)
    return X[list(names)]


def fit_baselines(
    X: pd.DataFrame, y: pd.Series, target: str
) -> tuple[dict[str, Any], tuple[Words, ...]]:
    """The fitted baselines of a target by name, and a sentence for each that cannot be fitted."""
    kinds: Mapping[str, type] = baselines.CHURN if target == "churned" else baselines.VALUE
    fitted: dict[str, Any] = {}
    left_out: list[Words] = []
    for name, kind in kinds.items():
        try:
            fitted[name] = kind().fit(X, y)
        except ChurnlabError as error:
            left_out.append(
                sentence(
                    'the baseline "{contender}" is left out: {error}',
                    contender=label(name),
                    error=str(error),
                )
            )
    return fitted, tuple(left_out)


def fit_and_predict(
    X: pd.DataFrame,
    y: pd.Series,
    learn: np.ndarray,
    rows: np.ndarray,
    target: str,
    make: Make,
    when: str = "",
) -> tuple[dict[str, np.ndarray], tuple[Words, ...]]:
    """Predictions for `rows` by contender, and a sentence for each baseline that was left out.

    `make(target)` and the baselines are fitted on the rows `learn`; both are positions, int64[k].
    Raises HistoryError, with `when` in its text, where these rows hold one class of churn only.
    """
    past, truth = X.iloc[learn], y.iloc[learn]
    if target == "churned" and truth.nunique() < 2:
        raise HistoryError.from_one_class(f"{target}{when}", int(truth.iloc[0]), len(truth))
    beside, left_out = fit_baselines(past, truth, target)
    fitted = {MODEL: make(target).fit(past, truth)} | beside
    return {name: predict(model, X.iloc[rows]) for name, model in fitted.items()}, left_out
