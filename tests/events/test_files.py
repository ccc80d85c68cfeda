"""Files that a path, a pattern or a folder names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.files import CSV, LINES, WANT, refusal, rows, write
from support.refusals import refused

from churnlab.errors import LogError
from churnlab.events.files import ending_of, is_there, matching, open_files, pattern


def test_no_such_file() -> None:
    refused("no such file: 'gone.parquet'", path="gone.parquet")


def test_a_pattern_that_matches_nothing() -> None:
    refused(r"no file matches the pattern 'gone/\*.parquet'", path="gone/*.parquet")


def names(path: str) -> list[str]:
    return [file.name for file in matching(path)]


def test_a_file_of_that_very_name_comes_before_a_pattern() -> None:
    for name in ("export[1].csv", "export1.csv", "st*r.csv", "star.csv", "wh?t.csv", "what.csv"):
        write(name, CSV.replace("ann", name))
    for name in ("export[1].csv", "st*r.csv", "wh?t.csv"):
        assert names(name) == [name]
        assert {who for who, _, _ in rows(name)} == {name, "bob"}
        assert {who for who, _, _ in rows(name, event_id="t")} == {name, "bob"}
    assert names("exp*[1].csv") == ["export1.csv"]
    assert is_there("export[1].csv") and not is_there("export[2].csv")
    write("folder[1]/a.csv", CSV)
    assert names("folder[1]") == ["folder[1]/a.csv"]


def test_files_of_other_programs_are_left_out() -> None:
    write("log/a.parquet", "")
    write("log/_b.parquet", "")
    for name in ("_SUCCESS", "_metadata", ".a.parquet.crc", "a.parquet.crc", ".hidden.parquet"):
        write(f"log/{name}", "")
    write("log/_temporary/0/c.parquet", "")
    write("log/.ipynb_checkpoints/d.parquet", "")
    write("log/dt=1/_x=2/e.parquet", "")
    assert names("log") == ["log/a.parquet", "log/dt=1/_x=2/e.parquet"]
    assert names("log/*") == ["log/_b.parquet", "log/a.parquet"]
    assert names("log/**/*.parquet") == [
        "log/_b.parquet",
        "log/a.parquet",
        "log/dt=1/_x=2/e.parquet",
    ]
    assert names("log/_S*") == ["log/_SUCCESS"]


def test_a_folder_without_a_log() -> None:
    Path("empty").mkdir()
    write("other/readme.md", "# text")
    write("other/a.docx", b"PK\x03\x04")
    assert "'empty' holds no Parquet, CSV" in refusal("empty")
    assert "it holds other/a.docx, other/readme.md" in refusal("other")


def test_kinds_that_do_not_go_together() -> None:
    write("log/a.csv", CSV)
    write("log/b.jsonl", LINES)
    for path in ("log", "log/*"):
        said = refusal(path)
        assert "files of several kinds, CSV (log/a.csv) and JSON Lines (log/b.jsonl)" in said
    assert rows("log/*.csv") == WANT
    with pytest.raises(LogError, match="several kinds"):
        open_files(["log/a.csv", "log/b.jsonl"])


@pytest.mark.parametrize(
    "name, kind",
    [
        ("a.PARQUET", "Parquet"),
        ("a.snappy.parquet", "Parquet"),
        ("a.tsv.gz", "CSV"),
        ("a.txt.bz2", "CSV"),
        ("a.json.zst", "JSON Lines"),
        ("a.parquet.gz", ""),
        ("a.feather.zst", ""),
        ("a.gz", ""),
        ("a.csv.bak", ""),
        ("csv", ""),
    ],
)
def test_the_kind_by_an_ending(name: str, kind: str) -> None:
    assert ending_of(name) == kind


def test_the_kind_by_the_first_bytes_where_the_ending_says_nothing() -> None:
    assert rows(write("part-00000", CSV)) == WANT
    assert rows(write("events.log", LINES)) == WANT
    assert "is empty (0 bytes)" in refusal(write("nothing", ""))
    assert "a.bin is no file that churnlab knows" in refusal(write("a.bin", bytes(99)))


def test_links_and_things_that_are_no_files() -> None:
    write("a.csv", CSV)
    os.symlink("a.csv", "link.csv")
    os.symlink("gone.csv", "dead.csv")
    os.mkfifo("pipe.csv")
    assert rows("link.csv") == WANT
    assert "no such file" in refusal("dead.csv") and "no such file" in refusal("pipe.csv")
    assert names("*.csv") == ["a.csv", "link.csv"]


@pytest.mark.parametrize(
    "text, matched, others",
    [
        ("b/*.csv", ["b/a.csv", "b/x.csv"], ["b/.a.csv", "b/c/a.csv", "b/a.csvx"]),
        ("b/**/a.csv", ["b/a.csv", "b/c/a.csv", "b/c/d/a.csv"], ["b/.c/a.csv", "a.csv"]),
        ("b/**", ["b/a.csv", "b/c/d"], ["c/a"]),
        ("b/[ab]?.csv", ["b/a1.csv"], ["b/c1.csv", "b/a.csv", "b/a/.csv"]),
        ("b/[!a].csv", ["b/b.csv"], ["b/a.csv", "b//.csv"]),
        ("b/dt=*/x+y(1).csv", ["b/dt=1/x+y(1).csv"], ["b/dt=1/xxy1.csv"]),
        ("b/[", ["b/["], ["b/x"]),
    ],
)
def test_patterns_of_addresses_are_those_of_glob(
    text: str, matched: list[str], others: list[str]
) -> None:
    for name in matched:
        assert pattern(text).fullmatch(name), name
    for name in others:
        assert not pattern(text).fullmatch(name), name
