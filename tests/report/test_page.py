"""A page stands alone, in HTML and in Markdown, and nothing in it is run."""

from __future__ import annotations

from churnlab.report.document import Section, Text
from churnlab.report.page import Page

PAGE = Page("A <b>", "under | it", "mind", (Section("One", (Text("渠道"),)), Section("Two")))


def test_html_is_escaped_and_needs_nothing_else() -> None:
    html = PAGE.html()
    assert "<h1>A &lt;b&gt;</h1>" in html and "渠道" in html and "Nothing was given here." in html
    assert "default-src 'none'" in html and "<script" not in html
    assert PAGE._repr_html_().startswith('<iframe sandbox srcdoc="&lt;!doctype html&gt;')


def test_markdown_has_every_section() -> None:
    assert PAGE.markdown().split("\n\n") == [
        "# A \\<b>",
        "under \\| it",
        "> **mind**",
        "## One",
        "渠道",
        "## Two",
        "*Nothing was given here.*\n",
    ]
