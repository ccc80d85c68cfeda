"""Feature names and values in words, in any language that has a catalogue."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError
from churnlab.language.catalogues import ENGLISH, template_in
from churnlab.language.numbers import shown, understood
from churnlab.language.sentence import Column, Sentence, Words, names_in, parts, sentence

Read = Callable[[str], Any]


def in_words(name: str, language: str = ENGLISH) -> str:
    """A feature's name as people say it.

    >>> in_words("push__open_rate_change__14d_56d")
    'open rate change, last 14 days against the 56 before'
    """
    _, statistic, window = name.split("__") if name.count("__") == 2 else ("", name, "")
    what = Sentence(statistic.replace("_", " "))
    if window in ("", "static"):
        return what.text(language)
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


class Told:
    """A feature's sentences in a language, ready to be said of many rows.

    `says` is said of a row, `missing` of a row in which a value that `says` names is not known.
    Names that are no values of the sentence are columns of the row; `value` is the feature's own
    column, `own`. Raises ConfigError for a name that is neither, and for a template that cannot be
    filled.

    >>> says = sentence("{value:.0%} of {days} days", days=7)
    >>> told = Told(says, sentence("never active"), "cadence__share__7d", ["cadence__share__7d"])
    >>> told({"cadence__share__7d": 0.25}.get), told({"cadence__share__7d": float("nan")}.get)
    ('25% of 7 days', 'never active')
    """

    def __init__(
        self,
        says: Sentence,
        missing: Sentence,
        own: str,
        columns: Mapping[str, Any] | list[str],
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
        self.columns = {value.name for value in named if isinstance(value, Column)}
        self.pieces = self._pieces(values)

    def _pieces(self, values: Mapping[str, object]) -> list[tuple[str, str, str]]:
        """Text, the column that follows it ("" at the end) and its format."""
        pieces, text = [], ""
        for literal, name, spec in parts(template_in(self.language, self.says.template)):
            text += literal
            value = values.get(name) if name else None
            if isinstance(value, Column):
                pieces.append((text, value.name, spec))
                text = ""
            elif name:
                text += Sentence(f"{{{name}:{spec}}}", values).text(self.language)
        return [*pieces, (text, "", "")]

    def __call__(self, read: Read) -> str:
        """The sentence of a row; `read` gives the row's value of a column."""
        row = {column: read(column) for column in self.columns}
        if any(map(_unknown, row.values())):
            return self.missing
        said = []
        for text, column, spec in self.pieces:
            said.append(text)
            if column:
                said.append(self._shown(row[column], spec))
        return "".join(said)

    def _shown(self, value: Any, spec: str) -> str:
        try:
            if self.language == ENGLISH or not understood(spec):
                return format(value, spec)
            return shown(value, spec, self.language)
        except (TypeError, ValueError) as error:
            raise ConfigError.from_sentence(self.says.template) from error


def render(
    says: Words, missing: Words, row: Mapping[str, Any], value: Any, language: str = ENGLISH
) -> str:
    """A feature's sentence for one row; `missing` if a value that it names is not known.

    `says` may name `value` and features of the row; ConfigError otherwise.

    >>> render("opened {value:.0%} of pushes", "no push sent", {}, 0.25)
    'opened 25% of pushes'
    >>> render("opened {value:.0%} of pushes", "no push sent", {}, float("nan"))
    'no push sent'
    """
    both = [words if isinstance(words, Sentence) else Sentence(words) for words in (says, missing)]
    known = {**row, "value": value}
    return Told(*both, "value", known, language)(known.__getitem__)


def _unknown(value: Any) -> bool:
    if isinstance(value, float | np.floating):
        return math.isnan(value)
    return value is None or value is pd.NA or value is pd.NaT
