"""Files of other kinds are named for what they are, whatever their names say."""

from __future__ import annotations

import gzip
import io
import pickle
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.orc as orc
import pytest
from support.files import CSV, LINES, TABLE, refusal, write

from churnlab.events import signatures


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, CSV)
    return out.getvalue()


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        file.addfile(tarfile.TarInfo("log.csv"), io.BytesIO())
    return out.getvalue()


def orc_file() -> bytes:
    sink = pa.BufferOutputStream()
    orc.write_table(TABLE, sink)
    return sink.getvalue().to_pybytes()


FOREIGN = {
    "a zip archive": lambda: archive("log.csv"),
    "an Excel workbook (.xlsx)": lambda: archive("[Content_Types].xml", "xl/workbook.xml"),
    "an old Excel workbook (.xls)": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "a PDF document": lambda: b"%PDF-1.7\n%\xe2\xe3",
    "an ORC file": orc_file,
    "an Avro file": lambda: b"Obj\x01\x04\x14avro.codec",
    "a Python pickle": lambda: pickle.dumps({"u": [1]}),
    "an HTML page": lambda: b"\n<!DOCTYPE html><html><body>502 Bad Gateway",
    "an XML document": lambda: b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "an encrypted Parquet file": lambda: b"PARE" + bytes(200) + b"PARE",
    "a tar archive": tar,
    "a 7z archive": lambda: b"7z\xbc\xaf\x27\x1c\x00\x04",
    "an xz file": lambda: b"\xfd7zXZ\0\0\x04",
    "a pointer of Git LFS": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "a Feather file of version 1": lambda: b"FEA1" + bytes(60) + b"FEA1",
}


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl", ".feather", ".bin", ".csv.gz"])
@pytest.mark.parametrize("what", FOREIGN)
def test_a_foreign_file_is_named(what: str, ending: str) -> None:
    data = FOREIGN[what]()
    said = refusal(write(f"log{ending}", gzip.compress(data) if ending == ".csv.gz" else data))
    assert said.startswith(f"log{ending} is {what}")
    assert "magic" not in said and "repair" not in said


@pytest.mark.parametrize("what", ["a gzip file", "a zstd file", "a bzip2 file"])
def test_packed_parquet_is_named(what: str) -> None:
    head = {"a gzip file": b"\x1f\x8b", "a zstd file": b"\x28\xb5\x2f\xfd", "a bzip2 file": b"BZh"}
    assert f"log.parquet is {what}" in refusal(write("log.parquet", head[what] + bytes(50)))


def test_a_readable_file_under_another_name_is_told_its_own() -> None:
    write("a.parquet", CSV)
    write("a.csv", LINES)
    write("a.jsonl", CSV)
    write("b.csv", b"PAR1" + bytes(40) + b"PAR1")
    write("a.feather", CSV)
    assert "a.parquet holds CSV" in refusal("a.parquet")
    assert "a.csv holds JSON Lines" in refusal("a.csv")
    assert "a.jsonl holds CSV" in refusal("a.jsonl")
    assert "b.csv holds Parquet" in refusal("b.csv")
    assert "a.feather holds CSV" in refusal("a.feather")


def test_bytes_of_nothing_known() -> None:
    for name in ("a.bin", "a.parquet"):
        assert "is no file that churnlab knows" in refusal(write(name, bytes(range(256)) * 20))
    assert signatures.foreign(b"SQLite format 3\0")[0] == "a SQLite database"
    assert signatures.foreign(bytes(8) + b"DUCK")[0] == "a DuckDB database"
    assert signatures.told(b"") == "" and signatures.foreign(b"") is None


def test_a_parquet_file_that_is_cut() -> None:
    said = refusal(write("a.parquet", b"PAR1" + bytes(200)))
    assert said.startswith("a.parquet cannot be read: its end is missing")
