"""Iceberg tables: one snapshot, whole or by days, with deleted rows left out."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from support.databases import DAY, START_MICROS, check_threads, one_line, rows
from support.lakes import make_iceberg
from support.logs import START

from churnlab.errors import ConfigError, LogError
from churnlab.events.iceberg_table import IcebergTable, newest_metadata

AT = [datetime(2026, 3, 1 + i // 24, i % 24) for i in range(72)]


ZONED = pa.timestamp("us", "UTC")


def events(kind: pa.DataType = ZONED) -> pa.Table:
    at = pa.array(AT, pa.timestamp("us")).cast(kind)
    ids = pa.array(range(72), pa.int64())
    return pa.table({"u": [f"u{i % 5}" for i in range(72)], "at": at, "id": ids})


@pytest.mark.parametrize("kind", [pa.timestamp("us", "UTC"), pa.timestamp("us"), pa.date32()])
def test_only_the_days_and_columns_asked_for(tmp_path: Path, kind: pa.DataType) -> None:
    make_iceberg(tmp_path, events(kind))
    source = IcebergTable("iceberg://local/shop.events")
    assert source.schema().names == ["u", "at", "id"] and not source.lacks("at")
    dates = kind == pa.date32()
    assert source.span("at") == (
        START_MICROS,
        START_MICROS + (2 * DAY if dates else 71 * DAY // 24),
    )
    assert len(rows(source, ["id"], "at")) == 72
    day = (START_MICROS + DAY, START_MICROS + 2 * DAY)
    assert sorted(r["id"] for r in rows(source, ["id"], "at", *day)) == list(range(24, 48))
    half = rows(source, ["id", "u"], "at", None, START_MICROS + 1)
    assert list(half[0]) == ["id", "u"] and {r["id"] for r in half} == (
        set(range(24)) if dates else {0}
    )
    assert rows(source, ["id"], "at", START_MICROS + 9 * DAY, None) == []
    check_threads(lambda: len(rows(source, ["id"], "at", *day)), 24)


def test_a_catalogue_a_metadata_file_and_a_folder_are_the_same(tmp_path: Path) -> None:
    made = make_iceberg(tmp_path, events())
    file = made.metadata_location
    folder = str(Path(file.removeprefix("file://")).parent.parent)
    for place in ("iceberg://local/shop.events", "iceberg://local/shop/events", file, folder):
        source = IcebergTable(place)
        assert source.version == made.current_snapshot().snapshot_id, place
        assert len(rows(source, ["id"], "at")) == 72
        assert place in source.name


def test_the_snapshot_is_pinned(tmp_path: Path) -> None:
    made = make_iceberg(tmp_path, events())
    pinned = IcebergTable("iceberg://local/shop.events")
    assert pinned.version == made.current_snapshot().snapshot_id
    made.append(events())
    assert len(rows(pinned, ["id"], "at")) == 72
    assert len(rows(IcebergTable("iceberg://local/shop.events"), ["id"], "at")) == 144
    first = made.snapshots()[0].snapshot_id
    old = IcebergTable("iceberg://local/shop.events", first)
    assert old.version == first and {r["u"] for r in rows(old, ["u"], "at")} == {"gone"}
    with pytest.raises(
        LogError, match=r"has no snapshot 7 \(given as version=\); give one of"
    ) as e:
        IcebergTable("iceberg://local/shop.events", 7).schema()
    one_line(e)


def test_nulls_of_time_are_seen_and_a_table_may_be_empty(tmp_path: Path) -> None:
    late = pa.array([None, START], pa.timestamp("us"))
    make_iceberg(tmp_path, pa.table({"u": ["a", "b"], "at": late}), 1)
    source = IcebergTable("iceberg://local/shop.events")
    assert source.lacks("at") and source.span("at") == (START_MICROS, START_MICROS)
    from support.lakes import catalogue

    catalogue(tmp_path).create_table("shop.nothing", schema=events().schema)
    empty = IcebergTable("iceberg://local/shop.nothing")
    assert empty.version is None and empty.span("at") is None and rows(empty, ["id"], "at") == []


def test_the_newest_metadata_file(tmp_path: Path) -> None:
    inside = tmp_path / "metadata"
    inside.mkdir()
    with pytest.raises(LogError, match="no metadata file; give a file that ends in"):
        newest_metadata(str(tmp_path))
    for name in ("v9", "v10", "00002-ab"):
        (inside / f"{name}.metadata.json").write_text("{}")
    assert newest_metadata(str(tmp_path)).endswith("/v10.metadata.json")
    (inside / "00010-cd.metadata.json").write_text("{}")
    with pytest.raises(LogError, match="two metadata files are new; give one of the files"):
        newest_metadata(str(tmp_path))
    for hint in ("9", "v9", "v9.metadata.json\n"):
        (inside / "version-hint.text").write_text(hint)
        assert newest_metadata(str(tmp_path)).endswith("/v9.metadata.json")


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    made = make_iceberg(tmp_path, events())
    for place in (
        "iceberg://nobody/shop.events",
        "iceberg://local/shop.event",
        "iceberg://local",
        str(tmp_path / "no.metadata.json"),
        "/no/such/folder",
    ):
        with pytest.raises(LogError, match="cannot be read") as error:
            IcebergTable(place).schema()
        one_line(error)
    for task in made.scan().plan_files():
        Path(task.file.file_path.removeprefix("file://")).unlink()
    with pytest.raises(LogError, match="that its files are still there") as error:
        rows(IcebergTable("iceberg://local/shop.events"), ["id"], "at")
    one_line(error)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyiceberg.catalog", None)
    with pytest.raises(ConfigError, match=r"pip install churnlab\[iceberg\]$"):
        IcebergTable("iceberg://local/shop.events").schema()
