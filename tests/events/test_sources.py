"""The same events from every kind of source and of every type give the same daily rows; what cannot be read is one line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import oracle
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from events.test_databases import Run, pg, postgres, server
from events.test_rollup import COLUMNS, disk, ordered, outcome, table_of

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events import sources
from churnlab.events.postgres_table import PostgresTable
from churnlab.events.spec import LogSpec
from churnlab.schema.days import day_number

__all__ = ["disk", "postgres", "server"]  # fixtures
TABLE = table_of(rows=3000, people=120, seed=3)
SOUND = TABLE.filter(pc.fill_null(pc.not_equal(TABLE["u"], "null"), False))
WANT = outcome(cl.EventLog.from_frame(SOUND, **COLUMNS))


def put(table: pa.Table, column: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, values)


def as_dictionary(
    column: pa.Array,
    index: pa.DataType | None = None,
    value: pa.DataType | None = None,
    more: tuple[str | None, ...] = (),
) -> pa.DictionaryArray:
    """A dictionary with further entries before those that are used, and each used one twice, by turns."""
    found = (
        column.combine_chunks().dictionary_encode()
        if isinstance(column, pa.ChunkedArray)
        else column.dictionary_encode()
    )
    known, places = found.dictionary.to_pylist(), found.indices.to_numpy(zero_copy_only=False)
    turn = np.arange(len(places)) % 2 * len(known)
    values = pa.array([*more, *known, *known], pa.string()).cast(value or pa.string())
    return pa.DictionaryArray.from_arrays(
        pa.array(places + len(more) + turn, index or pa.int32()), values
    )


# -------------------------------------------------------------------------------------------------------------------- types


@pytest.mark.parametrize("value", [pa.string(), pa.large_string(), pa.string_view()])
@pytest.mark.parametrize(
    "index", [None, pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()]
)
@pytest.mark.parametrize("column", ["u", "e", "p"])
def test_text_of_every_type(column: str, index: pa.DataType | None, value: pa.DataType) -> None:
    if column == "p":
        text = SOUND["p"].combine_chunks()
        encoded = text.dictionary_encode()
        values = (
            pa.DictionaryArray.from_arrays(
                encoded.indices.cast(index or pa.int32()), encoded.dictionary.cast(value)
            )
            if index
            else text.cast(value)
        )
    else:
        values = (
            as_dictionary(SOUND[column], index, value, ("unused", "like", "x" * 50))
            if index
            else SOUND[column].cast(value)
        )
    assert outcome(cl.EventLog.from_frame(put(SOUND, column, values), **COLUMNS)) == WANT


def test_dictionaries_with_unused_repeated_and_null_entries() -> None:
    for column in ("u", "e"):
        values = as_dictionary(SOUND[column], more=(None, "", "onboarding", "never", None, "null"))
        assert outcome(cl.EventLog.from_frame(put(SOUND, column, values), **COLUMNS)) == WANT
    names = cl.EventLog.from_frame(
        put(SOUND, "e", as_dictionary(SOUND["e"], more=("onboarding",))), **COLUMNS
    )
    assert "onboarding" not in names.names and "n_onboarding" not in names.daily().columns
    with pytest.raises(LogError, match="role 'social' names 'like', and the log has no such event"):
        cl.EventLog.from_frame(
            put(SOUND, "e", as_dictionary(SOUND["e"], more=("like",))),
            **COLUMNS,
            roles={"social": ["like"]},
        )


@pytest.mark.parametrize("entry", [None, "", "null"])
def test_dictionary_entries_that_are_no_id_are_set_aside_where_they_are_used(
    entry: str | None,
) -> None:
    values = as_dictionary(SOUND["u"], more=(entry,))
    holes = pa.DictionaryArray.from_arrays(
        pa.array(np.where(np.arange(len(values)) < 5, 0, values.indices.to_numpy()), pa.int32()),
        values.dictionary,
    )
    log = cl.EventLog.from_frame(put(SOUND, "u", holes), **COLUMNS)
    assert log.counts["bad_ids"] == 5
    assert log.daily().digest == cl.EventLog.from_frame(SOUND.slice(5), **COLUMNS).daily().digest


NUMBERS = put(SOUND, "u", pa.array([int(u) - 60 for u in SOUND["u"].to_pylist()]))


@pytest.mark.parametrize(
    "kind",
    [
        pa.int8(),
        pa.int16(),
        pa.int32(),
        pa.int64(),
        pa.uint8(),
        pa.uint32(),
        pa.uint64(),
        pa.dictionary(pa.int16(), pa.int64()),
    ],
)
def test_whole_numbers_of_every_type(kind: pa.DataType) -> None:
    positive = put(NUMBERS, "u", pc.add(NUMBERS["u"], 60))
    want = outcome(cl.EventLog.from_frame(positive, **COLUMNS))
    cast = (
        positive["u"].combine_chunks().dictionary_encode().cast(kind)
        if pa.types.is_dictionary(kind)
        else positive["u"].cast(kind)
    )
    log = cl.EventLog.from_frame(put(positive, "u", cast), **COLUMNS)
    assert outcome(log) == want and log.daily().users.dtype == np.int64


def test_the_largest_and_smallest_numbers_are_ids() -> None:
    users = [-(2**63), 2**63 - 1, -1, 0, 1, 2**62, -(2**62)]
    table = pa.table(
        {
            "u": pa.array(users * 3),
            "t": pa.array([datetime(2026, 3, d) for d in (1, 2, 3) for _ in users]),
            "e": ["x"] * 21,
        }
    )
    activity = cl.EventLog.from_frame(table, user="u", time="t", event="e", timezone="UTC").daily()
    assert activity.users.tolist() == sorted(users) and activity.counts[:, 0].tolist() == [1] * 21


@pytest.mark.parametrize(
    "column, values, match",
    [
        ("u", pa.array([2**63] * 3, pa.uint64()), "uint64 beyond 9.2e18"),
        ("u", pa.array([1.5] * 3), "is double; give text or whole numbers"),
        ("u", pa.array([b"a"] * 3), "is binary; give text or whole numbers"),
        ("u", pa.array([True] * 3), "is bool; give text"),
        ("u", pa.array([1.5] * 3).dictionary_encode(), "is double; give text"),
        ("u", pa.array([["a"]] * 3), "is list"),
        ("e", pa.array([1.5] * 3), "is double; give text or whole numbers"),
        ("e", pa.array([True] * 3), "is bool; give text or whole numbers"),
        ("t", pa.array([1, 2, 3]), "is int64; give timestamps, dates or text"),
        ("t", pa.array([timedelta(1)] * 3), "is duration"),
        (
            "t",
            pa.array(["2026-03-01 10:00", "soon", "2026-03-01 10:00"]),
            "is not a time in 1 of 3 rows, the first 'soon'",
        ),
        (
            "t",
            pa.array(["2026-03-01 10:00", "2026-03-01 10:00Z", "2026-03-01 10:00"]),
            "is not a time in 2 of 3 rows",
        ),
        ("a", pa.array([True] * 3), "is bool; give numbers"),
        ("a", pa.array([b"1"] * 3), "is binary; give numbers"),
        ("t", pa.array([None, datetime(2026, 3, 1), None]), "null or empty in 2 of 3 rows"),
    ],
)
def test_types_that_cannot_be_used_are_refused_in_one_line(
    column: str, values: pa.Array, match: str
) -> None:
    table = pa.table(
        {
            "u": ["a", "b", "c"],
            "t": pa.array([datetime(2026, 3, 1)] * 3),
            "e": ["x"] * 3,
            "a": [1.0] * 3,
        }
    )
    with pytest.raises(LogError, match=match) as caught:
        cl.EventLog.from_frame(
            put(table, column, values),
            user="u",
            time="t",
            event="e",
            amount="a",
            roles={},
            timezone="UTC",
        )
    assert "\n" not in str(caught.value)


def test_event_names_that_are_whole_numbers() -> None:
    places = {n: i for i, n in enumerate(WANT[1]["names"])} | {"heartbeat": 99}
    numbers = [places[n] for n in SOUND["e"].to_pylist()]
    roles = {n: [str(i)] for n, i in places.items() if n not in ("open", "heartbeat")} | {
        "open": ["0"]
    }
    options = {**COLUMNS, "ignore": ["99"], "roles": roles}
    for kind in (pa.int8(), pa.uint64(), pa.dictionary(pa.int32(), pa.int64())):
        column = (
            pa.array(numbers).dictionary_encode()
            if pa.types.is_dictionary(kind)
            else pa.array(numbers, kind)
        )
        log = cl.EventLog.from_frame(put(SOUND, "e", column), **options)
        assert outcome(log)[2] == WANT[2]


def times_as(kind: str) -> pa.Array:
    """The times as another type, and what they then are in whole seconds, days."""
    utc = SOUND["t"].combine_chunks()
    if kind.startswith("text"):
        form = {"text": "%Y-%m-%d %H:%M:%S+00:00", "text Z": "%Y-%m-%dT%H:%M:%SZ"}[kind]
        return pc.strftime(utc.cast(pa.timestamp("s", "UTC")), form)
    return utc.cast(pa.timestamp(kind.split()[0], "Asia/Tokyo" if "Tokyo" in kind else "UTC"))


@pytest.mark.parametrize("kind", ["s", "ms", "us", "ns", "s Tokyo", "ns Tokyo", "text", "text Z"])
def test_times_with_a_zone_of_every_type(kind: str) -> None:
    assert outcome(cl.EventLog.from_frame(put(SOUND, "t", times_as(kind)), **COLUMNS)) == WANT


@pytest.mark.parametrize("kind", ["s", "ms", "us", "ns", "text", "text T", "date32", "date64"])
def test_times_without_a_zone_are_the_local_clock(kind: str) -> None:
    local_clock = pc.local_timestamp(
        SOUND["t"].combine_chunks().cast(pa.timestamp("us", "America/New_York"))
    )
    if kind.startswith("date"):
        local_clock = pc.floor_temporal(local_clock, unit="day")
    want = outcome(cl.EventLog.from_frame(put(SOUND, "t", local_clock), **COLUMNS))
    assert (want[0] == WANT[0]) is not kind.startswith("date")
    if kind.startswith("text"):
        values: pa.Array = pc.strftime(
            local_clock.cast(pa.timestamp("s")),
            "%Y-%m-%dT%H:%M:%S" if "T" in kind else "%Y-%m-%d %H:%M:%S",
        )
    else:
        values = local_clock.cast(
            {"date32": pa.date32(), "date64": pa.date64()}.get(kind) or pa.timestamp(kind)
        )
    assert outcome(cl.EventLog.from_frame(put(SOUND, "t", values), **COLUMNS)) == want


# ------------------------------------------------------------------------------------------------------------------- frames


@pytest.mark.parametrize("order", ["time", "shuffled"])
def test_frames_of_every_library(order: str) -> None:
    table = ordered(SOUND, order)
    frame = table.to_pandas()
    frames = {
        "pandas": frame,
        "categories": frame.astype({"u": "category", "e": "category", "p": "category"}),
        "objects": frame.astype({"u": object, "e": object}),
        "polars": pl.from_arrow(table),
        "lazy": pl.from_arrow(table).lazy(),
        "duckdb": duckdb.sql("select * from frame"),
        "polars categories": pl.from_arrow(table).with_columns(
            pl.col("u", "e").cast(pl.Categorical)
        ),
        "record batches": pa.RecordBatchReader.from_batches(table.schema, table.to_batches(100)),
    }
    for name, given in frames.items():
        assert outcome(cl.EventLog.from_frame(given, **COLUMNS)) == WANT, name


def test_a_slice_of_a_table_is_read_from_where_it_begins() -> None:
    for begin in (1, 7, 64, 65):
        some = SOUND.slice(begin, 900)
        copy = pa.Table.from_pylist(some.to_pylist(), some.schema)
        assert outcome(cl.EventLog.from_frame(some, **COLUMNS)) == outcome(
            cl.EventLog.from_frame(copy, **COLUMNS)
        )


def test_a_pandas_column_of_mixed_objects_is_refused_in_one_line() -> None:
    frame = pd.DataFrame({"u": [1, "a", 2], "t": pd.Timestamp("2026-01-01"), "e": "x"})
    with pytest.raises(
        LogError, match="the frame cannot be read: .*column u with type object"
    ) as caught:
        cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC")
    assert "\n" not in str(caught.value)


def test_where_no_event_is_called_purchase_all_amounts_are_money() -> None:
    renamed = put(SOUND, "e", pc.replace_substring(SOUND["e"], "purchase", "purchases"))
    money = cl.EventLog.from_frame(renamed, **COLUMNS).daily().values("money")
    sound = [
        oracle.micros(a)
        for a, e, u in zip(*(SOUND[c].to_pylist() for c in "aeu"), strict=True)
        if e != "heartbeat" and u
    ]
    assert money.sum() == sum(sound) > WANT[1]["money"] * 1e6
    named = {
        "purchase": ["purchases"],
        "social": ["social"],
        "push_sent": ["push_sent"],
        "push_opened": ["push_opened"],
        "open": ["open"],
    }
    assert outcome(cl.EventLog.from_frame(renamed, **COLUMNS, roles=named))[2] == WANT[2]


def test_two_columns_of_one_name_are_refused_in_one_line() -> None:
    twice = pa.Table.from_arrays(
        [TABLE["u"], TABLE["t"], TABLE["e"], TABLE["e"]], names=["u", "t", "e", "e"]
    )
    for given in (twice, twice.to_pandas()):
        with pytest.raises(
            LogError,
            match="column 'e' of the frame is there more than once; give one column of that name",
        ):
            cl.EventLog.from_frame(given, user="u", time="t", event="e")


@pytest.mark.parametrize(
    "column, values, match",
    [
        (
            "u",
            pa.array([1] * 3),
            "column 'u' of .* and another type in others; give one type of id",
        ),
        ("t", pa.array([datetime(2026, 3, 1)] * 3), "has a time zone in some parts"),
        ("e", None, r"1\.parquet has no column 'e' \(given as event=\)"),
        ("a", pa.array(["much"] * 3), None),
        ("t", pa.array(["2026-03-01 10:00Z"] * 3), None),
    ],
)
def test_files_that_differ_in_types_are_read_or_refused_in_one_line(
    column: str, values: pa.Array | None, match: str | None, tmp_path: Path
) -> None:
    table = pa.table(
        {
            "u": ["a", "b", "c"],
            "t": pa.array([datetime(2026, 3, 1)] * 3, pa.timestamp("us", "UTC")),
            "e": ["x"] * 3,
            "a": [1.0] * 3,
        }
    )
    for order in (0, 1):
        pq.write_table(table, tmp_path / f"{1 - order if values is not None else 0}.parquet")
        pq.write_table(
            put(table, column, values) if values is not None else table.drop_columns([column]),
            tmp_path / f"{order if values is not None else 1}.parquet",
        )
        options = {
            "user": "u",
            "time": "t",
            "event": "e",
            "amount": "a",
            "roles": {},
            "timezone": "UTC",
        }
        if match is None:
            assert cl.EventLog.read(tmp_path / "*.parquet", **options).describe()["events"] == 6
            continue
        with pytest.raises(LogError, match=match) as caught:
            cl.EventLog.read(tmp_path / "*.parquet", **options)
        assert "\n" not in str(caught.value)


# -------------------------------------------------------------------------------------------------------------- long frames

LONG = {
    "user": "u",
    "time": "t",
    "event": "e",
    "timezone": "America/St_Johns",
    "ignore": "heartbeat",
    "bad_ids": 0.2,
}


@pytest.mark.parametrize("kind", ["us", "ns", "s"])
def test_a_long_frame_is_cut_at_days_but_not_where_the_clock_is_set_back_over_midnight(
    kind: str,
) -> None:
    rng = np.random.default_rng(0)
    begin = np.datetime64("2010-11-05T12:00:00", "us")
    times = np.sort(begin + rng.integers(0, 4 * 86_400, 1_000_000).astype("timedelta64[s]"))
    table = pa.table(
        {
            "u": rng.integers(0, 50, len(times)),
            "t": pa.array(times, pa.timestamp("us", "UTC")).cast(pa.timestamp(kind, "UTC")),
            "e": pa.array(["x"] * len(times)),
        }
    )
    spec = LogSpec.of(**LONG)
    assert len(sources.open_frame(table, spec.wanted()).tasks(spec, 4)) > 2
    one, four = (cl.EventLog.from_frame(table, **LONG, threads=t).daily() for t in (1, 4))
    assert one.digest == four.digest
    assert len(set(zip(four.codes.tolist(), four.day.tolist(), strict=True))) == len(four.day)


# ---------------------------------------------------------------------------------------------------------------------- CSV


@pytest.mark.parametrize("layout", ["one", "gz", "tsv", "files", "quoted"])
@pytest.mark.parametrize("order", ["time", "shuffled"])
def test_csv(layout: str, order: str, tmp_path: Path) -> None:
    frame = ordered(SOUND, order).to_pandas()
    if layout == "files":
        for i in range(4):
            frame.iloc[i * 900 : (i + 1) * 900].to_csv(tmp_path / f"{i}.csv", index=False)
        path = "*.csv"
    else:
        path = {"one": "log.csv", "gz": "log.csv.gz", "tsv": "log.tsv", "quoted": "log.csv"}[layout]
        frame.to_csv(
            tmp_path / path,
            index=False,
            sep="\t" if layout == "tsv" else ",",
            quoting=1 if layout == "quoted" else 0,
        )
    assert outcome(cl.EventLog.read(tmp_path / path, **COLUMNS)) == WANT


def test_csv_fields_that_are_empty() -> None:
    lines = [
        "u,t,e,a",
        "a,2026-03-01 10:00,x,",
        ",2026-03-01 10:00,x,5",
        "null,2026-03-01 10:00,x,5",
        'a,2026-03-01 11:00,x,"1e3"',
        "b,2026-03-02,x,much",
    ]
    Path("log.csv").write_text("\n".join(lines))
    log = cl.EventLog.read(
        "log.csv", user="u", time="t", event="e", amount="a", roles={}, timezone="UTC", bad_ids=0.5
    )
    assert (
        log.counts["bad_ids"] == 2
        and log.counts["bad_amounts"] == 1
        and log.daily().frame()["money"].tolist() == [10**9, 0]
    )
    Path("log.csv").write_text("u,t,e\na,2026-03-01 10:00,x\na,,x\n")
    with pytest.raises(LogError, match="column 't' of .* is not a time in 1 of 2 rows"):
        cl.EventLog.read("log.csv", user="u", time="t", event="e", timezone="UTC")


# ------------------------------------------------------------------------------------------------------------------ Parquet


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
    options = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    want = pd.Series(nanos // (86_400 * 10**9)).value_counts().sort_index()
    for log in (
        cl.EventLog.from_frame(table, **options),
        cl.EventLog.read(tmp_path / "log.parquet", **options, threads=4),
    ):
        assert (
            log.daily().day.tolist() == want.index.tolist()
            and log.daily().counts[:, 0].tolist() == want.tolist()
        )


def test_a_range_of_days_counts_what_is_in_it_alone(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "log.parquet", row_group_size=250)
    TABLE.to_pandas().to_csv(tmp_path / "log.csv", index=False)
    make(tmp_path / "log.duckdb", TABLE)
    first = day_number("2026-03-05")
    days = (
        pc.local_timestamp(TABLE["t"].cast(pa.timestamp("us", "America/New_York")))
        .cast(pa.date32())
        .cast(pa.int32())
        .to_numpy()
    )
    inside = (days >= first) & (days < first + 4)
    want = outcome(cl.EventLog.from_frame(TABLE.filter(pa.array(inside)), **COLUMNS))
    spec = LogSpec.of(**COLUMNS, threads=4, table="events")
    spec = LogSpec(**{**vars(spec), "days": (first, first + 4)})
    paths = [
        sources.open_path(tmp_path / name, spec)
        for name in ("log.parquet", "log.duckdb", "log.csv")
    ]
    for source in (*paths, sources.open_frame(TABLE, spec.wanted())):
        assert outcome(cl.EventLog.of(source, spec)) == want, source.name


# ---------------------------------------------------------------------------------------------------------------- databases


def make(path: Path, table: pa.Table) -> Path:
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        connection.register("given", table)
        connection.execute("create table events as select * from given")
    return path


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("order", ["time", "user", "shuffled"])
def test_a_table_of_duckdb(order: str, threads: int, tmp_path: Path) -> None:
    path = make(tmp_path / "log.duckdb", ordered(TABLE, order))
    want = outcome(cl.EventLog.from_frame(TABLE, **COLUMNS))
    assert outcome(cl.EventLog.read(path, **COLUMNS, table="events", threads=threads)) == want


def test_a_table_of_duckdb_that_does_not_fit_into_memory(tmp_path: Path, disk: list[str]) -> None:
    big = table_of(rows=20_000, people=900)
    path = make(tmp_path / "log.duckdb", ordered(big, "shuffled"))
    assert outcome(cl.EventLog.read(path, **COLUMNS, table="events", memory="50KB")) == outcome(
        cl.EventLog.from_frame(big, **COLUMNS)
    )
    assert len(disk) == 1
    doubled = make(
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


@pytest.fixture
def set_back() -> pa.Table:
    """An event every ten minutes of the days around a night when the clock was set back over midnight, one minute after it."""
    times = [datetime(2010, 11, 4, tzinfo=UTC) + timedelta(minutes=10 * i) for i in range(6 * 144)]
    n = np.arange(len(times))
    return pa.table(
        {
            "u": pa.array(np.where(n % 11 == 3, None, "a")),
            "t": pa.array(times, pa.timestamp("us", "UTC")),
            "e": pa.array(np.where(n % 3 == 0, "heartbeat", "x")),
        }
    )


def check_set_back(read: Callable[[dict[str, Any]], cl.EventLog], table: pa.Table) -> None:
    want = outcome(cl.EventLog.from_frame(table, **LONG, threads=1))
    for threads in (1, 4):
        assert outcome(read({**LONG, "threads": threads})) == want


def test_duckdb_loses_no_event_of_an_hour_that_comes_twice(
    set_back: pa.Table, tmp_path: Path
) -> None:
    path = make(tmp_path / "log.duckdb", set_back)
    check_set_back(lambda options: cl.EventLog.read(path, **options, table="events"), set_back)
    first = day_number("2010-11-06")
    for day in range(first - 1, first + 3):  # as the store's update reads it
        spec = LogSpec(**{**vars(LogSpec.of(**LONG, table="events")), "days": (day, day + 1)})
        log = cl.EventLog.of(sources.open_path(path, spec), spec)
        got, whole = log.daily(), cl.EventLog.from_frame(set_back, **LONG).daily()
        assert (
            got.day.tolist() == [day]
            and got.counts[0].tolist() == whole.counts[whole.day == day][0].tolist()
        )
        there = (
            pc.local_timestamp(set_back["t"].cast(pa.timestamp("us", LONG["timezone"])))
            .cast(pa.date32())
            .cast(pa.int32())
            .to_numpy()
        )
        assert log.counts["bad_ids"] == int((there == day)[3::11].sum())


def test_parquet_loses_no_event_of_an_hour_that_comes_twice(
    set_back: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(set_back, tmp_path / "log.parquet", row_group_size=6)
    check_set_back(lambda options: cl.EventLog.read(tmp_path / "log.parquet", **options), set_back)


@pytest.mark.parametrize(
    "kind", ["TIMESTAMPTZ", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_S", "DATE", "VARCHAR"]
)
def test_duckdb_does_not_hide_null_times(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "log.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(
            f"create table events as select 'a' as u, cast(timestamp '2026-03-01' + to_days(i::int) as {kind}) as t, 'x' as e "
            "from range(9) r(i)"
        )
        connection.execute("insert into events values ('a', null, 'x')")
    with pytest.raises(
        LogError,
        match="column 't' of table 'events' of .* is (null or empty|not a time) in 1 of 10 rows",
    ):
        cl.EventLog.read(path, user="u", time="t", event="e", timezone="UTC", table="events")


def test_duckdb_does_not_lose_the_last_nanosecond_before_1970(tmp_path: Path) -> None:
    path = tmp_path / "log.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(
            "create table events as select 'a' as u, make_timestamp_ns(i * 86400000000000 - 1) as t, 'x' as e "
            "from range(-20, 20) r(i)"
        )
    for threads in (1, 4):
        log = cl.EventLog.read(
            path, user="u", time="t", event="e", timezone="UTC", table="events", threads=threads
        )
        assert log.daily().day.tolist() == list(range(-21, 19))


@pytest.fixture
def filled(postgres: Run) -> Callable[[pa.Table], None]:
    def fill(table: pa.Table) -> None:
        from adbc_driver_postgresql import dbapi

        with dbapi.connect("postgresql://") as connection, connection.cursor() as cursor:
            cursor.adbc_ingest("events", table, mode="create")
            connection.commit()

    return fill


@pg
def test_a_table_of_postgres(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(ordered(TABLE, "shuffled"))
    want = outcome(cl.EventLog.from_frame(TABLE, **COLUMNS))
    asked = []
    table = PostgresTable
    batches = table.batches
    monkeypatch.setattr(
        table,
        "batches",
        lambda self, columns, time, low, high: (
            asked.append((low, high)) or batches(self, columns, time, low, high)
        ),
    )
    for threads in (1, 4):
        assert (
            outcome(cl.EventLog.read("postgresql://", **COLUMNS, table="events", threads=threads))
            == want
        )
    assert len(asked) >= 20 and all(low < high for low, high in asked)
    assert (
        outcome(
            cl.EventLog.read("postgresql://", **COLUMNS, table="events", threads=1, memory="20KB")
        )
        == want
    )


@pg
def test_postgres_loses_no_event_of_an_hour_that_comes_twice(
    filled: Any, set_back: pa.Table
) -> None:
    filled(set_back)
    check_set_back(
        lambda options: cl.EventLog.read("postgresql://", **options, table="events"), set_back
    )


@pg
def test_postgres_does_not_hide_null_times(filled: Any, postgres: Run) -> None:
    filled(TABLE)
    postgres("update events set t = null where n = 7")
    with pytest.raises(
        LogError, match="column 't' of table 'events' of postgresql:// is null or empty in"
    ):
        cl.EventLog.read("postgresql://", **COLUMNS, table="events")
