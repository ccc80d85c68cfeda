"""What a card shows besides text: each block has a form in Markdown."""

from __future__ import annotations

from churnlab.evaluation.tables import Table
from churnlab.report.cards.blocks import Chart, Folded, Glossary, Large, LargeFigures, Slider
from churnlab.report.document import Section, Text, markdown_parts
from churnlab.report.drawing import new_figure

TABLE = Table(("share",), (("5%",),))


def test_each_block_has_a_form_in_markdown() -> None:
    blocks = (
        LargeFigures((Large("12%", "of them | leave"),)),
        Chart(lambda language: new_figure()[0], "what it shows"),
        Slider("share", (), (), "reach", 0, TABLE),
        Folded("more", (Text("inside"),)),
        Glossary((("list", "all people"),)),
    )
    assert list(markdown_parts(Section("all", blocks), 1)) == [
        "# all",
        "- **12%** of them \\| leave",
        "*(picture in the HTML card: what it shows)*",
        "| share |\n| --- |\n| 5% |",
        "### more\n\ninside",
        "- **list**: all people",
    ]


def test_a_chart_is_svg_whose_text_is_text() -> None:
    figure, axes = new_figure()
    axes.set_xlabel("渠道 a&b")
    svg = Chart(lambda language: figure, "渠道").svg("zh")
    assert svg.startswith("<svg") and "渠道 a&amp;b</text>" in svg
    assert "<?xml" not in svg and "var(--grey" in svg
