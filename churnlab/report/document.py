"""A document: sections of text, lists, tables and pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import pandas as pd

from churnlab.evaluation.records import Titled


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Bullets:
    """A list of lines."""

    lines: tuple[str, ...]
    kind: ClassVar[str] = "bullets"


@dataclass(frozen=True)
class Picture:
    """A figure as a data: address; in Markdown its description alone."""

    uri: str
    alt: str
    width: int = 640
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True)
class Table:
    """Cells as text; `numbers` are the positions of columns that are set right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    kind: ClassVar[str] = "table"

    @classmethod
    def of(cls, frame: pd.DataFrame, digits: int = 3) -> Table:
        """A frame; numbers are rounded, what is not known is a dash."""
        numbers = frozenset(
            i for i, c in enumerate(frame) if pd.api.types.is_numeric_dtype(frame[c])
        )
        rows = tuple(tuple(cell(v, digits) for v in row) for row in frame.itertuples(index=False))
        return cls(tuple(str(c).replace("_", " ") for c in frame), rows, numbers)

    def markdown(self) -> str:
        """The table in Markdown."""
        rule = ["---:" if i in self.numbers else "---" for i in range(len(self.columns))]
        cells = [
            [escaped(c) for c in self.columns],
            rule,
            *([escaped(c) for c in row] for row in self.rows),
        ]
        return "\n".join(f"| {' | '.join(row)} |" for row in cells)


Block = Text | Bullets | Picture | Table


@dataclass(frozen=True)
class Section:
    """A title, what stands under it, and sections inside. An empty one shows that it is empty."""

    title: str
    blocks: tuple[Block, ...] = ()
    children: tuple[Section, ...] = ()


def escaped(text: str) -> str:
    """Text that Markdown takes as it is."""
    for mark in ("\\", "|", "<", "`", "*", "["):
        text = text.replace(mark, "\\" + mark)
    return " ".join(text.split())


class Tabled(Protocol):
    """A result that is shown as tables with notes."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is unsure, a sentence each."""

    def sections(self) -> list[Titled]:
        """The tables."""


def as_markdown(found: Tabled) -> str:
    """The tables of a result in Markdown, and its warnings as a list."""
    parts = [
        part
        for shown in found.sections()
        for part in (
            f"## {shown.title}",
            shown.before,
            Table.of(shown.frame).markdown(),
            shown.after,
        )
        if part
    ]
    return "\n\n".join([*parts, *(f"- {text}" for text in found.warnings)]) + "\n"


def markdown_lines(section: Section, level: int) -> Iterator[str]:
    """A section and those inside it in Markdown, a block an item."""
    yield f"{'#' * level} {escaped(section.title)}"
    for block in section.blocks:
        yield _markdown_block(block)
    for child in section.children:
        yield from markdown_lines(child, level + 1)
    if not section.blocks and not section.children:
        yield "*Nothing was given here.*"


def _markdown_block(block: Block) -> str:
    if isinstance(block, Text):
        return escaped(block.text)
    if isinstance(block, Bullets):
        return "\n".join(f"- {escaped(line)}" for line in block.lines)
    if isinstance(block, Picture):
        return f"*(picture in the HTML card: {escaped(block.alt)})*"
    return block.markdown()


def cell(value: Any, digits: int) -> str:
    """A value as text: numbers rounded, a dash for what is not known."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:,.{digits}f}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
