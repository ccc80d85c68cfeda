"""Why: SHAP values joined to the features' sentences. The one import of shap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ModelError
from churnlab.estimators.base import TreeModel
from churnlab.explanation.words import fields, in_words, render

_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Explanation:
    """What each feature adds to each row's score: `base` plus the row's `values` is the model's raw score.

    `values` float64[n, p] has the index and columns of X. The score is log-odds (LightGBM churn), log money (LightGBM value), or,
    for forests, the share of trees' votes or the amount before calibration.
    """

    values: pd.DataFrame
    base: float
    X: pd.DataFrame
    catalogue: pd.DataFrame

    def groups(self) -> pd.DataFrame:
        """Values summed by signal, float64[n, signals]."""
        signal = (
            self.catalogue.set_index("name")["signal"].reindex(self.values.columns).fillna("other")
        )
        return self.values.T.groupby(signal.to_numpy()).sum().T

    def top_group(self) -> pd.Series:
        """The signal that pushes each row's score up most."""
        return self.groups().idxmax(axis=1)

    def importance(self) -> pd.DataFrame:
        """Features by mean absolute value, largest first: name, what (the name in words), signal, importance, unit."""
        facts = self.catalogue.set_index("name").reindex(self.values.columns)
        table = pd.DataFrame(
            {
                "name": self.values.columns,
                "what": [in_words(n) for n in self.values.columns],
                "signal": facts["signal"].to_numpy(),
                "importance": self.values.abs().mean().to_numpy(),
                "unit": facts["unit"].to_numpy(),
            }
        )
        return table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)

    def signal_importance(self) -> pd.Series:
        """Mean absolute value of each signal's sum, largest first."""
        return self.groups().abs().mean().sort_values(ascending=False)

    def reasons(self, k: int = 3) -> pd.DataFrame:
        """The `k` sentences that push each row's score up most, one a signal at most: reason_1 … reason_k, "" where there are fewer."""
        sentences = {r.name: (r.says, r.missing) for r in self.catalogue.itertuples(index=False)}
        signals = dict(zip(self.catalogue["name"], self.catalogue["signal"], strict=True))
        names, values = list(self.values.columns), self.values.to_numpy()
        order = np.argsort(-values, axis=1, kind="stable")
        columns = {n: self.X[n].to_numpy() for n in names}
        rows = [
            _reasons(names, values[i], order[i], sentences, signals, columns, i, k)
            for i in range(len(values))
        ]
        return pd.DataFrame(
            rows,
            index=self.values.index,
            columns=[f"reason_{i + 1}" for i in range(k)],
            dtype=object,
        )


def explain(model: TreeModel, X: pd.DataFrame, catalogue: pd.DataFrame) -> Explanation:
    """SHAP values of a fitted model on the rows of X, with the catalogue of its features.

    Raises ModelError when base and values do not add up to the model's raw score (S. Lundberg and S. Lee, 2017, local accuracy).
    """
    if model.algorithm != "random_forest":
        values, base = model.contributions(X)
        raw = model.raw_score(X)
    else:
        values, base, raw = _forest(model, X)
    _check_additive(values, base, raw)
    wide, own = model.widened(X), model.own_catalogue()
    return Explanation(
        pd.DataFrame(values, index=X.index, columns=wide.columns),
        base,
        wide,
        pd.concat([catalogue, own], ignore_index=True),
    )


def _forest(model: Any, X: pd.DataFrame) -> tuple[np.ndarray, float, np.ndarray]:
    import shap

    matrix, forest = model.prepare(X), model.forest_
    explainer = shap.TreeExplainer(forest, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(matrix, check_additivity=False))
    base = float(np.ravel(explainer.expected_value)[-1])
    if values.ndim == 3:
        return values[:, :, -1], base, forest.predict_proba(matrix)[:, -1]
    return values, base, forest.predict(matrix)


def _check_additive(values: np.ndarray, base: float, raw: np.ndarray) -> None:
    total = values.sum(axis=1) + base
    worst = float(np.max(np.abs(total - raw) / np.maximum(1, np.abs(raw)), initial=0))
    if not worst <= _TOLERANCE:
        raise ModelError.from_not_additive(worst)


def _reasons(
    names: list[str],
    values: np.ndarray,
    order: np.ndarray,
    sentences: Mapping[str, tuple[str, str]],
    signals: Mapping[str, str],
    columns: Mapping[str, np.ndarray],
    row: int,
    k: int,
) -> list[str]:
    said: dict[str, str] = {}
    for position in order:
        name = names[position]
        if values[position] <= 0 or len(said) == k:
            break
        signal = signals.get(name, name)
        if signal not in said and name in sentences:
            said[signal] = render(
                *sentences[name],
                {n: columns[n][row] for n in fields(sentences[name][0]) if n in columns},
                columns[name][row],
            )
    return [*said.values(), *[""] * (k - len(said))]
