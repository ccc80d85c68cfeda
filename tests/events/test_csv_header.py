"""The first lines of CSV files: names, separators, and rows of data in place of a header."""

from __future__ import annotations

import pytest
from support.files import CSV, WANT, refusal, rows, write

from churnlab.events.csv_header import Style, read_header
from churnlab.events.file_system import local_file
from churnlab.events.plain_text import TextFile

NAMES = ["user", "item", "category", "behaviour", "seconds"]


def header_of(content: str, **style: object) -> tuple[tuple[str, ...], str, int]:
    found = read_header(TextFile.of(local_file(write("a.csv", content)), None), Style(**style))  # type: ignore[arg-type]
    return found.names, found.separator, found.skip


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_outside_quotes(mark: str) -> None:
    line = mark.join(["u", "t", '"one, two; three|four, five\t6"', "e"])
    wanted = frozenset("ute")
    assert header_of(line + "\n", wanted=wanted)[1] == mark
    assert header_of(line + "\n")[0][0] == "u"


def test_quotes_line_breaks_and_blank_lines_before_the_header() -> None:
    assert header_of('\n \r\n"u\nv",t\n1,2\n') == (("u\nv", "t"), ",", 2)
    assert header_of("u\rv\r")[0] == ("u",)
    assert header_of("u^t\n", separator="^")[0] == ("u", "t")
    assert header_of("u||t||e\n", separator="||")[0] == ("u", "t", "e")


@pytest.mark.parametrize("line", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_excels_line_names_the_separator(line: str) -> None:
    assert header_of(f"{line}u;t,x;e\n") == (("u", "t,x", "e"), ";", 1)
    assert rows(write("log.csv", line.replace("\r", "") + CSV.replace(",", ";"))) == WANT


def test_the_shopping_log_without_a_header() -> None:
    row = "1,2268318,2520377,pv,1511544070\n1,2333346,2520771,pv,1511561733\n"
    path = write("UserBehavior.csv", row)
    options = {"user": "user", "time": "seconds", "event": "behaviour", "amount": None}
    said = refusal(path, **options)
    assert "the first line of UserBehavior.csv looks like a row of data" in said
    assert "names=[" in said
    assert header_of(row, names=tuple(NAMES)) == (tuple(NAMES), ",", 0)


def test_names_in_place_of_a_header() -> None:
    body = CSV.partition("\n")[2]
    for text in (body, body.replace(",", "\t"), body.replace("\n", ",\n"), "sep=,\n" + body):
        assert rows(write("log.csv", text), names=["u", "t", "e", "a"]) == WANT
    assert rows(write("log.csv", body), names=["u", "t", "e", "b"], amount=None)[0][2] == 0
    assert "has 4 columns and names= has 3" in refusal(
        "log.csv", names=["u", "t", "e"], amount=None
    )
    assert "is a header with these names" in refusal(write("a.csv", CSV), names=list("utea"))
    assert "names named twice: 'u'" in refusal("log.csv", names=["u", "u", "t", "e"])
    assert "holds no event (0 rows)" in refusal(write("0.csv", ""), names=list("utea"))


@pytest.mark.parametrize(
    "first",
    [
        "ann,2026-03-01 10:00,x,1.5",
        "7,01/03/2026,x,9",
        "a-1,x,y,1772359200",
        "ann,x,2026-03-01T10:00:00Z,y",
        "ann,x,y,-1.5e3",
    ],
)
def test_a_header_that_is_a_row_of_data(first: str) -> None:
    assert "looks like a row of data" in refusal(write("log.csv", f"{first}\n{first}\n"))


def test_a_header_without_a_wanted_column_is_no_row_of_data() -> None:
    said = refusal(write("log.csv", "user,time,event,amount\nann,2026-03-01,x,1\n"))
    assert "has no column 'u' (given as user=)" in said
    assert "has no column 't' (given as time=)" in refusal(
        write("log.csv", "u,2026,e,a\n1,2,3,4\n")
    )
