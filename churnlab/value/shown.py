"""What the results of this room share: sentences, tables, a picture and a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import TitledTable
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report.displays.display import Display
from churnlab.report.document import Bullets, Picture, Section
from churnlab.report.drawing import Axes, Figure
from churnlab.report.glance import Glance
from churnlab.report.page import Page


@dataclass(frozen=True, eq=False)
class Found:
    """Base of the results: a subclass gives `title`, `sentences`, `tables` and `display`.

    `currency` stands before amounts. In a notebook a result shows its sentences and tables;
    `plot` draws it; `page` is one HTML page of all three.
    """

    currency: str

    def title(self) -> Words:
        """What was looked at."""
        raise NotImplementedError

    def sentences(self) -> tuple[Words, ...]:
        """What was found, in sentences for people."""
        raise NotImplementedError

    def tables(self) -> tuple[TitledTable, ...]:
        """What was found, in tables for people."""
        raise NotImplementedError

    def display(self) -> Display:
        """What was found, to be drawn."""
        raise NotImplementedError

    def plot(
        self, ax: Axes | None = None, *, language: str = ENGLISH, width: float | None = None
    ) -> Display:
        """Draw it on `ax`, or on a new figure of a `width` in inches; labels are in `language`."""
        return self.display().plot(ax, language=language, width=width)

    def text(self, language: str = ENGLISH) -> str:
        """The sentences in a language, a line each."""
        return "\n".join(in_language(words, language) for words in self.sentences())

    def html(self, language: str = ENGLISH) -> str:
        """Sentences and tables for a cell of a notebook, in a language."""
        return Glance(self.title(), self.sentences(), self.tables()).html(language)

    def page(self) -> Page:
        """Sentences, picture and tables on one page, which needs no network."""
        picture = Picture(partial(_figure, self.display()), self.title())
        first = Section(sentence("At a glance"), (Bullets(self.sentences()), picture))
        rest = [Section(titled.title, _blocks(titled)) for titled in self.tables()]
        return Page(self.title(), "", "", (first, *rest))

    def _repr_html_(self) -> str:
        return self.html()


def _figure(display: Display, language: str) -> Figure:
    return display.plot(language=language).figure_


def _blocks(titled: TitledTable) -> tuple[Any, ...]:
    given = (titled.before, titled.table, titled.after)
    return tuple(Bullets((each,)) if not hasattr(each, "rows") else each for each in given if each)


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, JSON-ready: a missing value is None, words are English.

    >>> plain(pd.DataFrame({"n": [1], "share": [float("nan")], "name": ["ads"]}))
    [{'n': 1, 'share': None, 'name': 'ads'}]
    """
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    found = value.item() if isinstance(value, np.generic) else value
    if found is None or found is pd.NaT or (isinstance(found, float) and not np.isfinite(found)):
        return None
    return found if isinstance(found, bool | int | float) else str(found)


def share(value: float) -> Words:
    """A share in percent, with a decimal below a tenth; a dash where it is missing.

    >>> str(share(0.256)), str(share(0.034)), share(float("nan"))
    ('26%', '3.4%', '–')
    """
    if np.isnan(value):
        return UNKNOWN
    if abs(value) < 0.1:
        return sentence("{value:.1%}", value=value)
    return sentence("{value:.0%}", value=value)


def money(value: float, currency: str) -> Words:
    """An amount with its currency; a dash where it is missing.

    >>> str(money(1234.5, "¥")), money(float("nan"), "¥")
    ('¥1,234', '–')
    """
    if np.isnan(value):
        return UNKNOWN
    return sentence("{currency}{value:amount}", currency=currency, value=value)


def between(value: Words, low: Words, high: Words) -> Words:
    """A figure with the ends of its interval; the figure alone where it is missing.

    >>> str(between(money(5.0, "¥"), money(4.0, "¥"), money(7.0, "¥")))
    '¥5 [¥4, ¥7]'
    """
    if value == UNKNOWN or low == UNKNOWN:
        return value
    return sentence("{value} [{low}, {high}]", value=value, low=low, high=high)
