"""Results for a terminal: the title, the sentences, the tables and what is unsure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from churnlab.evaluation.tables import TitledTable
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language
from churnlab.report import terminal


class Told(Protocol):
    """A result that has a title, sentences, tables, and what to know before they are used."""

    @property
    def title(self) -> Words:
        """What the result is."""

    @property
    def warnings(self) -> tuple[Words, ...]:
        """What to know before the figures are used."""

    def sentences(self) -> tuple[Words, ...]:
        """What the figures say."""

    def sections(self) -> list[TitledTable]:
        """The figures as tables."""


def told(results: Iterable[Told], language: str = ENGLISH) -> Iterator[terminal.Shown]:
    """Texts and tables of results, one result after another.

    >>> list(told([]))
    []
    """
    for result in results:
        yield f"\n== {in_language(result.title, language)}"
        yield from (f"- {in_language(words, language)}" for words in result.sentences())
        for titled in result.sections():
            yield f"\n{in_language(titled.title, language)}"
            frame = titled.table.frame(language)
            yield terminal.table(tuple(frame), [tuple(row) for row in frame.to_numpy().tolist()])
        yield from terminal.unsure(in_language(words, language) for words in result.warnings)
