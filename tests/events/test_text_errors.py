"""Lines that cannot be read: one line with the file and the number of the line."""

from __future__ import annotations

import gzip

import pytest
from support.files import CSV, LINES, refusal, write

from churnlab.errors import LogError
from churnlab.events.text_errors import explained

GOOD = '{"u": "ann", "t": "2026-03-01", "e": "x", "a": 1}\n'


@pytest.mark.parametrize("options", [{}, {"event_id": "e"}])
def test_rows_of_csv(options: dict[str, str]) -> None:
    row = "cid,2026-03-02 10:00:00,y,1\n"
    for text, said in (
        (CSV + row + "cid,2026-03-02,y,1,2\n", "a.csv, line 5: 5 fields in place of 4"),
        (CSV + "cid,2026-03-02\n", "a.csv, line 4: 2 fields in place of 4"),
        (CSV + '"cid,2026-03-02,y,1\n' + row, "a.csv, line 4: a quote does not end"),
        (CSV.replace("\n", "\r\n") + row, "a.csv: lines end in different ways"),
    ):
        assert refusal(write("a.csv", text), **options).startswith(said)


def test_the_file_among_several() -> None:
    write("1.csv", CSV)
    write("2.csv", CSV + "cid,2026-03-02\n")
    write("3.csv", (CSV + "cid,2026-03-02\n").encode("utf-16"))
    assert refusal("[12].csv").startswith("2.csv, line 4: 2 fields")
    assert refusal("[13].csv").startswith("3.csv, line 4: 2 fields")


@pytest.mark.parametrize(
    "bad",
    [
        '{"u": \n',
        '{"u": 1}{"u": 2}\n',
        "[1, 2]\n",
        "3\n",
        '{"u": "a\\ud800b"}\n',
        "{'u': 1}\n",
        '{"u": 1, "u": 2}\n',
        "ann,x\n",
    ],
)
def test_lines_of_json(bad: str) -> None:
    for before in (0, 1, 2, 30_000):
        if bad[0] == "[" and not before:
            continue  # a list of objects is another way to write a file
        said = refusal(write("a.jsonl", GOOD * before + bad + GOOD))
        if before or bad[0] == "{":  # otherwise the whole file is no JSON Lines
            assert f", line {before + 1:,}: no JSON object" in said, said
    packed = gzip.compress((LINES + "\n" + bad + GOOD).encode())
    assert "a.json.gz, line 4: no JSON object" in refusal(write("a.json.gz", packed))


def test_what_is_not_understood_is_said_in_the_words_of_duckdb() -> None:
    error = explained("log", ValueError("Out of Memory\nmore"), {})
    assert isinstance(error, LogError)
    assert str(error) == "log cannot be read: Out of Memory; repair the file or leave it out"
