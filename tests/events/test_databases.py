"""Which database an address names."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from support.databases import (
    one_line,
)
from support.lakes import make_delta, make_iceberg, make_sqlite

from churnlab.errors import ConfigError, LogError
from churnlab.events.databases import is_table, open_database
from churnlab.events.delta_table import DeltaLake
from churnlab.events.duckdb_table import DuckDBTable
from churnlab.events.iceberg_table import IcebergTable
from churnlab.events.sqlite_table import SqliteTable


def test_open_database_knows_its_own(shop: Path) -> None:
    assert (
        open_database("events/*.parquet", None) is None
        and open_database(Path("log.csv"), "t") is None
    )
    source = open_database(shop, "events", memory_limit="100MB", threads=1)
    assert source == DuckDBTable(str(shop), "events", memory_limit="100MB", threads=1)
    with pytest.raises(LogError, match="did you mean 'events'") as error:
        open_database(shop, "event")
    one_line(error)
    with pytest.raises(LogError, match="has no table '' .*there are: events, recent"):
        open_database(shop, None)


def test_files_and_folders_are_told_by_what_is_in_them(tmp_path: Path, shop: Path) -> None:
    table = pa.table({"u": ["a"], "t": ["2026-03-01"], "e": ["x"]})
    lite = make_sqlite(tmp_path / "lite.parquet", table)
    duck = shop.rename(tmp_path / "duck.sqlite")
    delta = make_delta(tmp_path / "delta", table)
    lake = make_iceberg(tmp_path / "lake", table).metadata_location
    for place, kind in (
        (lite, SqliteTable),
        (f"sqlite:///{lite}", SqliteTable),
        (f"SQLite:///{lite}", SqliteTable),
        (f"adbc:sqlite:{lite}", SqliteTable),
        (duck, DuckDBTable),
        (f"duckdb:///{duck}", DuckDBTable),
        (f"adbc:duckdb:{duck}", DuckDBTable),
        (delta, DeltaLake),
        (f"file://{delta}", DeltaLake),
        (f"delta://{delta}", DeltaLake),
        (lake, IcebergTable),
        ("iceberg://local/shop.events", IcebergTable),
    ):
        assert type(open_database(place, "events")) is kind, place
        assert is_table(str(place))
    assert open_database("s3://bucket/a.parquet", None) is None
    assert not is_table("s3://bucket/a.parquet") and not is_table(str(tmp_path / "a.csv"))
    with pytest.raises(LogError, match="adbc-driver-nobodys"):
        open_database("adbc:nobodys:x", "events")


def test_a_version_is_of_delta_and_iceberg_alone(tmp_path: Path, shop: Path) -> None:
    delta = make_delta(tmp_path / "delta", pa.table({"u": ["a"], "t": ["2026-03-01"]}))
    assert open_database(delta, None, version=0).version == 0
    for place in (shop, tmp_path / "a.csv"):
        with pytest.raises(
            ConfigError, match="version is 0; give it with a Delta or Iceberg table"
        ):
            open_database(place, "events", version=0)
