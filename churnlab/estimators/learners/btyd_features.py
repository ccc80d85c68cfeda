"""BTYDFeatures: expectations of the buy-till-you-die models as feature columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from churnlab import btyd
from churnlab.btyd.fitting import spread
from churnlab.btyd.statistics import COLUMNS, Statistics, lacking
from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.estimators.learners import as_fitted
from churnlab.features.catalogue import Entry, table
from churnlab.language.sentence import Sentence, sentence, template

_SMALLEST_SAMPLE = 1000


@dataclass(frozen=True)
class _Kind:
    """A kind of transaction: the word in its columns, the unit, sentences and templates.

    `topic` is that of its columns.
    """

    word: str
    unit: str
    alive: Sentence
    expected: str
    none: str
    missing: Sentence
    topic: str


_KINDS = {
    "acts": _Kind(
        word="days",
        unit="active days",
        alive=sentence(
            "not gone for good with {value:.0%}, judged by past active days (an estimate)"
        ),
        expected=template("{value:.2f} active days expected in the next {days} days"),
        none=template("no active days in the next {days} days with {value:.0%}"),
        missing=sentence("never active"),
        topic="gone",
    ),
    "orders": _Kind(
        word="orders",
        unit="orders",
        alive=sentence("not gone for good with {value:.0%}, judged by past orders (an estimate)"),
        expected=template("{value:.2f} orders expected in the next {days} days"),
        none=template("no orders in the next {days} days with {value:.0%}"),
        missing=sentence("no order so far"),
        topic="gone_buyer",
    ),
}


class BTYDFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Expectations of a buy-till-you-die model and of Gamma-Gamma, one column each.

    Each row's expectations come from its history before its own snapshot t; no label and nothing
    after t is read.

    model: "mbg_nbd", "bg_nbd" or "pareto_nbd". horizons: days ahead. kinds: "acts" (active days)
    and "orders"; None takes those whose columns X has. least: people needed to fit; with fewer the
    columns are missing. most: rows to fit on at most, evenly spread; at least 1,000.

    After fit, `models_` holds the model of each kind, `money_` the GammaGamma (or None), and
    `reasons_` why a kind, or "money", was not fitted.

    >>> rng = np.random.default_rng(0)
    >>> days = rng.integers(1, 9, 200).astype(float)
    >>> X = pd.DataFrame({
    ...     "cadence__active_days__all": days,
    ...     "lifecycle__tenure_days__all": 100.0,
    ...     "cadence__since_last_days__all": np.where(days > 1, 30.0, 100.0),
    ... })
    >>> list(BTYDFeatures(horizons=(30,)).fit(X).transform(X))
    ['btyd__alive_days__all', 'btyd__expected_days_30d__all', 'btyd__no_days_30d__all']
    """

    models_: dict[str, Any]
    money_: btyd.GammaGamma | None
    reasons_: dict[str, str]

    def __init__(
        self,
        model: str = "mbg_nbd",
        *,
        horizons: tuple[int, ...] = (30, 90),
        kinds: tuple[str, ...] | None = None,
        least: int = 50,
        most: int = 30_000,
    ) -> None:
        self.model = model
        self.horizons = horizons
        self.kinds = kinds
        self.least = least
        self.most = most

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """The transformer fitted on the rows' histories; y is not read.

        Rows of one person (index level user_id) together weigh as much as one row. FrameError when
        X lacks the columns of a kind that was asked for, ConfigError for parameters out of range.
        """
        self._check()
        self.models_ = {}
        self.money_ = None
        self.reasons_ = {}
        as_fitted.note(self, ["model"])
        for kind in COLUMNS if self.kinds is None else self.kinds:
            missing = lacking(X, kind)
            if missing and self.kinds is not None:
                raise FrameError.from_missing_columns("X", missing, getattr(X, "columns", ()))
            if missing:
                self.reasons_[kind] = f"no column {missing[0]}"
            else:
                self._fit_kind(X, kind)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """The new columns, float64, with the index of X.

        NaN where a person has no history or no model was fitted. FrameError when X lacks a column.
        """
        as_fitted.check(self)
        found = [
            values
            for kind in self.models_
            for values in self._values(kind, btyd.statistics(X, kind))
        ]
        return pd.DataFrame(
            dict(zip(self.get_feature_names_out(), found, strict=True)),
            index=X.index,
            dtype=np.float64,
        )

    def _values(self, kind: str, s: Statistics) -> list[np.ndarray]:
        """The new columns of a kind, in the order of `_columns`."""
        model = self.models_[kind]
        money = self.money_
        nothing = np.full(len(s.age), np.nan)
        times = [nothing] * (1 + 2 * len(self.horizons))
        if model is not None:
            times = list(model.outlook(s.repeats, s.last, s.age, self.horizons))
        if kind != "orders":
            return times
        worth = nothing
        if money is not None:
            worth = np.where(np.isfinite(s.age), money.expected_value(s.valued, s.value), np.nan)
        return [*times, worth, *(expected * worth for expected in times[1::2])]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The names of the new columns, object[q]; `input_features` is not read."""
        as_fitted.check(self)
        return np.array([c.name for c in self._columns()], dtype=object)

    def catalogue(self) -> pd.DataFrame:
        """One row a new column, with the columns of `features.catalogue`."""
        as_fitted.check(self)
        return table(self._columns())

    def to_dict(self) -> dict[str, Any]:
        """Parameters and fitted models as plain JSON values; `from_dict` reads them back."""
        as_fitted.check(self)
        params = self.get_params() | {
            "horizons": list(self.horizons),
            "kinds": None if self.kinds is None else list(self.kinds),
        }
        return {
            "params": params,
            "models": {k: None if m is None else asdict(m) for k, m in self.models_.items()},
            "money": None if self.money_ is None else asdict(self.money_),
            "reasons": dict(self.reasons_),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The fitted transformer that `to_dict` wrote down."""
        params = dict(state["params"])
        params["horizons"] = tuple(params["horizons"])
        params["kinds"] = None if params["kinds"] is None else tuple(params["kinds"])
        made = cls(**params)
        made._check()
        made.models_ = {
            kind: None if fields is None else btyd.MODELS[made.model](**fields)
            for kind, fields in state["models"].items()
        }
        made.money_ = None if state["money"] is None else btyd.GammaGamma(**state["money"])
        made.reasons_ = dict(state["reasons"])
        as_fitted.note(made, ["model"])
        return made

    def _check(self) -> None:
        if self.model not in btyd.MODELS:
            raise ConfigError.from_unknown("model", self.model, btyd.MODELS)
        for kind in self.kinds or ():
            if kind not in COLUMNS:
                raise ConfigError.from_unknown("kind of transaction", kind, COLUMNS)
        if not self.horizons or min(self.horizons) < 1 or any(h != int(h) for h in self.horizons):
            raise ConfigError.from_range("horizons", self.horizons, "whole days, at least 1")
        if self.most < _SMALLEST_SAMPLE:
            raise ConfigError.from_range("most", self.most, "at least 1000")

    def _fit_kind(self, X: pd.DataFrame, kind: str) -> None:
        self.models_[kind] = None
        s = btyd.statistics(X, kind)
        known = np.flatnonzero(np.isfinite(s.age))
        people = round(float(s.weights[known].sum()))
        if people < self.least:
            self.reasons_[kind] = f"{people} people with a history, {self.least} are needed"
            return
        at = known[spread(len(known), self.most)]
        try:
            self.models_[kind] = btyd.MODELS[self.model].fit(
                s.repeats[at], s.last[at], s.age[at], s.weights[at]
            )
        except HistoryError as error:
            self.reasons_[kind] = str(error)
        if kind == "orders":
            self._fit_money(s, at)

    def _fit_money(self, s: Statistics, at: np.ndarray) -> None:
        try:
            self.money_ = btyd.GammaGamma.fit(s.valued[at], s.value[at], s.weights[at])
        except HistoryError as error:
            self.reasons_["money"] = str(error)

    def _columns(self) -> Iterator[Entry]:
        for kind in self.models_:
            yield from _columns(_KINDS[kind], self.horizons)


def _columns(kind: _Kind, horizons: tuple[int, ...]) -> Iterator[Entry]:
    """The new columns of a kind of transaction, with their sentences."""

    def entry(name: str, unit: str, says: Sentence, topic: str = kind.topic) -> Entry:
        """One column in the words of the catalogue."""
        made_by = BTYDFeatures.__name__
        return Entry(f"btyd__{name}__all", made_by, unit, says, kind.missing, topic=topic)

    yield entry(f"alive_{kind.word}", "probability", kind.alive)
    for h in horizons:
        yield entry(f"expected_{kind.word}_{h}d", kind.unit, sentence(kind.expected, days=h))
        yield entry(f"no_{kind.word}_{h}d", "probability", sentence(kind.none, days=h))
    if kind.word != "orders":
        return
    order_value = sentence("an order of {value:,.2f} expected")
    yield entry("order_value", "money an order", order_value, "spending")
    for h in horizons:
        spending = sentence("{value:,.2f} of spending expected in the next {days} days", days=h)
        yield entry(f"expected_spend_{h}d", "money", spending, "spending")
