"""The same events from files, frames and tables of databases."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from support.databases import (
    make_duckdb,
)
from support.lakes import make_delta, make_iceberg, make_sqlite
from support.logs import (
    COLUMNS,
    SMALLER,
    outcome,
)

import churnlab as cl
from churnlab.errors import ConfigError, LogError
from churnlab.events import sources
from churnlab.events.frame_source import open_frame
from churnlab.events.spec import LogSpec
from churnlab.schema.days import day_number


def test_a_range_of_days_counts_what_is_in_it_alone(tmp_path: Path) -> None:
    pq.write_table(SMALLER, tmp_path / "log.parquet", row_group_size=250)
    SMALLER.to_pandas().to_csv(tmp_path / "log.csv", index=False)
    make_duckdb(tmp_path / "log.duckdb", SMALLER)
    first = day_number("2026-03-05")
    days = (
        pc.local_timestamp(SMALLER["t"].cast(pa.timestamp("us", "America/New_York")))
        .cast(pa.date32())
        .cast(pa.int32())
        .to_numpy()
    )
    inside = (days >= first) & (days < first + 4)
    want = outcome(cl.EventLog.from_frame(SMALLER.filter(pa.array(inside)), **COLUMNS))
    spec = LogSpec.of(**COLUMNS, threads=4, table="events")
    spec = LogSpec(**{**vars(spec), "days": (first, first + 4)})
    paths = [
        sources.open_path(tmp_path / name, spec)
        for name in ("log.parquet", "log.duckdb", "log.csv")
    ]
    for source in (*paths, open_frame(SMALLER, spec.wanted())):
        assert outcome(cl.EventLog.of(source, spec)) == want, source.name


TWICE = pa.concat_tables([SMALLER, SMALLER.slice(0, 50)])
NUMBERED = TWICE.append_column("i", pa.array([*range(len(SMALLER)), *range(50)]))
MAKERS = {
    "delta": lambda folder: make_delta(folder / "delta", NUMBERED),
    "iceberg": lambda folder: (
        make_iceberg(folder / "lake", NUMBERED) and "iceberg://local/shop.events"
    ),
    "sqlite": lambda folder: make_sqlite(folder / "log.db", NUMBERED),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_table_gives_what_the_frame_gives(kind: str, tmp_path: Path) -> None:
    """The same digest, counts and features, also without repeats and sorted out on disk."""
    place = MAKERS[kind](tmp_path)
    table = "events" if kind == "sqlite" else None
    for more in ({}, {"event_id": "i"}, {"memory": "100KB"}, {"threads": 4}):
        want = outcome(cl.EventLog.from_frame(NUMBERED, **COLUMNS | more))
        found = outcome(cl.EventLog.read(place, table=table, **COLUMNS | more))
        assert (found[1].pop("version", None) is None) == (kind == "sqlite")
        assert found == want, more


def test_several_places_are_files_of_one_version(tmp_path: Path) -> None:
    folder = make_delta(tmp_path / "delta", SMALLER)
    for place, said in (
        ([folder, folder], "is a part of the Delta table"),
        (f"{folder}/*.parquet", "is a part of the Delta table"),
        ([f"delta://{folder}", "a.csv"], "2 places were given and one of them is a delta address"),
    ):
        with pytest.raises(LogError, match=said):
            cl.EventLog.read(place, **COLUMNS)
    pq.write_table(SMALLER, tmp_path / "log.parquet")
    for place in (tmp_path / "log.parquet", [tmp_path / "log.parquet"] * 2):
        with pytest.raises(
            ConfigError, match="version is 3; give it with a Delta or Iceberg table"
        ):
            cl.EventLog.read(place, **COLUMNS, version=3)


@pytest.mark.parametrize("place", ["a\0.parquet", "a" + chr(0xD800) + ".csv", "b" + chr(0xDCFF)])
def test_a_path_that_is_no_text_is_refused(place: str) -> None:
    for given in (place, f"{place}*", [place, "b.csv"], Path(place)):
        with pytest.raises(ConfigError, match="is no text") as error:
            cl.EventLog.read(given, user="u", time="t", event="e")
        assert str(error.value).isascii()
