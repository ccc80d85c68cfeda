"""Row groups of Parquet files: any layout gives the same bytes, and ranges of days count each event once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.logs import (
    COLUMNS,
    SOUND,
    TABLE,
    one_file,
    ordered,
    other_columns_and_types,
    outcome,
    put,
    tall,
)

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events import row_groups
from churnlab.events.files import open_files
from churnlab.events.spec import LogSpec


def files_out_of_order(table: pa.Table, folder: Path) -> None:
    for i, begin in enumerate(range(0, len(table), 1100)):
        pq.write_table(
            table.slice(begin, 1100), folder / f"{(7 * i) % 11:02d}.parquet", row_group_size=150
        )


def interleaved(table: pa.Table, folder: Path) -> None:
    """Every day in every file and in many row groups, files ordered by time within themselves."""
    for i in range(3):
        pq.write_table(
            table.take(np.arange(i, len(table), 3)), folder / f"{i}.parquet", row_group_size=97
        )


LAYOUTS: dict[str, Callable[[pa.Table, Path], None]] = {
    "one row group": one_file,
    "row groups of 7": lambda t, f: one_file(t, f, row_group_size=7),
    "row groups of 500": lambda t, f: one_file(t, f, row_group_size=500),
    "no statistics": lambda t, f: one_file(t, f, row_group_size=500, write_statistics=False),
    "no dictionaries, old pages": lambda t, f: one_file(
        t, f, use_dictionary=False, data_page_version="1.0", compression="zstd"
    ),
    "files out of order": files_out_of_order,
    "interleaved": interleaved,
    "other columns and types": other_columns_and_types,
}


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("order", ["time", "user", "shuffled"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_files_and_row_groups_change_no_byte(
    layout: str, order: str, threads: int, expected: tuple, tmp_path: Path
) -> None:
    LAYOUTS[layout](ordered(TABLE, order), tmp_path)
    assert outcome(cl.EventLog.read(tmp_path / "*.parquet", **COLUMNS, threads=threads)) == expected


def test_row_groups_are_read_once_whatever_days_they_share(
    tmp_path: Path, expected: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(TABLE, tmp_path / "log.parquet", row_group_size=700)
    parts = open_files(tmp_path / "log.parquet").tasks(LogSpec.of(**COLUMNS), 4)
    assert len(parts) > 4 and sum(b.num_rows for p in parts for b in p.batches()) == len(TABLE)
    edges = [edge for p in parts if p.order == "time" for edge in p.own]
    assert edges == sorted(edges) and len(set(edges)) == len(edges)
    assert outcome(cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS, threads=4)) == expected


@pytest.mark.parametrize(
    "users, lie_together",
    [
        ([["a", "b"], ["b", "c"], ["d"]], True),
        ([["c"], ["b", "c"], ["a", "b"]], True),
        ([["a", "c"], ["b", "d"]], False),
        ([["a", "b"], [None]], False),
        ([["a", "b"]], False),
        ([[-2, 1], [1, 1], [1, 5]], True),
        ([[1.0], [2.0]], False),
    ],
)
def test_groups_by_person_reach_no_further_than_one_person(
    users: list[list[Any]], lie_together: bool, tmp_path: Path
) -> None:
    flat = [u for some in users for u in some]
    table = tall(flat, ["2026-03-01"] * len(flat), ["x"] * len(flat))
    with pq.ParquetWriter(tmp_path / "log.parquet", table.schema) as writer:
        for begin, some in zip(np.cumsum([0, *map(len, users)]).tolist(), users, strict=False):
            writer.write_table(table.slice(begin, len(some)))
    spec = LogSpec.of(**{**COLUMNS, "amount": None, "measures": []})
    groups = open_files(tmp_path / "log.parquet")._groups(spec)
    runs = row_groups.by_person(groups, 10)
    assert bool(runs) == lie_together
    found = [g.users for run in runs for g in run]
    assert found == sorted(found) and (not runs or len(found) == len(users))


def test_null_times_are_refused_whatever_the_layout(tmp_path: Path) -> None:
    for group in (700, 10_000):
        for statistics in (True, False):
            times = TABLE.column("t").to_pylist()
            times[3000] = None
            broken = TABLE.set_column(1, "t", pa.array(times, pa.timestamp("us", "UTC")))
            one_file(broken, tmp_path, row_group_size=group, write_statistics=statistics)
            with pytest.raises(
                LogError, match=r"column 't' of .* is null or empty in 1 of [\d,]+ rows"
            ):
                cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS)


def test_null_times_of_ignored_events_are_ignored_whatever_the_layout(tmp_path: Path) -> None:
    names = TABLE.column("e").to_pylist()
    times = [
        None if n == "heartbeat" else t
        for n, t in zip(names, TABLE.column("t").to_pylist(), strict=True)
    ]
    broken = TABLE.set_column(1, "t", pa.array(times, pa.timestamp("us", "UTC")))
    found = []
    for group in (700, 10_000):
        one_file(broken, tmp_path, row_group_size=group)
        found.append(outcome(cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS, threads=4)))
    assert found[0] == found[1] == outcome(cl.EventLog.from_frame(broken, **COLUMNS))


@pytest.mark.parametrize("far", [2**62, -(2**62), 2**63 - 1, -(2**63)])
@pytest.mark.parametrize("kind", ["ms", "us"])
def test_a_file_whose_statistics_no_calendar_shows_is_refused_in_one_line(
    kind: str, far: int, tmp_path: Path
) -> None:
    values = [
        *(np.asarray(TABLE["t"].cast(pa.int64()))[:60] // (1000 if kind == "ms" else 1)).tolist(),
        far,
    ]
    table = pa.table(
        {
            "u": ["ann"] * 61,
            "t": pa.array(values, pa.int64()).cast(pa.timestamp(kind, tz="UTC")),
            "e": ["x"] * 61,
        }
    )
    one_file(table, tmp_path, row_group_size=20)
    with pytest.raises(
        LogError, match=r"column 't' of .*log.parquet holds times outside the years 1 to 9999"
    ) as caught:
        cl.EventLog.read(
            tmp_path / "log.parquet",
            user="u",
            time="t",
            event="e",
            timezone="America/New_York",
            threads=4,
        )
    assert "\n" not in str(caught.value)


KINDS = [
    *((k, z) for k in ("s", "ms", "us", "ns") for z in (None, "UTC", "Asia/Tokyo")),
    ("int96", None),
    ("date32", None),
]


@pytest.mark.parametrize("kind, zone_name", KINDS)
def test_parquet_of_every_type_of_time_is_read_a_range_of_days_at_a_time(
    kind: str, zone_name: str | None, tmp_path: Path
) -> None:
    unit = "ns" if kind == "int96" else kind
    times = (
        SOUND["t"]
        .cast(pa.timestamp("us"))
        .cast(pa.date32() if kind == "date32" else pa.timestamp("us", zone_name))
    )
    table = put(
        SOUND, "t", times if kind == "date32" else times.cast(pa.timestamp(unit, zone_name))
    )
    want = outcome(cl.EventLog.from_frame(table, **COLUMNS))
    pq.write_table(
        table,
        tmp_path / "log.parquet",
        row_group_size=300,
        use_deprecated_int96_timestamps=kind == "int96",
    )
    assert outcome(cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS, threads=4)) == want


def test_nanoseconds_before_1970_are_found_in_their_day(tmp_path: Path) -> None:
    nanos = np.sort(
        np.concatenate([np.arange(-40, 40) * 86_400 * 10**9 + k for k in (-1500, -999, -1, 0, 1)])
    )
    table = pa.table(
        {
            "u": ["a"] * len(nanos),
            "t": pa.array(nanos).cast(pa.timestamp("ns", "UTC")),
            "e": ["x"] * len(nanos),
        }
    )
    pq.write_table(table, tmp_path / "log.parquet", row_group_size=5)
    options = {"user": "u", "time": "t", "event": "e", "timezone": "UTC", "since": None}
    want = pd.Series(nanos // (86_400 * 10**9)).value_counts().sort_index()
    for log in (
        cl.EventLog.from_frame(table, **options),
        cl.EventLog.read(tmp_path / "log.parquet", **options, threads=4),
    ):
        assert (
            log.daily().day.tolist() == want.index.tolist()
            and log.daily().counts[:, 0].tolist() == want.tolist()
        )


def test_small_row_groups_are_read_together_and_a_large_one_alone() -> None:
    assert list(row_groups.together([], 100)) == []
    assert list(row_groups.together([(0, 0)], 100)) == [([0], 1)]
    small = [(i, 30) for i in range(4)]
    assert list(row_groups.together(small, 100)) == [([0, 1, 2], 90), ([3], 30)]
    assert list(row_groups.together([(0, 30), (1, 350), (2, 10)], 100)) == [
        ([0], 30),
        ([1], 350),
        ([2], 10),
    ]


def test_a_file_by_person_is_not_taken_for_one_by_time(tmp_path: Path) -> None:
    pq.write_table(ordered(TABLE, "user"), tmp_path / "log.parquet", row_group_size=500)
    parts = open_files(tmp_path / "log.parquet").tasks(LogSpec.of(**COLUMNS), 4)
    assert len(parts) > 4 and all(p.order == "person" for p in parts)
