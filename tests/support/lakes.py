"""Delta and Iceberg tables, SQLite files, and rows of theirs that were deleted."""

from __future__ import annotations

import json
import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def make_delta(folder: Path, table: pa.Table, parts: int = 3, **options: Any) -> str:
    """A Delta table of several commits; the last deletes rows of the user `gone`."""
    from deltalake import DeltaTable, write_deltalake

    step = -(-len(table) // parts)
    write_deltalake(folder, _gone(table), **options)
    for start in range(0, len(table), step):
        write_deltalake(folder, table.slice(start, step), mode="append", **options)
    DeltaTable(folder).delete("u = 'gone'")
    return str(folder)


def _gone(table: pa.Table) -> pa.Table:
    """The first row as the user `gone` did it."""
    return table.slice(0, 1).set_column(0, "u", pa.array(["gone"], table["u"].type))


def catalogue(folder: Path, name: str = "local") -> Any:
    """A catalogue of Iceberg in a SQLite file, which pyiceberg finds by its name."""
    import pyiceberg.catalog
    from pyiceberg.catalog import load_catalog

    folder.mkdir(exist_ok=True)
    place = {"type": "sql", "uri": f"sqlite:///{folder}/catalogue.db", "warehouse": folder.as_uri()}
    pyiceberg.catalog._ENV_CONFIG.config = {"catalog": {name: place}}  # as ~/.pyiceberg.yaml does
    return load_catalog(name, **place)


def make_iceberg(folder: Path, table: pa.Table, parts: int = 3) -> Any:
    """An Iceberg table `shop.events` of several snapshots; the last deletes rows of `gone`."""
    catalog = catalogue(folder)
    catalog.create_namespace("shop")
    made = catalog.create_table("shop.events", schema=table.schema)
    made.append(_gone(table))
    step = -(-len(table) // parts)
    for start in range(0, len(table), step):
        made.append(table.slice(start, step))
    made.delete("u = 'gone'")
    return made


def mark_deleted(folder: Path, row: int) -> None:
    """Take out a row of a Delta table's only file by a deletion vector, as Spark writes it."""
    from pyroaring import BitMap

    log = folder / "_delta_log"
    first = (log / f"{0:020d}.json").read_text().splitlines()
    add = next(json.loads(line)["add"] for line in first if '"add"' in line)
    bits = struct.pack("<IQI", 1681511377, 1, 0) + BitMap([row]).serialize()
    vector = {
        "storageType": "i",
        "pathOrInlineDv": _z85(bits + b"\0" * (-len(bits) % 4)),
        "sizeInBytes": len(bits),
        "cardinality": 1,
    }
    features = {"readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}
    lines = [
        {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}},
        {"remove": {"path": add["path"], "deletionTimestamp": 1, "dataChange": True}},
        {"add": {**add, "deletionVector": vector}},
    ]
    (log / f"{1:020d}.json").write_text("\n".join(map(json.dumps, lines)))


def _z85(data: bytes) -> str:
    text = ""
    for (value,) in struct.iter_unpack(">I", data):
        digits = [_Z85[value // 85**i % 85] for i in (4, 3, 2, 1, 0)]
        text += "".join(digits)
    return text


def make_sqlite(path: Path, table: pa.Table, kinds: str = "") -> Path:
    """A SQLite file with the table `events`; times as text."""
    names = ", ".join(f'"{name}"' for name in table.column_names)
    rows = [tuple(_cell(v) for v in row.values()) for row in table.to_pylist()]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"create table events ({kinds or names})")
        marks = ", ".join("?" * table.num_columns)
        connection.executemany(f"insert into events values ({marks})", rows)
    return path


def _cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
