"""Columns of a batch: types that cannot be used, and rows that are set aside."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from support.logs import (
    COLUMNS,
    SOUND,
    START,
    as_dictionary,
    outcome,
    put,
)

import churnlab as cl
from churnlab.errors import LogError

WANT = outcome(cl.EventLog.from_frame(SOUND, **COLUMNS))


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
        ("t", pa.array([1, 2, 3]), "holds numbers, the first 1 .* time_unit="),
        ("t", pa.array([timedelta(1)] * 3), "is duration"),
        (
            "t",
            pa.array(["2026-03-01 10:00", "soon", "2026-03-01 10:00"]),
            "is not a time in 1 of 3 rows, the first 'soon'",
        ),
        (
            "t",
            pa.array(["2026-03-01 10:00", "2026-03-01 10:00Z", "2026-03-01 10:00"]),
            "has a time zone in some parts and none in others",
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


NOTHING = [
    None,
    "",
    "null",
    "NULL",
    "None",
    "nan",
    "undefined",
    "00000000-0000-0000-0000-000000000000",
]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
)
def test_ids_that_are_none_are_set_aside_and_counted(kind: pa.DataType) -> None:
    users = pa.array([*NOTHING, "a", "b", "null ", "Nobody"] * 20).cast(kind)
    table = pa.table(
        {
            "u": users,
            "t": pa.array([START] * len(users), pa.timestamp("us")),
            "e": ["x"] * len(users),
        }
    )
    options = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    log = cl.EventLog.from_frame(table, **options, bad_ids=0.7)
    assert (
        log.counts["bad_ids"] == 160
        and list(log.daily().users) == ["Nobody", "a", "b", "null "]
        and log.describe()["events"] == 80
    )
    for share in (0.01, 0.66):
        with pytest.raises(
            LogError,
            match=rf"null, empty or a word for nothing in 160 of 240 rows, more than the share {share}",
        ):
            cl.EventLog.from_frame(table, **options, bad_ids=share)


@pytest.mark.parametrize(
    "users",
    [pa.nulls(5), pa.nulls(5, pa.string()), pa.nulls(5, pa.int64()), pa.array(["null"] * 5)],
)
def test_a_log_without_any_id_is_refused(users: pa.Array) -> None:
    table = pa.table({"u": users, "t": pa.array([START] * 5, pa.timestamp("us")), "e": ["x"] * 5})
    with pytest.raises(LogError, match="in 5 of 5 rows"):
        cl.EventLog.from_frame(table, user="u", time="t", event="e", timezone="UTC", bad_ids=1.0)


@pytest.mark.parametrize("nothing", [None, ""])
def test_events_without_a_name_are_refused_but_not_those_without_an_id(nothing: str | None) -> None:
    table = pa.table(
        {
            "u": ["a", None, "b"] * 2,
            "t": pa.array([START] * 6, pa.timestamp("us")),
            "e": ["x", nothing, "y"] * 2,
        }
    )
    assert cl.EventLog.from_frame(
        table, user="u", time="t", event="e", timezone="UTC", bad_ids=0.5
    ).names == ("x", "y")
    for kind in (pa.string(), pa.dictionary(pa.int32(), pa.string())):
        broken = table.set_column(0, "u", pa.array(["a"] * 6)).cast(
            pa.schema([("u", pa.string()), table.schema.field("t"), ("e", kind)])
        )
        with pytest.raises(
            LogError, match="column 'e' of the frame is null or empty in 2 of 6 rows"
        ):
            cl.EventLog.from_frame(broken, user="u", time="t", event="e", timezone="UTC")
