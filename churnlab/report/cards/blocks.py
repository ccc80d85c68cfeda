"""What a card shows besides text and tables: large figures, charts, the slider, folded parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from churnlab.evaluation.tables import Table
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report.document import Block, Drawing, escaped, markdown_parts, table_markdown
from churnlab.report.drawing import svg


@dataclass(frozen=True)
class Large:
    """A large figure and what it is."""

    figure: Words
    says: Words


@dataclass(frozen=True)
class LargeFigures:
    """Large figures beside each other."""

    figures: tuple[Large, ...]
    kind: ClassVar[str] = "large"

    def markdown(self, language: str = ENGLISH) -> str:
        """A line for each.

        >>> print(LargeFigures((Large("12%", "of them leave"),)).markdown())
        - **12%** of them leave
        """
        lines = (
            (escaped(in_language(words, language)) for words in (one.figure, one.says))
            for one in self.figures
        )
        return "\n".join(f"- **{figure}** {says}" for figure, says in lines)


@dataclass(frozen=True)
class Chart:
    """A figure, drawn by `draw(language)`, as SVG whose text is text, and what it shows."""

    draw: Drawing
    alt: Words
    kind: ClassVar[str] = "chart"

    def svg(self, language: str = ENGLISH) -> str:
        """The figure in a language, for the inside of a page."""
        return svg(self.draw(language))

    def markdown(self, language: str = ENGLISH) -> str:
        """What it shows.

        >>> print(Chart(lambda language: None, "told against left").markdown())
        *(picture in the HTML card: told against left)*
        """
        said = sentence("picture in the HTML card: {alt}", alt=self.alt)
        return f"*({escaped(in_language(said, language))})*"


@dataclass(frozen=True)
class Slider:
    """A slider over the rows of a record, and the table that stands in its place without script.

    `outputs` are a title and the name of a value of each row, `source` is the path of the rows,
    `rows` are the rows as data. `start` is the place of the row that is shown first,
    `sign` stands before amounts of money.
    """

    title: Words
    outputs: tuple[tuple[Words, str, str], ...]
    rows: tuple[dict[str, Any], ...]
    source: str
    start: int
    table: Table
    sign: str = ""
    kind: ClassVar[str] = "slider"

    def markdown(self, language: str = ENGLISH) -> str:
        """The table."""
        return table_markdown(self.table, language)


@dataclass(frozen=True)
class Folded:
    """Blocks that are shown when their title is opened."""

    title: Words
    blocks: tuple[Block | Any, ...]
    kind: ClassVar[str] = "folded"

    def markdown(self, language: str = ENGLISH) -> str:
        """The title and the blocks.

        >>> print(Folded("All figures", ()).markdown())
        ### All figures
        """
        return "\n\n".join(self._parts(language))

    def _parts(self, language: str) -> Iterator[str]:
        from churnlab.report.document import Section

        found = list(markdown_parts(Section(self.title, self.blocks), 3, language))
        yield from found if self.blocks else found[:1]


@dataclass(frozen=True)
class Glossary:
    """Terms with their meanings."""

    terms: tuple[tuple[Words, Words], ...]
    kind: ClassVar[str] = "glossary"

    def markdown(self, language: str = ENGLISH) -> str:
        """A line for each term.

        >>> print(Glossary((("baseline", "a simple rule"),)).markdown())
        - **baseline**: a simple rule
        """
        lines = ((escaped(in_language(words, language)) for words in pair) for pair in self.terms)
        return "\n".join(f"- **{term}**: {says}" for term, says in lines)
