"""What results share: amounts, shares, intervals, plain values, the page."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.sentence import Words, sentence
from churnlab.report.displays.display import Display
from churnlab.report.drawing import Axes
from churnlab.value import shown


class Line(Display):
    def draw(self, axes: Axes, language: str) -> None:
        axes.plot([0, 1], [0, 1])


class Small(shown.Found):
    @property
    def title(self) -> Words:
        return sentence("Groups")

    def sentences(self) -> tuple[Words, ...]:
        return (sentence("yes"), "named <x>")

    def sections(self) -> list[TitledTable]:
        return [TitledTable("T", Table(("a",), (("1",),)), "before", "after")]

    def displays(self) -> tuple[Display, ...]:
        return (Line(),)


def test_a_result_is_text_html_a_page_and_a_picture() -> None:
    found = Small("¥")
    assert found.text() == "yes\nnamed <x>"
    page = found.page()
    html = page.html()
    assert "named &lt;x&gt;" in html and "data:image/png" in html
    assert "http" not in html.replace("http-equiv", "")
    assert "after" in found._repr_html_()
    assert found.plot(width=4).figure_.get_size_inches()[0] == 4
    assert "| a |" in page.markdown()


@pytest.mark.parametrize(
    ("value", "said"), [(0.5, "50%"), (0.034, "3.4%"), (0.0, "0.0%"), (np.nan, "–")]
)
def test_shares(value: float, said: str) -> None:
    assert str(shown.share(value)) == said


def test_amounts_and_intervals() -> None:
    assert str(shown.money(12.345, "$")) == "$12.35" or str(shown.money(12.345, "$")) == "$12.34"
    assert str(shown.between("–", "1", "2")) == "–"
    assert str(shown.between(shown.money(3, "$"), "–", "–")) == "$3"
