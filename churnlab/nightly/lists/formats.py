"""Formats of a list: the same rows as bytes, and back.

The same rows give the same bytes. In CSV a text that a spreadsheet could take for a formula has a
leading apostrophe, which reading takes away again.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from churnlab.nightly.lists import excel
from churnlab.nightly.lists.contract import described
from churnlab.report.csv_text import csv_text, guarded, unguarded


@dataclass(frozen=True)
class Format:
    """A way to write a list: the ending of its files, rows to bytes, bytes to rows of a schema.

    `encode` also takes a language, for what people read beside the rows: the head of a sheet.
    `check` raises ConfigError where a package is missing.
    """

    ending: str
    encode: Callable[[pa.Table, str], bytes]
    decode: Callable[[bytes, pa.Schema], pa.Table]
    check: Callable[[], object] = bool


def _parquet(table: pa.Table, _: str) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    return file.getvalue()


def _from_parquet(data: bytes, schema: pa.Schema) -> pa.Table:
    return pq.read_table(pa.BufferReader(data), page_checksum_verification=True).cast(schema)


def _csv(table: pa.Table, _: str) -> bytes:
    return csv_text(table.to_pandas(), guarded).encode()


def _from_csv(data: bytes, schema: pa.Schema) -> pa.Table:
    found = arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=arrow_csv.ReadOptions(block_size=max(len(data), 1)),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=schema, strings_can_be_null=False, null_values=[""]
        ),
    )
    for index, field in enumerate(schema):
        if pa.types.is_string(field.type):
            found = found.set_column(index, field, _bare(found[field.name]))
    return found


def _bare(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The texts of cells: without the apostrophe that `guarded` gave them."""
    if not pc.any(pc.starts_with(column, "'")).as_py():
        return column
    return pa.chunked_array([pa.array(map(unguarded, column.to_pylist()), pa.string())])


def schema_text() -> bytes:
    """The text of `schema.json`, which stands beside the files of a list."""
    return (json.dumps(described(), indent=1, ensure_ascii=False) + "\n").encode()


FORMATS: Mapping[str, Format] = {
    "parquet": Format(".parquet", _parquet, _from_parquet),
    "csv": Format(".csv", _csv, _from_csv),
    "excel": Format(".xlsx", excel.encode, excel.decode, excel.library),
}
