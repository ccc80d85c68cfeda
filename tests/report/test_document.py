"""Documents: sections in both forms, tables in Markdown, results as tables."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.sentence import Words, sentence
from churnlab.report import drawing, plots
from churnlab.report.document import (
    Bullets,
    InLanguage,
    Picture,
    Section,
    Text,
    as_markdown,
    escaped,
    markdown_parts,
    table_markdown,
)
from churnlab.report.page import Page

TABLE = Table(("day", "rows | people"), (("Monday", "12"), ("<b>", "1")), numbers=frozenset({1}))


def test_sections_nest_in_both_forms() -> None:
    inner = Section("two", (), (Section("three", (Text("deep"),)),))
    page = Page("t", "s", "", (Section("one", (), (inner,)),))
    assert "<h4>three</h4><p>deep</p>" in page.html().replace("\n", "")
    assert list(markdown_parts(page.sections[0], 2)) == ["## one", "### two", "#### three", "deep"]


def test_every_block_has_a_form_in_markdown() -> None:
    picture = Picture(lambda language: plots.signals(pd.Series({"a": 1.0})), "what it shows")
    made = InLanguage(lambda language: Text(f"in {language}"))
    section = Section("all", (Text("a"), Bullets(("b", "c")), picture, TABLE, made))
    assert list(markdown_parts(section, 1, "en")) == [
        "# all",
        "a",
        "- b\n- c",
        "*(picture in the HTML card: what it shows)*",
        table_markdown(TABLE),
        "in en",
    ]


def test_a_table_is_aligned_and_escaped() -> None:
    assert table_markdown(TABLE).splitlines() == [
        "| day | rows \\| people |",
        "| --- | ---: |",
        "| Monday | 12 |",
        "| \\<b> | 1 |",
    ]


@pytest.mark.parametrize("mark", ["\\", "|", "<", "`", "*", "[", "~"])
def test_marks_of_markdown_are_escaped(mark: str) -> None:
    assert escaped(f"a {mark}\n b") == f"a \\{mark} b"


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00"])
def test_a_name_with_the_end_of_a_line_is_one_cell_of_one_row(end: str) -> None:
    table = Table((f"na{end}me", "n"), ((f"a{end}|{end}b", "1"),), numbers=frozenset({1}))
    found = table_markdown(table)
    assert found.splitlines()[0] == "| na me | n |" and found.splitlines()[2] == "| a \\| b | 1 |"
    assert len(found.splitlines()) == 3


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("# a", "\\# a"),
        ("1. a", "1\\. a"),
        ("- a", "\\- a"),
        ("> a", "\\> a"),
        ("---", "--\\-"),
        ("__x__ &lt;b&gt;", "\\__x_\\_ \\&lt;b\\&gt;"),
        ("a\u202eb", "a b"),
        ("-0.5", "-0.5"),
        ("12.5", "12.5"),
        ("session__a__28d & 渠道", "session__a__28d & 渠道"),
    ],
)
def test_a_text_begins_nothing_and_ends_nothing(given: str, found: str) -> None:
    assert escaped(given) == found


def test_a_picture_is_drawn_once_for_each_language() -> None:
    asked: list[str] = []

    def draw(language: str) -> drawing.Figure:
        asked.append(language)
        return plots.signals(pd.Series({"a": 1.0}))

    picture = Picture(draw, "bars")
    assert picture.uri("en") == picture.uri("en") and asked == ["en"]


@dataclass(frozen=True)
class Found:
    warnings: tuple[Words, ...] = (sentence("{rows:,} rows only", rows=1200),)

    def sections(self) -> list[TitledTable]:
        return [
            TitledTable("Days", TABLE, before="asked", after="answered"),
            TitledTable("Rest", TABLE),
        ]


def test_a_result_is_its_tables_and_its_warnings() -> None:
    shown = table_markdown(TABLE)
    assert as_markdown(Found()).split("\n\n") == [
        "## Days",
        "asked",
        shown,
        "answered",
        "## Rest",
        shown,
        "- 1,200 rows only\n",
    ]
