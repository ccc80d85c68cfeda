"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import re

# The first bytes of a kind of file, what it is, and what to do.
_CONVERT = "convert it to Parquet or CSV"
_SAVE = "open it there and save the sheet as CSV"
_UNPACK = "unpack it and give the files in it"
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"PARE", "an encrypted Parquet file", "decrypt it first"),
    (b"\x1f\x8b", "a gzip file", "only CSV and JSON Lines may be compressed so"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "only CSV and JSON Lines may be compressed so"),
    (b"BZh", "a bzip2 file", "only CSV and JSON Lines may be compressed so"),
    (b"\xfd7zXZ\0", "an xz file", "unpack it, or compress it with gzip, zstd or bzip2"),
    (b"\x04\x22\x4d\x18", "an lz4 file", "unpack it, or compress it with gzip, zstd or bzip2"),
    (b"\xff\x06\x00\x00sNaPpY", "a snappy file", "unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", _SAVE),
    (b"%PDF", "a PDF document", "give the log itself"),
    (b"ORC", "an ORC file", _CONVERT),
    (b"Obj\x01", "an Avro file", _CONVERT),
    (b"SEQ", "a Hadoop sequence file", _CONVERT),
    (b"SQLite format 3\0", "a SQLite database", "give its address, sqlite:///file.db, and table="),
    (b"\x89HDF", "an HDF5 file", _CONVERT),
    (b"\x93NUMPY", "a numpy array", _CONVERT),
    (b"FEA1", "a Feather file of version 1", "write it again with a newer pyarrow"),
    (b"RDX", "an R data file", _CONVERT),
    (b"<stata_dta>", "a Stata file", _CONVERT),
    (b"$FL2", "an SPSS file", _CONVERT),
    (b"\x89PNG", "a picture", "give the log itself"),
    (b"\xff\xd8\xff", "a picture", "give the log itself"),
    (
        b"version https://git-lfs",
        "a pointer of Git LFS in place of the file",
        "fetch the file with `git lfs pull`",
    ),
)
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?<(?:!doctype html|html|head|body)", re.I)
_XML = re.compile(rb"\s*(?:\xef\xbb\xbf)?<(?:\?xml|error|\w+ xmlns)", re.I)
_PICKLE = re.compile(rb"\x80[\x02-\x05][\x95c}\](K]")
PARQUET = b"PAR1"
FEATHER = b"ARROW1"
STREAM = b"\xff\xff\xff\xff"
HEAD = 4096  # bytes that are enough to tell


def foreign(head: bytes) -> tuple[str, str] | None:
    """What a file is that is neither text nor a kind that churnlab reads, and what to do.

    `head` are its first bytes. None where it may be read.

    >>> foreign(b"%PDF-1.7")
    ('a PDF document', 'give the log itself')
    >>> foreign(b"user,time,event") is None
    True
    """
    for signature, what, way in _SIGNATURES:
        if head.startswith(signature):
            return what, way
    if head.startswith(b"PK\x03\x04"):
        return _of_zip(head)
    if head[8:12] == b"DUCK":
        return "a DuckDB database", "name it .duckdb and give table="
    if head[257:262] == b"ustar":
        return "a tar archive", _UNPACK
    if _PICKLE.match(head):
        return "a Python pickle", "load it and give the frame to EventLog.from_frame"
    if _PAGE.match(head):
        return "an HTML page", "it may be an error page: download the log again"
    if _XML.match(head):
        return "an XML document", "it may be an error of the server: download the log again"
    return None


def _of_zip(head: bytes) -> tuple[str, str]:
    """What a zip archive holds, by the names in its first bytes."""
    if b"[Content_Types].xml" in head or b"xl/" in head or b"_rels/" in head:
        return "an Excel workbook (.xlsx)", _SAVE
    return "a zip archive", _UNPACK


def told(head: bytes) -> str:
    """The kind of a readable file by its first bytes: Parquet, Feather, JSON Lines or CSV.

    Empty where the bytes are of none of them.

    >>> told(b'{"user": 1}'), told(b"user,time"), told(b"PAR1"), told(bytes(8))
    ('JSON Lines', 'CSV', 'Parquet', '')
    """
    if head.startswith(PARQUET):
        return "Parquet"
    if head.startswith((FEATHER, STREAM)):
        return "Feather"
    if foreign(head) or b"\0" in head or not head:
        return ""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return ""
    return "JSON Lines" if text[:1] in (b"{", b"[") else "CSV"
