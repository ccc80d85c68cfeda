"""CSV: a row stays a row for every reader, and no spreadsheet runs a cell."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from churnlab.report.csv_text import csv_text, guarded, quoted, unguarded

ENDS = ["\r", "\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029"]
BLANKS = ["", " ", "\u3000", "\ufeff", "\u200b", "\u00a0", "\x0b", "\u2060", "\u00ad", "\u202e"]
BLANKS += ["\x00", "\u115f", "\u3164", "\u034f", "\ufe0f", "\u2800", "\t", " \u3000\u200b "]
SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "\u2212", "⁺", "₌"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
PIECES = st.sampled_from([*ENDS, *BLANKS[1:], *SIGNS, *"'\",;|ax1\\"])
HOSTILE = st.lists(PIECES, min_size=1, max_size=6).map("".join)


def every_reader(text: str) -> dict[str, list[str]]:
    """The column `user_id` of a CSV as each reader gives it."""
    path = Path("list.csv")
    path.write_bytes(text.encode())
    as_text = {"user_id": pl.String}
    return {
        "csv": [row["user_id"] for row in csv.DictReader(io.StringIO(text, newline=""))],
        "pandas": pd.read_csv(path, dtype=str, keep_default_na=False)["user_id"].tolist(),
        "polars": pl.read_csv(path, schema_overrides=as_text)["user_id"].to_list(),
        "duckdb": [row[0] for row in _with_duckdb(path)],
    }


def _with_duckdb(path: Path) -> list[tuple[str, ...]]:
    """The rows by DuckDB, told the escape: from one row it takes an apostrophe for it."""
    return duckdb.read_csv(str(path), all_varchar=True, escapechar='"').fetchall()


def frame(ids: list[str]) -> pd.DataFrame:
    """A list of people whose reasons hold whatever their ids do."""
    return pd.DataFrame({"user_id": ids, "risk": 0.5, "ltv": None, "reason_1": ids}, dtype=object)


@example(["\r0"])
@given(st.lists(TEXT | HOSTILE, min_size=1, max_size=8))
def test_ids_of_any_text_come_back_from_every_reader(ids: list[str]) -> None:
    for name, found in every_reader(csv_text(frame(ids), guarded)).items():
        assert found == [guarded(i) for i in ids], name
        assert [unguarded(cell) for cell in found] == ids, name


@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_a_line_inside_an_id_ends_no_row(end: str) -> None:
    ids = ["ann", f"eve{end}=1+1", f"{end}bob", f"cat{end}"]
    for name, found in every_reader(csv_text(frame(ids), guarded)).items():
        assert [unguarded(cell) for cell in found] == ids, name


@pytest.mark.parametrize("sign", SIGNS)
def test_no_blank_hides_a_formula(sign: str) -> None:
    for blank in BLANKS:
        for before in ("", "'", "''"):
            text = f"{before}{blank}{sign}1"
            assert guarded(text) == f"'{text}" and unguarded(f"'{text}") == text


@given(TEXT | HOSTILE)
def test_the_guard_is_taken_away_exactly_and_no_two_texts_are_alike(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text) in (text, f"'{text}")


def test_harmless_texts_stay_as_they_are() -> None:
    for text in ["ann", "o'neil", "'tis", "a=b", "1-2", "渠道", "", " ", "'", "#1", "\\N", "a@b.c"]:
        assert guarded(text) == unguarded(text) == text
    assert quoted("a b") == "a b" and quoted(" a") == '" a"' and quoted('a"b') == '"a""b"'


def test_numbers_are_exact_and_what_is_missing_is_empty() -> None:
    given = pd.DataFrame(
        {
            "n": [1, -5],
            "x": [0.1 + 0.2, float("nan")],
            "t": ["a", None],
            "day": pd.to_datetime(["2026-03-01", None]),
            "kind": pd.Categorical(["b,c", None]),
            "a,b": [True, False],
        }
    )
    text = csv_text(given)
    assert text.splitlines()[0] == 'n,x,t,day,kind,"a,b"'
    assert text.splitlines()[1] == '1,0.30000000000000004,a,2026-03-01,"b,c",True'
    assert text.splitlines()[2] == "-5,,,,,False" and text.endswith("\n")
    assert csv_text(given.iloc[:0]) == 'n,x,t,day,kind,"a,b"\n'
