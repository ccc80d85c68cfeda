"""Glance: what a result shows of itself in a notebook; small, escaped and of bounded size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.catalogues import ENGLISH
from churnlab.language.printable import printable
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report.rendering import environment

MOST_ROWS = 12
MOST_LINES = 8
_LONGEST = 80


@dataclass(frozen=True)
class Glance:
    """A title, lines of text under it, tables, and notes at the end.

    Texts that are longer than eighty signs are cut, signs that do not show or turn the direction of
    reading are written out, and of long tables and lists the first part is shown.

    >>> print(Glance("Snapshots", ("2 rows",)).html().splitlines()[-3:])
    ['<b class="title">Snapshots</b>', '<p>2 rows</p>', '</div>']
    """

    title: Words
    lines: tuple[Words, ...] = ()
    tables: tuple[TitledTable, ...] = ()
    notes: tuple[Words, ...] = ()

    def html(self, language: str = ENGLISH) -> str:
        """HTML for a cell of a notebook, in a language."""
        tables = [(titled, *_first(titled.table)) for titled in self.tables]
        template = environment().get_template("glance.html.j2")
        return template.render(
            glance=self,
            tables=tables,
            notes=self.notes[:MOST_LINES],
            more_notes=_more(len(self.notes) - MOST_LINES),
            say=partial(in_language, language=language),
            brief=partial(_brief, language=language),
        )


def facts(rows: Sequence[tuple[Words, Words]], title: Words = "") -> TitledTable:
    """Names and values as a table without headings; those without a value are left out.

    >>> [row[1] for row in facts([("people", "7"), ("days", "")]).table.rows]
    ['7']
    """
    known = tuple((name, value) for name, value in rows if value != "")
    return TitledTable(title, Table((), known, numbers=frozenset({1})))


def _first(table: Table) -> tuple[tuple[tuple[Words, ...], ...], Words]:
    """The first rows of a table, and how many more there are."""
    return table.rows[:MOST_ROWS], _more(len(table.rows) - MOST_ROWS)


def _more(count: int) -> Words:
    return sentence("and {count:,} more", count=count) if count > 0 else ""


def _brief(words: Words, language: str) -> str:
    """Words of a cell in one short line."""
    said = in_language(words, language)
    cut = printable(said[: _LONGEST + 1])
    return cut if len(cut) <= _LONGEST else cut[: _LONGEST - 1] + "…"
