"""What a result shows in a notebook: escaped, of bounded size, in any language."""

from __future__ import annotations

from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.sentence import sentence
from churnlab.report.glance import MOST_LINES, MOST_ROWS, Glance, facts

LONG = "x" * 1_000_000


def of_rows(*rows: tuple[str, ...]) -> Glance:
    return Glance("rows", tables=(TitledTable("", Table(("name",), rows)),))


def test_text_of_others_is_escaped_and_does_not_turn_the_reading() -> None:
    said = of_rows(("<script>alert(1)</script>",), ("a\u202eb\nc",)).html()
    assert "<script" not in said
    assert "&lt;script&gt;" in said
    assert "\u202e" not in said
    assert "a\\u202eb c" in said


def test_long_names_and_long_tables_are_cut() -> None:
    cut = of_rows((LONG,)).html()
    assert len(cut) < 10_000
    assert "x…" in cut
    many = of_rows(*[(f"row {i}",) for i in range(1000)]).html()
    assert many.count("<tr>") == MOST_ROWS + 1
    assert "and 988 more" in many
    notes = Glance("notes", notes=tuple(f"note {i}" for i in range(20))).html()
    assert f"note {MOST_LINES - 1}<" in notes
    assert f"note {MOST_LINES}<" not in notes
    assert "and 12 more" in notes


def test_a_table_without_rows_is_not_shown() -> None:
    titled = facts([("people", "")], sentence("Rows left out"))
    assert "Rows left out" not in Glance("x", tables=(titled,)).html()


def test_numbers_are_in_the_manner_of_the_language() -> None:
    glance = Glance("x", (sentence("{people:,} people", people=12_345),))
    assert "<p>12,345 people</p>" in glance.html()
    assert "1.2万" in glance.html("zh")
