"""A document: sections of text, lists, tables and pictures, in any language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report import drawing, plots

EMPTY = sentence("Nothing was given here.")
Drawing = Callable[[str], drawing.Figure]
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")  # also turns of direction
_INLINE = re.compile(r"[\\|<`*\[~]|&(?=#?\w+;)|(?<!\w)_|_(?!\w)")
_BLOCK = re.compile(r"^(?:(?:#+|[-+]|\d+[.)])(?= |$)|>|(?:-+|=+)$)")  # at the beginning of a line


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: Words
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Bullets:
    """A list of lines."""

    lines: tuple[Words, ...]
    kind: ClassVar[str] = "bullets"


@dataclass(frozen=True)
class Picture:
    """A figure, drawn by `draw(language)`, and what it shows; Markdown has the latter alone."""

    draw: Drawing
    alt: Words
    width: int = 640
    kind: ClassVar[str] = "figure"
    _drawn: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def uri(self, language: str = ENGLISH) -> str:
        """The figure in a language as a data: address; it is drawn once."""
        if language not in self._drawn:
            self._drawn[language] = plots.data_uri(self.draw(language))
        return self._drawn[language]


@dataclass(frozen=True)
class InLanguage:
    """A block that is made for each language, of results whose text comes in that language."""

    make: Callable[[str], Text | Bullets | Table]


Block = Text | Bullets | Picture | Table | InLanguage


@dataclass(frozen=True)
class Section:
    """A title, the blocks under it, and sections inside. An empty one shows that it is empty.

    A block is a `Block`, or anything else with `kind` and `markdown(language)`.
    """

    title: Words
    blocks: tuple[Any, ...] = ()
    children: tuple[Section, ...] = ()


def block_in(block: Block, language: str = ENGLISH) -> Text | Bullets | Picture | Table:
    """A block, made for the language where it has to be.

    >>> block_in(InLanguage(lambda language: Text(f"written in {language}")), "de").text
    'written in de'
    """
    return block.make(language) if isinstance(block, InLanguage) else block


def escaped(text: str) -> str:
    r"""Text without any meaning in Markdown, in one line.

    >>> print(escaped("risk | [0.1, 0.2]"), escaped("1. _x_"))
    risk \| \[0.1, 0.2] 1\. \_x\_
    """
    line = " ".join(_UNSEEN.sub(" ", text).split())
    plain = _INLINE.sub(r"\\\g<0>", line)
    return _BLOCK.sub(lambda mark: f"{mark[0][:-1]}\\{mark[0][-1]}", plain)


class Tabled(Protocol):
    """A result that is shown as tables with notes."""

    @property
    def warnings(self) -> tuple[Words, ...]:
        """A sentence for each reason why the figures are unsure."""

    def sections(self) -> list[TitledTable]:
        """The tables."""


def as_markdown(found: Tabled, language: str = ENGLISH) -> str:
    """The tables of a result in Markdown, and its warnings as a list."""
    parts = []
    for shown in found.sections():
        parts.append(f"## {in_language(shown.title, language)}")
        parts.append(in_language(shown.before, language))
        parts.append(table_markdown(shown.table, language))
        parts.append(in_language(shown.after, language))
    notes = [f"- {in_language(words, language)}" for words in found.warnings]
    return "\n\n".join([*filter(None, parts), *notes]) + "\n"


def table_markdown(table: Table, language: str = ENGLISH) -> str:
    """A table in Markdown.

    >>> print(table_markdown(Table(("day", "rows"), (("Monday", "12"),), numbers=frozenset({1}))))
    | day | rows |
    | --- | ---: |
    | Monday | 12 |
    """
    rule = ["---:" if i in table.numbers else "---" for i in range(len(table.columns))]
    head, *body = (
        [escaped(in_language(words, language)) for words in row]
        for row in (table.columns, *table.rows)
    )
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *body))


def markdown_parts(section: Section, level: int, language: str = ENGLISH) -> Iterator[str]:
    """The title and each block of a section and of those inside it, in Markdown."""
    yield f"{'#' * level} {escaped(in_language(section.title, language))}"
    for block in section.blocks:
        yield _block_markdown(block, language)
    for child in section.children:
        yield from markdown_parts(child, level + 1, language)
    if not section.blocks and not section.children:
        yield f"*{in_language(EMPTY, language)}*"


def _block_markdown(found: Block, language: str) -> str:
    if hasattr(found, "markdown"):
        return str(found.markdown(language))
    block = block_in(found, language)
    if isinstance(block, Text):
        return escaped(in_language(block.text, language))
    if isinstance(block, Bullets):
        return "\n".join(f"- {escaped(in_language(line, language))}" for line in block.lines)
    if isinstance(block, Picture):
        said = sentence("picture in the HTML card: {alt}", alt=block.alt)
        return f"*({escaped(in_language(said, language))})*"
    return table_markdown(block, language)
