"""Why a score is what it is: SHAP values joined to the features' sentences.

The one import of shap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ModelError
from churnlab.estimators.base import TreeModel
from churnlab.explanation.words import Told, as_given, in_words
from churnlab.features.catalogue import Entry, given_names, of_the_day, sentences, table
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.schema.progress import watched
from churnlab.schema.views import view

_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Explanation:
    """How much each feature adds to each row's score.

    - `values` float64[n, p] has the index and the columns of `X`; `base` plus the sum of a row's
      values is the model's raw score: log-odds of churn, or log money.
    - `catalogue` has a row for each column: name, signal, unit and sentences.

    >>> why = example()
    >>> why.values.round(1).to_numpy().tolist()
    [[0.7, -0.2], [-0.5, 0.3]]
    """

    values: pd.DataFrame
    base: float
    X: pd.DataFrame
    catalogue: pd.DataFrame

    def groups(self) -> pd.DataFrame:
        """The values summed by signal, float64[n, signals].

        >>> example().groups().round(1).to_dict("list")
        {'cadence': [0.7, -0.5], 'spend': [-0.2, 0.3]}
        """
        signal = self.catalogue.set_index("name")["signal"].reindex(self.values.columns)
        return self.values.T.groupby(signal.fillna("other").to_numpy()).sum().T

    def top_group(self) -> pd.Series:
        """The signal that raises each row's score most.

        >>> example().top_group().tolist()
        ['cadence', 'spend']
        """
        return self.groups().idxmax(axis=1)

    def importance(self, language: str = ENGLISH) -> pd.DataFrame:
        """The features by mean absolute value, largest first.

        Columns: name, what (the name in words of the language), signal, importance, unit, label
        (the name, in which roles and attributes are written as they were given).

        >>> example().importance()[["what", "importance"]].to_dict("records")
        [{'what': 'since last days, so far', 'importance': 0.6},
         {'what': 'orders sum, 28 days', 'importance': 0.25}]
        """
        facts = self.catalogue.set_index("name").reindex(self.values.columns)
        given = {row["name"]: given_names(row) for row in self.catalogue.to_dict("records")}
        found = pd.DataFrame(
            {
                "name": self.values.columns,
                "what": [in_words(n, language, given.get(n, ())) for n in self.values.columns],
                "signal": facts["signal"].to_numpy(),
                "importance": self.values.abs().mean().to_numpy(),
                "unit": facts["unit"].to_numpy(),
                "label": [as_given(n, given.get(n, ())) for n in self.values.columns],
            }
        )
        return found.sort_values("importance", ascending=False, kind="stable", ignore_index=True)

    def signal_importance(self) -> pd.Series:
        """The mean absolute value of each signal's sum, largest first.

        >>> example().signal_importance().to_dict()
        {'cadence': 0.6, 'spend': 0.25}
        """
        return self.groups().abs().mean().sort_values(ascending=False)

    def to_shap(self) -> Any:
        """The same as a `shap.Explanation`, for shap's own plots.

        A category column is shown by its text and coloured by the place of the category.

        >>> shap_values = example().to_shap()
        >>> shap_values.values.shape, shap_values.base_values.tolist()
        ((2, 2), [0.0, 0.0])
        """
        import shap

        return shap.Explanation(
            values=self.values.to_numpy(np.float64),
            base_values=np.full(len(self.values), self.base),
            data=self.X.apply(_as_numbers).to_numpy(np.float64),
            display_data=self.X.to_numpy(object),
            feature_names=[str(name) for name in self.values.columns],
        )

    def reasons(self, k: int = 3, language: str = ENGLISH) -> pd.DataFrame:
        """The `k` sentences that raise each row's score most, at most one of a signal.

        A column that is the same for everybody on a day (`catalogue.of_the_day`) is no reason.
        Columns reason_1 to reason_k, text[n]; "" where fewer features raise the score. ConfigError
        for a language without a catalogue, or for a sentence that names an unknown value.

        >>> example().reasons(2).to_numpy().tolist()
        [['last active 40 days ago', ''], ['2 orders in 28 days', '']]
        """
        said = np.full((len(self.values), k), "", dtype=object)
        facts = {row["name"]: row for row in self.catalogue.to_dict("records")}
        of_people = facts.keys() - of_the_day(self.catalogue)
        top = _top(self.values, {name: facts[name]["signal"] for name in of_people}, k)
        for place in np.unique(top[top >= 0]):
            name = self.values.columns[place]
            told = Told(*sentences(facts[name]), name, list(self.X), language)
            rows, reasons = np.nonzero(top == place)
            read = {column: self.X[column].to_numpy()[rows] for column in told.columns}
            said[rows, reasons] = told(read or {name: rows})
        columns = [f"reason_{i + 1}" for i in range(k)]
        return pd.DataFrame(said, index=self.values.index, columns=columns, dtype=object)

    def _repr_html_(self) -> str:
        return str(view("explanation.shown:glance")(self).html())


def _as_numbers(column: pd.Series) -> pd.Series:
    """A column as float64: places of the sorted categories for one that holds no numbers."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype(np.float64)
    places = pd.factorize(column, sort=True)[0].astype(np.float64)
    return pd.Series(np.where(places < 0, np.nan, places), index=column.index)


def example() -> Explanation:
    """A small explanation of two people, on which the methods can be tried.

    >>> example().X.shape
    (2, 2)
    """
    away, orders = "cadence__since_last_days__all", "spend__orders_sum__28d"
    X = pd.DataFrame({away: [40.0, 3.0], orders: [0.0, 2.0]}, index=["ann", "bob"])
    values = pd.DataFrame({away: [0.7, -0.5], orders: [-0.2, 0.3]}, index=X.index)
    never = sentence("never active")
    ago = sentence("last active {value:.0f} days ago")
    bought = sentence("{value:.0f} orders in {days} days", days=28)
    entries = [
        Entry(away, "LoginIntervals", "days", ago, never),
        Entry(orders, "SpendDecline", "orders", bought, never),
    ]
    return Explanation(values, 0.0, X, table(entries))


def _top(values: pd.DataFrame, signals: Mapping[str, str], k: int) -> np.ndarray:
    """Places of the columns with each row's `k` largest values above zero, one of a signal.

    int64[n, k], the largest first, the earlier column first among equal values; -1 where there are
    fewer. Columns without a signal are left out.
    """
    groups: dict[str, list[int]] = {}
    for place, name in enumerate(values.columns):
        if name in signals:
            groups.setdefault(signals[name], []).append(place)
    table = values.to_numpy()
    every = np.arange(len(table))
    best = np.zeros((len(table), max(k, len(groups))))
    places = np.full(best.shape, -1)
    for i, columns in enumerate(map(np.array, groups.values())):
        places[:, i] = columns[table[:, columns].argmax(axis=1)]
        best[:, i] = table[every, places[:, i]]
    order = np.lexsort((places, -best), axis=1)[:, :k]
    top = np.take_along_axis(places, order, axis=1)
    return np.where(np.take_along_axis(best, order, axis=1) > 0, top, -1)


def explain(
    model: TreeModel,
    X: pd.DataFrame,
    catalogue: pd.DataFrame,
    *,
    time: Any = None,
    progress: bool | None = None,
) -> Explanation:
    """The SHAP values of a fitted model on the rows of X, joined to the catalogue of its features.

    `X` has the columns that the model was fitted on, `catalogue` is that of the dataset. `time` is
    the snapshot of each row, where the model needs it and X does not hold it. `progress` says
    whether a bar shows how far it is (None: where somebody watches). Raises ModelError if
    base and values do not add up to the model's raw score (S. Lundberg and S. Lee, 2017, A Unified
    Approach to Interpreting Model Predictions: local accuracy).

    >>> from churnlab import Churn, ChurnClassifier, FeatureSet, Snapshots, build_dataset, datasets
    >>> activity = datasets.make_community(users=150, days=120).log().daily()
    >>> snapshots = Snapshots.at(activity, ["2026-03-01"], targets=[Churn(horizon=30)])
    >>> data = build_dataset(activity, snapshots, FeatureSet.of(["LoginIntervals"]))
    >>> model = ChurnClassifier(n_estimators=20).fit(data.X, data.y("churned"))
    >>> why = explain(model, model.select(data.X), data.catalogue)
    >>> why.reasons(1).shape == (len(data.X), 1)
    True
    """
    with watched(progress):
        return _explained(model, X, catalogue, time)


def _explained(
    model: TreeModel, X: pd.DataFrame, catalogue: pd.DataFrame, time: Any
) -> Explanation:
    matrix = model.prepare(X)
    values, base = model.contributions(X, matrix, time=time)
    _check_additive(values, base, model.raw_score(X, matrix, time=time))
    wide = model.widened(X, matrix, time=time)
    return Explanation(
        pd.DataFrame(values, index=X.index, columns=wide.columns),
        base,
        wide,
        pd.concat([catalogue, model.own_catalogue()], ignore_index=True),
    )


def _check_additive(values: np.ndarray, base: float, raw: np.ndarray) -> None:
    total = values.sum(axis=1) + base
    worst = float(np.max(np.abs(total - raw) / np.maximum(1, np.abs(raw)), initial=0))
    if not worst <= _TOLERANCE:
        raise ModelError.from_not_additive(worst)
