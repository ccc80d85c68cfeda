"""Shown: what the results of this room share: a table, a plot, HTML in a notebook, plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report.displays.display import Display
from churnlab.report.document import Bullets, Picture, Section, Text
from churnlab.report.drawing import Axes
from churnlab.report.glance import Glance
from churnlab.report.page import Page

NOT_YET = sentence("not yet known")
_PIXELS = 560  # of a picture in a page: it is read on telephones, too
_INCHES = 5.8


class Shown:
    """Base of results: subclasses give a title, sentences, tables and displays."""

    @property
    def title(self) -> Words:
        """What the result is."""
        raise NotImplementedError

    def table(self) -> pd.DataFrame:
        """The figures as a DataFrame."""
        raise NotImplementedError

    def sentences(self) -> tuple[Words, ...]:
        """What the figures say, in sentences; in any language by `in_language`."""
        raise NotImplementedError

    def sections(self) -> list[TitledTable]:
        """Tables for people."""
        raise NotImplementedError

    def displays(self) -> tuple[Display, ...]:
        """What `plot` draws, the main one first."""
        raise NotImplementedError

    def pictured(self) -> tuple[Display, ...]:
        """The displays of a page: those that have something to draw."""
        return self.displays()

    @property
    def warnings(self) -> tuple[Words, ...]:
        """What to know before the figures are used."""
        return ()

    def plot(
        self, ax: Axes | None = None, *, language: str = ENGLISH, width: float | None = None
    ) -> Display:
        """Draw the main picture on `ax` or on a figure of its own; the display that was drawn.

        `width` is in inches. Raises ConfigError for a language without a catalogue.
        """
        return self.displays()[0].plot(ax, language=language, width=width)

    def html(self, language: str = ENGLISH) -> str:
        """The result as HTML for a cell of a notebook."""
        tables = tuple(self.sections())
        return Glance(self.title, self.sentences(), tables, self.warnings).html(language)

    def _repr_html_(self) -> str:
        return self.html()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({in_language(self.sentences()[0])})"

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain JSON values; what is not yet known is null."""
        said = {"says": [str(w) for w in self.sentences()], "notes": list(map(str, self.warnings))}
        return said | {"table": records(self.table())}

    def section(self) -> Section:
        """The result as a section of a page: sentences, pictures, tables."""
        pictures = tuple(
            _picture(shown, getattr(shown, "caption", self.title)) for shown in self.pictured()
        )
        blocks = (Bullets(self.sentences()), *pictures)
        tables = tuple(Section(t.title, _blocks(t)) for t in self.sections())
        notes = (Bullets(self.warnings),) if self.warnings else ()
        return Section(self.title, (*blocks, *notes), tables)


def _blocks(titled: TitledTable) -> tuple[Any, ...]:
    """A table with the text before and after it."""
    before, after = ((Text(words),) if words else () for words in (titled.before, titled.after))
    return (*before, titled.table, *after)


def page(
    title: Words, subtitle: Words, results: Sequence[Shown], notes: Sequence[Words] = ()
) -> Page:
    """Several results as one page that stands alone; `notes` say what could not be shown.

    >>> print(page("Retention", "", []).markdown())
    # Retention
    <BLANKLINE>
    <BLANKLINE>
    """
    sections = [result.section() for result in results]
    if notes:
        sections.append(Section(sentence("Left out"), (Bullets(tuple(notes)),)))
    return Page(title, subtitle, "", tuple(sections))


def _picture(shown: Display, alt: Words) -> Picture:
    def draw(language: str) -> Any:
        """The figure in a language."""
        return shown.plot(language=language, width=_INCHES).figure_

    return Picture(draw, alt, _PIXELS)


def clearest(gaps: pd.DataFrame, most: int = 3) -> Iterator[tuple[dict[str, Any], Any, Any]]:
    """The largest differences beyond chance: the row, the group that has more, and the other.

    `gaps` has one, other, difference and beyond_chance; no row where it is empty.

    >>> gaps = pd.DataFrame({"one": ["a"], "other": ["b"], "difference": [-0.1],
    ...                      "beyond_chance": [True]})
    >>> [(more, less) for _, more, less in clearest(gaps)]
    [('b', 'a')]
    """
    if gaps.empty:
        return
    clear = gaps[gaps["beyond_chance"].astype(bool)]
    order = clear["difference"].abs().sort_values(ascending=False, kind="stable").index
    for row in clear.loc[order].head(most).to_dict("records"):
        pair = (row["one"], row["other"])
        yield (row, *(pair if row["difference"] > 0 else pair[::-1]))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain values: days as text, missing values null, words in English.

    >>> records(pd.DataFrame({"day": [pd.Timestamp("2026-03-01")], "share": [float("nan")]}))
    [{'day': '2026-03-01', 'share': None}]
    """
    return [{str(k): plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def plain(value: Any) -> Any:
    """One value, and what is in a mapping, as `records` gives it.

    >>> plain({"share": np.float64("nan"), "name": sentence("everybody")})
    {'share': None, 'name': 'everybody'}
    """
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    found = value.item() if isinstance(value, np.generic) else value
    if isinstance(found, bool | int):
        return found
    if isinstance(found, float):
        return found if math.isfinite(found) else None
    if found is None or found is pd.NaT or found is pd.NA:
        return None
    return str(found.date() if isinstance(found, pd.Timestamp) else found)


def share_words(
    value: float, low: float = math.nan, high: float = math.nan, unknown: Words = NOT_YET
) -> Words:
    """A share with its interval, or `unknown`.

    >>> str(share_words(0.25, 0.2, 0.31)), str(share_words(float("nan")))
    ('25.0% [20.0%, 31.0%]', 'not yet known')
    """
    if math.isnan(value):
        return unknown
    if math.isnan(low):
        return sentence("{value:.1%}", value=value)
    return sentence("{value:.1%} [{low:.1%}, {high:.1%}]", value=value, low=low, high=high)


def money_words(value: float, low: float, high: float) -> Words:
    """A mean of money with its interval, where there is one; a dash where it is missing.

    >>> str(money_words(1234.5, 1200, 1269)), str(money_words(7, math.nan, math.nan))
    ('1,234.50 [1,200.00, 1,269.00]', '7.00')
    """
    if math.isnan(value):
        return UNKNOWN
    if math.isnan(low):
        return sentence("{value:,.2f}", value=value)
    return sentence("{value:,.2f} [{low:,.2f}, {high:,.2f}]", value=value, low=low, high=high)


def points_words(value: float, low: float, high: float) -> Words:
    """A difference of shares in points of percent, with its interval; a dash where it is missing.

    >>> str(points_words(0.021, -0.004, 0.046))
    '+2.1 points [-0.4, +4.6]'
    """
    if math.isnan(value):
        return UNKNOWN
    ends = {"value": 100 * value, "low": 100 * low, "high": 100 * high}
    return sentence("{value:+.1f} points [{low:+.1f}, {high:+.1f}]", **ends)


def p_words(value: float) -> Words:
    """A corrected p value; a dash where it is missing.

    >>> str(p_words(0.0312)), p_words(1e-9), p_words(float("nan"))
    ('0.031', '< 0.001', '–')
    """
    if math.isnan(value):
        return UNKNOWN
    return "< 0.001" if value < 0.001 else sentence("{value:.3f}", value=value)


def words_table(columns: Mapping[str, Words], rows: Sequence[Mapping[str, Words]]) -> Table:
    """Rows of words as a table; all columns but those of names are numbers.

    >>> words_table({"cohort": "cohort", "size": "people"}, [{"cohort": "a", "size": "7"}]).rows
    (('a', '7'),)
    """
    cells = tuple(tuple(row[name] for name in columns) for row in rows)
    numbers = frozenset(i for i, name in enumerate(columns) if name not in NAMES)
    return Table(tuple(columns.values()), cells, numbers)


NAMES = frozenset({"cohort", "group", "grouping", "who", "period", "step", "node", "against"})


def count_words(value: int) -> Words:
    """A count of people.

    >>> str(count_words(1900))
    '1,900'
    """
    return sentence("{value:,}", value=int(value))


def several(words: Iterator[Words]) -> tuple[Words, ...]:
    """The words that are not empty.

    >>> several(iter(["", "a"]))
    ('a',)
    """
    return tuple(w for w in words if w != "")
