"""Why a score is what it is: SHAP values joined to the features' sentences.

The one import of shap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ConfigError, ModelError
from churnlab.estimators.base import TreeModel
from churnlab.explanation.reasons import Chosen, choose, theme_sums
from churnlab.explanation.words import as_given, in_words
from churnlab.features.catalogue import Entry, given_names, table
from churnlab.features.facts import Facts
from churnlab.features.reasons.every import reasons
from churnlab.features.themes import THEMES
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.schema.progress import watched
from churnlab.schema.views import view

LOG_ODDS = "log-odds"
_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Explanation:
    """How much each feature adds to each row's score.

    - `values` float64[n, p] has the index and the columns of `X`; `base` plus the sum of a row's
      values is the model's raw score: log-odds of churn, or log money.
    - `catalogue` has a row for each column: name, signal, topic, theme, unit and sentences.
    - `facts` are the plain numbers that reasons say, None where they are not known; `unit` is that
      of the score: "log-odds" of churn, or another.

    >>> why = example()
    >>> why.values.round(1).to_numpy().tolist()
    [[0.7, -0.2], [-0.5, 0.3]]
    """

    values: pd.DataFrame
    base: float
    X: pd.DataFrame
    catalogue: pd.DataFrame
    facts: Facts | None = None
    unit: str = LOG_ODDS

    def themes(self) -> pd.DataFrame:
        """The values summed by theme, float64[n, themes]; with `base` they add up to the score.

        >>> example().themes().round(1).to_dict("list")
        {'silence': [0.7, -0.5], 'spending': [-0.2, 0.3]}
        """
        return theme_sums(self.values, self.catalogue)

    def theme_importance(self, language: str = ENGLISH) -> pd.Series:
        """The mean absolute value of each theme's sum, by its name in words, largest first.

        >>> example().theme_importance().to_dict()
        {'Comes less often, or no longer': 0.6, 'Spends less': 0.25}
        """
        found = self.themes().abs().mean().sort_values(ascending=False)
        return found.rename({name: label.text(language) for name, label in THEMES.items()})

    def head(self, rows: int) -> Explanation:
        """The explanation of the first rows alone.

        >>> len(example().head(1).values)
        1
        """
        facts = self.facts and replace(self.facts, frame=self.facts.frame.head(rows))
        return replace(self, values=self.values.head(rows), X=self.X.head(rows), facts=facts)

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

    def reasons(self, k: int = 3, language: str = ENGLISH, sign: str = "") -> pd.DataFrame:
        """The reasons of each row, in sentences of its own plain numbers, the strongest first.

        There is at most one of a theme, none that is good news or only says which day it is, and
        none for a row whose score is not above the base; see `explanation.reasons.choose`. `sign`
        is the sign of the currency, which stands before amounts.

        Columns reason_1 to reason_k, text[n]; "" where there is none. ConfigError for a language
        without a catalogue, for a model of another thing than churn, and where no facts are known.

        >>> example().reasons(1).to_numpy().tolist()
        [['Usually back after 4 days, away for 40 days'], ['']]
        >>> example().reasons(1, "zh").iloc[0, 0]
        '通常隔4天登录一次，这次已40天未登录'
        """
        return self._frame(self.chosen(k).said(language, sign), "reason")

    def reason_themes(self, k: int = 3) -> pd.DataFrame:
        """The theme of each reason, as columns theme_1 to theme_k.

        >>> example().reason_themes(1)["theme_1"].tolist()
        ['silence', '']
        """
        return self._frame(self.chosen(k).themes(), "theme")

    def reason_names(self, k: int = 3) -> pd.DataFrame:
        """The name of each reason, as columns name_1 to name_k.

        >>> example().reason_names(1)["name_1"].tolist()
        ['away_long', '']
        """
        return self._frame(self.chosen(k).names(), "name")

    def chosen(self, k: int) -> Chosen:
        """The reasons of each row before they are put into words, chosen once for all uses.

        >>> example().chosen(1).themes().tolist()
        [['silence'], ['']]
        """
        if self.unit != LOG_ODDS:
            raise ConfigError.from_no_risk()
        if self.facts is None:
            raise ConfigError.from_no_facts()
        return choose(self.values, self.catalogue, self.X, self.facts, k)

    def _frame(self, said: np.ndarray, name: str) -> pd.DataFrame:
        columns = [f"{name}_{i + 1}" for i in range(said.shape[1])]
        return pd.DataFrame(said, index=self.values.index, columns=columns, dtype=object)

    def __repr__(self) -> str:
        rows, features = self.values.shape
        return f"Explanation({rows:,} rows, {features} features)"

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
        Entry(away, "LoginIntervals", "days", ago, never, topic="away"),
        Entry(orders, "SpendDecline", "orders", bought, never, topic="orders"),
    ]
    told = pd.DataFrame(
        {
            "fact__away_days__all": [40.0, 3.0],
            "fact__usual_gap_days__364d": [4.0, 3.0],
            "fact__gaps__364d": [9.0, 12.0],
        },
        index=X.index,
    )
    return Explanation(values, 0.0, X, table(entries), Facts(told, reasons(frozenset())))


def explain(
    model: TreeModel,
    X: pd.DataFrame | Dataset,
    catalogue: pd.DataFrame | None = None,
    *,
    facts: Facts | None = None,
    time: Any = None,
    progress: bool | None = None,
) -> Explanation:
    """The SHAP values of a fitted model on some rows, joined to the catalogue of its features.

    `X` is the Dataset, with all that is needed, or a frame of the columns that the model was fitted
    on; then `catalogue` is that of its dataset, and `facts` (`Dataset.facts()`) are needed for
    reasons. `time` is the snapshot of each row, where the model needs it and X does not hold it.
    `progress` says whether a bar shows how far it is (None: where somebody watches). Raises
    ModelError if base and values do not add up to the model's raw score (S. Lundberg and S. Lee,
    2017, A Unified Approach to Interpreting Model Predictions: local accuracy).

    >>> from churnlab import Churn, ChurnClassifier, FeatureSet, Snapshots, build_dataset, datasets
    >>> activity = datasets.make_community(users=150, days=120).log().daily()
    >>> snapshots = Snapshots.at(activity, ["2026-03-01"], targets=[Churn(horizon=30)])
    >>> data = build_dataset(activity, snapshots, FeatureSet.of(["LoginIntervals"]))
    >>> model = ChurnClassifier(n_estimators=20).fit(data.X, data.y("churned"))
    >>> explain(model, data).reasons(1).shape == (len(data.X), 1)
    True
    """
    if isinstance(X, Dataset):
        catalogue = X.catalogue if catalogue is None else catalogue
        facts = X.facts() if facts is None and X.told_by is not None else facts
        X = model.select(X.X)
    if catalogue is None:
        catalogue = table([])
    with watched(progress):
        return _explained(model, X, catalogue, facts, time)


def _explained(
    model: TreeModel, X: pd.DataFrame, catalogue: pd.DataFrame, facts: Facts | None, time: Any
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
        facts,
        model.unit,
    )


def _check_additive(values: np.ndarray, base: float, raw: np.ndarray) -> None:
    total = values.sum(axis=1) + base
    worst = float(np.max(np.abs(total - raw) / np.maximum(1, np.abs(raw)), initial=0))
    if not worst <= _TOLERANCE:
        raise ModelError.from_not_additive(worst)
