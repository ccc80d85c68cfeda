"""Logs that do not fit into memory, and event ids that are repeated."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.databases import (
    make_duckdb,
)
from support.logs import (
    BIG,
    COLUMNS,
    TABLE,
    ordered,
    other_columns_and_types,
    outcome,
    table_of,
)
from support.refusals import OPTIONS

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events.files import open_files
from churnlab.events.frame_source import open_frame
from churnlab.events.spec import LogSpec
from churnlab.kernels.units import DAY_MICROS
from churnlab.schema.days import day_number


@pytest.mark.parametrize("memory", ["1MB", "50KB"])  # the latter holds less than one person
@pytest.mark.parametrize("source", ["parquet", "parquet by user", "csv", "frame", "pandas"])
def test_what_does_not_fit_into_memory_goes_over_the_disk(
    source: str, memory: str, disk: list[str], tmp_path: Path
) -> None:
    shuffled, path = (
        ordered(BIG, "user" if "by user" in source else "shuffled"),
        str(tmp_path / "log"),
    )
    big = outcome(cl.EventLog.from_frame(BIG, **COLUMNS))
    assert disk == []
    if source.startswith("parquet"):
        pq.write_table(shuffled, path + ".parquet", row_group_size=3000)
        log = cl.EventLog.read(path + ".parquet", **COLUMNS, memory=memory)
    elif source == "csv":
        shuffled.to_pandas().to_csv(path + ".csv", index=False)
        log = cl.EventLog.read(path + ".csv", **COLUMNS, memory=memory)
    else:
        log = cl.EventLog.from_frame(
            shuffled if source == "frame" else shuffled.to_pandas(), **COLUMNS, memory=memory
        )
    assert disk
    assert outcome(log) == big


def test_what_is_ordered_by_time_needs_no_disk(disk: list[str], tmp_path: Path) -> None:
    pq.write_table(BIG, tmp_path / "log.parquet", row_group_size=3000)
    assert outcome(cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS, memory="3MB")) == outcome(
        cl.EventLog.from_frame(BIG, **COLUMNS)
    )
    assert disk == []


def test_an_error_on_the_way_over_the_disk_is_one_line_and_leaves_nothing(
    disk: list[str], tmp_path: Path
) -> None:
    shuffled = ordered(BIG, "shuffled").to_pandas()
    shuffled["e"] = shuffled["e"].where(shuffled.index != 15_000, None)
    with pytest.raises(LogError, match=r"column 'e' of .* is null or empty in 1 of") as caught:
        cl.EventLog.from_frame(shuffled, **COLUMNS, memory="1MB")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("memory", ["1GB", "1MB"])
@pytest.mark.parametrize("order", ["time", "shuffled"])
@pytest.mark.parametrize("source", ["frame", "files"])
def test_repeated_event_ids_are_dropped_across_days_and_files(
    source: str, order: str, memory: str, tmp_path: Path, disk: list[str]
) -> None:
    ids = pa.array([None if i % 50 == 0 else f"id-{i}" for i in range(len(BIG))])
    once = BIG.append_column("id", ids)
    again = once.take(
        np.random.default_rng(1).choice(
            np.flatnonzero(np.arange(len(BIG)) % 50), 3000, replace=False
        )
    )
    later = again.set_column(
        1,
        "t",
        pa.array(np.asarray(again.column("t").cast(pa.int64())) + 3 * DAY_MICROS).cast(
            pa.timestamp("us", "UTC")
        ),
    )
    both = ordered(pa.concat_tables([once, again.slice(0, 1000), later.slice(1000)]), order)
    want = outcome(cl.EventLog.from_frame(once, **COLUMNS))
    if source == "frame":
        log = cl.EventLog.from_frame(both, **COLUMNS, event_id="id", memory=memory)
    else:
        for i in range(3):
            pq.write_table(
                both.take(np.arange(i, len(both), 3)), tmp_path / f"{i}.parquet", row_group_size=900
            )
        log = cl.EventLog.read(tmp_path / "*.parquet", **COLUMNS, event_id="id", memory=memory)
    got = outcome(log)
    assert (
        log.counts["duplicates_dropped"]
        == got[1]["duplicates_dropped"]
        == log.counts["duplicates"]
        == 3000
    )
    assert got[0] == want[0] and got[2] == want[2] and got[1]["events"] == want[1]["events"]


@pytest.mark.parametrize("nothing", [None, ""])
def test_events_without_an_event_id_are_all_kept(nothing: str | None) -> None:
    ids = pa.array([nothing if i % 3 else f"id{i % 60}" for i in range(len(TABLE))])
    log = cl.EventLog.from_frame(TABLE.append_column("id", ids), **COLUMNS, event_id="id")
    assert log.counts["duplicates_dropped"] == len(TABLE) // 3 - 20
    numbers = pa.array([None if i % 3 else i % 60 for i in range(len(TABLE))])
    assert outcome(
        cl.EventLog.from_frame(TABLE.append_column("id", numbers), **COLUMNS, event_id="id")
    ) == outcome(log)


def test_repeated_event_ids_of_a_range_of_days_in_files_of_other_types(tmp_path: Path) -> None:
    table = BIG.append_column("id", pa.array(np.arange(len(BIG)) // 2))
    other_columns_and_types(table, tmp_path)
    first = day_number("2026-03-05")
    spec = LogSpec(**{**vars(LogSpec.of(**COLUMNS, event_id="id")), "days": (first, first + 20)})
    want = cl.EventLog.of(open_frame(table, spec.wanted()), spec)
    got = cl.EventLog.of(open_files(tmp_path / "*.parquet"), spec)
    assert want.counts["duplicates_dropped"] > 2000 and outcome(got) == outcome(want)


def test_a_table_of_duckdb_that_does_not_fit_into_memory(tmp_path: Path, disk: list[str]) -> None:
    big = table_of(rows=20_000, people=900)
    path = make_duckdb(tmp_path / "log.duckdb", ordered(big, "shuffled"))
    assert outcome(cl.EventLog.read(path, **COLUMNS, table="events", memory="50KB")) == outcome(
        cl.EventLog.from_frame(big, **COLUMNS)
    )
    assert disk
    doubled = make_duckdb(
        tmp_path / "twice.duckdb",
        ordered(
            pa.concat_tables([big.append_column("id", pa.array(np.arange(len(big))))] * 2),
            "shuffled",
        ),
    )
    log = cl.EventLog.read(doubled, **COLUMNS, table="events", event_id="id", memory="50KB")
    assert (
        log.counts["duplicates_dropped"] == len(big)
        and outcome(log)[0] == outcome(cl.EventLog.from_frame(big, **COLUMNS))[0]
    )


def test_one_temporary_folder_a_log_and_none_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cl.EventLog.from_frame(TABLE, **COLUMNS)
    assert os.listdir(tmp_path) == []


def test_duplicates_are_counted_and_dropped_where_an_id_says_so(frame: pd.DataFrame) -> None:
    twice = (
        pd.concat([frame, frame.head(20)])
        .assign(id=[*range(500), *range(20)])
        .sample(frac=1, random_state=1)
    )
    assert cl.EventLog.from_frame(twice, **OPTIONS).describe()["duplicates"] == 20
    log = cl.EventLog.from_frame(twice, **OPTIONS, event_id="id")
    assert log.describe()["duplicates_dropped"] == 20
    assert log.daily().digest == cl.EventLog.from_frame(frame, **OPTIONS).daily().digest
