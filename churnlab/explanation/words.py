"""Feature names and values in words, in any language that has a catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError
from churnlab.language.catalogues import ENGLISH, template_in
from churnlab.language.numbers import shown, understood
from churnlab.language.sentence import Column, Sentence, names_in, parts, sentence
from churnlab.schema.names import as_column


def in_words(name: str, language: str = ENGLISH, given: Iterable[str] = ()) -> str:
    """A feature's name as people say it, with names of the user's, `given`, as they were given.

    >>> in_words("push__open_rate_change__14d_56d")
    'open rate change, last 14 days against the 56 before'
    >>> in_words("role__n_347fa28b3b_sum__28d", given=["签到"])
    '签到 sum, 28 days'
    """
    _, statistic, window = name.split("__") if name.count("__") == 2 else ("", name, "")
    what = _statistic(statistic, language, given)
    if window in ("", "static"):
        return what
    if window == "all":
        return sentence("{what}, so far", what=what).text(language)
    days = [part.removesuffix("d") for part in window.split("_")]
    if len(days) == 1:
        return sentence("{what}, {days} days", what=what, days=days[0]).text(language)
    return sentence(
        "{what}, last {recent} days against the {before} before",
        what=what,
        recent=days[0],
        before=days[1],
    ).text(language)


def as_given(name: str, given: Iterable[str]) -> str:
    """A feature's name in which names of the user's, `given`, are written as they were given.

    >>> as_given("role__n_347fa28b3b_sum__28d", ["签到"])
    'role__签到_sum__28d'
    """
    for other in given:
        name = name.replace(as_column(other), other, 1)
    return name


def _statistic(statistic: str, language: str, given: Iterable[str]) -> str:
    """The middle of a feature's name in words."""
    for name in given:
        before, found, after = statistic.partition(as_column(name))
        if found:
            return f"{before.replace('_', ' ')}{name}{after.replace('_', ' ')}"
    return Sentence(statistic.replace("_", " ")).text(language)


class Told:
    """A feature's sentences in a language, ready to be said of many rows.

    `says` is said of a row, `missing` of a row in which a value that `says` names is not known.
    Names that are no values of the sentence are columns of the row; `value` is the feature's own
    column, `own`. Raises ConfigError for a name that is neither, and for a template that cannot be
    filled.

    >>> says = sentence("{value:.0%} of {days} days", days=7)
    >>> told = Told(says, sentence("never active"), "cadence__share__7d", ["cadence__share__7d"])
    >>> told({"cadence__share__7d": [0.25, float("nan")]})
    ['25% of 7 days', 'never active']
    """

    def __init__(
        self,
        says: Sentence,
        missing: Sentence,
        own: str,
        columns: Iterable[str],
        language: str = ENGLISH,
    ) -> None:
        self.says = says
        self.language = language
        self.missing = missing.text(language)
        values = {"value": Column(own), **{name: Column(name) for name in columns}, **says.values}
        for name in names_in(says.template):
            if name not in values:
                raise ConfigError.from_unknown("name in a sentence", name, values)
        named = [values[name] for name in names_in(says.template)]
        self.columns = list(dict.fromkeys(v.name for v in named if isinstance(v, Column)))
        self.pieces = self._pieces(values)

    def _pieces(self, values: Mapping[str, object]) -> list[tuple[str, int | None, str]]:
        """Text, the place of the column that follows it (None at the end) and its format."""
        pieces: list[tuple[str, int | None, str]] = []
        text = ""
        for literal, name, spec in parts(template_in(self.language, self.says.template)):
            text += literal
            value = values.get(name) if name else None
            if isinstance(value, Column):
                pieces.append((text, self.columns.index(value.name), spec))
                text = ""
            elif name:
                text += Sentence(f"{{{name}:{spec}}}", values).text(self.language)
        return [*pieces, (text, None, "")]

    def __call__(self, columns: Mapping[str, Sequence[Any] | np.ndarray]) -> list[str]:
        """The sentence of each row; `columns` has the values of at least the columns named."""
        if not self.columns:
            return ["".join(text for text, _, _ in self.pieces)] * len(next(iter(columns.values())))
        named = [np.asarray(columns[name], object) for name in self.columns]
        unknown = np.logical_or.reduce([pd.isna(column) for column in named])
        known = [column[~unknown] for column in named]
        said = np.full(len(unknown), self.missing, object)
        said[~unknown] = self._said(known, int((~unknown).sum()))
        return said.tolist()

    def _said(self, named: list[np.ndarray], rows: int) -> np.ndarray:
        """The sentences of rows in which all is known; each different value is written once."""
        said = np.full(rows, "", object)
        for text, place, spec in self.pieces:
            said = said + text
            if place is not None:
                codes, values = pd.factorize(named[place])
                shown = [self._shown(value, spec) for value in values]
                said = said + np.array([*shown, ""], object)[codes]
        return said

    def _shown(self, value: Any, spec: str) -> str:
        try:
            if isinstance(value, str) or not understood(spec):
                return format(value, spec)
            return shown(value, spec, self.language)
        except (TypeError, ValueError) as error:
            raise ConfigError.from_sentence(self.says.template) from error
