"""Text files in any encoding and packing become plain ones, or are refused."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
from support.files import CSV, WANT, refusal, rows, write

from churnlab.events.file_system import local_file
from churnlab.events.plain_text import TextFile, literal

CHINESE = "用户,时间,事件,金额\n张三,2026-03-01 10:00:00,购买,1.5\n"
COLUMNS = {"user": "用户", "time": "时间", "event": "事件", "amount": "金额"}
READ = [("张三", "2026-03-01", 1_500_000)]


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-16-le", "utf-16-be", "big5hkscs"])
def test_an_encoding_that_is_given(encoding: str) -> None:
    text = CHINESE.replace("张三", "王五") if encoding == "big5hkscs" else CHINESE
    write("log.csv", text if encoding != "big5hkscs" else CSV, encoding)
    options = {} if encoding == "big5hkscs" else COLUMNS
    assert rows("log.csv", **options, encoding=encoding) == (READ if options else WANT)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_the_encoding(encoding: str) -> None:
    write("log.csv", CHINESE, encoding)
    assert rows("log.csv", **COLUMNS) == READ
    assert rows("log.csv", **COLUMNS, encoding=encoding) == READ


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16-le", "latin-1"])
def test_another_encoding_than_utf_8_is_named_with_what_to_do(encoding: str) -> None:
    text = CSV.replace("ann", "andré") if encoding == "latin-1" else CHINESE
    for name, content in (("a.csv", text), ("b.csv", text + "x" * 5000)):
        said = refusal(write(name, content, encoding), **COLUMNS)
        assert f"{name} is not utf-8" in said.lower() and 'encoding="gb18030"' in said


def test_a_bad_byte_far_down_and_a_file_that_is_cut() -> None:
    many = CSV + "bob,2026-03-02 10:00:00,y,\n" * 60_000
    said = refusal(write("log.csv", many.encode() + b"\xe9va,2026-03-02 10:00:00,y,\n"))
    assert "log.csv is not UTF-8 (line 60,004)" in said
    assert "is not utf-16" in refusal(write("u.csv", CHINESE.encode("utf-16")[:-1]), **COLUMNS)


@pytest.mark.parametrize("packed", [gzip.compress, bz2.compress])
def test_what_is_packed_is_told_by_its_bytes(packed: object) -> None:
    data = packed(CSV.encode())  # type: ignore[operator]
    assert rows(write("log.csv", data)) == WANT
    assert rows(write("more.csv", data + packed(b"cid,2026-03-03 10:00:00,y,\n")))[2][0] == "cid"  # type: ignore[operator]
    assert "cannot be read" in refusal(write("cut.csv", data[:-9]))


def test_a_zstd_file_that_is_cut_is_refused() -> None:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(CSV.encode())
    data = sink.getvalue().to_pybytes()
    assert rows(write("log.csv.zst", data)) == WANT
    for name in ("cut.csv.zst", "cut.jsonl.zst"):
        assert "Truncated compressed stream" in refusal(write(name, data[:-10]))


def test_a_copy_is_made_only_where_it_is_needed_and_is_gone_afterwards() -> None:
    plain = TextFile.of(local_file(write("export[1].csv", CSV)), None)
    assert plain.direct
    with plain.plain() as path:
        assert path == "export[[]1[]].csv"
    other = TextFile.of(local_file(write("b.csv", CSV, "utf-16")), None)
    assert not other.direct
    with other.plain() as path:
        assert Path(path).read_text() == CSV
    assert not Path(path).exists()
    assert literal("a?b*c") == "a[?]b[*]c"
