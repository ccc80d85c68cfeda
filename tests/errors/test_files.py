"""Errors of files say what broke, what was given and what to do, in one line."""

from __future__ import annotations

import pytest

from churnlab.errors import FileError, LogError


@pytest.mark.parametrize(
    "error, match",
    [
        (FileError.from_foreign("a.csv", "a PDF document", "give the log"), "a.csv is a PDF"),
        (FileError.from_other_kind("a.csv", "JSON Lines"), "give it a name with .jsonl"),
        (FileError.from_unknown_kind("a.bin"), "a.bin is no file that churnlab knows"),
        (FileError.from_zero_bytes("a.csv"), "empty \\(0 bytes\\)"),
        (FileError.from_mixed_kinds("*", {"CSV": "a", "JSON Lines": "b"}), "CSV \\(a\\) and JSON"),
        (FileError.from_no_known_file("log", ["x.md"]), "it holds x.md"),
        (FileError.from_no_known_file("log", []), "it holds nothing"),
        (FileError.from_other_system("ftp"), "files at ftp:// are not read"),
        (FileError.from_unreachable("s3://b", "no\nroute"), "s3://b cannot be reached: no route;"),
        (FileError.from_line("a.csv", 1_200, "2 fields", "drop it"), "a.csv, line 1,200: 2 fields"),
        (FileError.from_line("a.csv", None, "2 fields", "drop it"), "a.csv: 2 fields; drop it"),
        (FileError.from_encoding("a.csv", "UTF-8", "line 3"), 'encoding="gb18030"'),
        (FileError.from_no_header("a.csv", ["1", "2"]), "looks like a row of data \\('1', '2'\\)"),
        (FileError.from_header_given("a.csv"), "leave names= out"),
        (FileError.from_other_width("a.csv", 3, 4), "has 4 columns and names= has 3"),
        (FileError.from_other_types("u", "a", "text", "b", "a whole number"), "text in a and a wh"),
    ],
)
def test_every_error_of_files(error: FileError, match: str) -> None:
    assert isinstance(error, LogError) and error.exit_code == 3
    with pytest.raises(FileError, match=match):
        raise error
    assert "\n" not in str(error)
