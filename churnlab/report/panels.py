"""Panels: small pictures side by side, as many in a row as the page is wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words
from churnlab.report.cards.blocks import Chart


@dataclass(frozen=True)
class Panels:
    """Charts with a title each.

    >>> print(Panels((("People", Chart(lambda language: None, "people by night")),)).markdown())
    *(picture in the HTML card: people by night)*
    """

    charts: tuple[tuple[Words, Chart], ...]
    kind: ClassVar[str] = "panels"

    def markdown(self, language: str = ENGLISH) -> str:
        """A line for each chart."""
        return "\n\n".join(chart.markdown(language) for _, chart in self.charts)
