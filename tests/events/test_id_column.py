"""Ids of types that are neither text nor whole numbers: read right, set aside, or refused."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events.id_column import known_ids

PERSON = uuid.UUID(int=5)


def log_of(ids: Any, **options: Any) -> cl.EventLog:
    frame = {"u": ids, "t": ["2026-03-01 10:00"] * len(ids), "e": ["open"] * len(ids)}
    table = pd.DataFrame(frame) if isinstance(ids, pd.Series) else pa.table(frame)
    names = {"user": "u", "time": "t", "event": "e", "timezone": "UTC", "bad_ids": 0.9}
    return cl.EventLog.from_frame(table, **{**names, **options})


def no_text(*raw: bytes) -> pa.Array:
    """Strings of these bytes, unchecked, as a damaged Parquet file has them."""
    column = pa.array(list(raw), pa.large_binary())
    return pa.LargeStringArray.from_buffers(len(column), *column.buffers()[1:])


@pytest.mark.parametrize(
    "ids, people, bad",
    [
        (pa.array([Decimal(5), Decimal(2**62), None], pa.decimal128(38, 0)), [5, 2**62], 1),
        (pa.array([Decimal("5.00")], pa.decimal128(10, 2)), [5], 0),
        (pa.array([123.0, np.nan, None, -7.0]), [-7, 123], 2),
        (pa.array(np.array([3, 4], np.float16)), [3, 4], 0),
        (pd.Series([1.0, np.nan]), [1], 1),
        (pd.Series([Decimal(5), 6], dtype=object), [5, 6], 0),
        (pa.array([PERSON.bytes, None], pa.uuid()), [str(PERSON)], 1),
        (pd.Series([PERSON, uuid.UUID(int=0)], dtype=object), [str(PERSON)], 1),
        (pd.Series(["a\ud800", "b", "\udfff"], dtype=object), ["b"], 2),
        (pd.Series(pd.Categorical(pd.Series(["a\ud800", "b"], dtype=object))), ["b"], 1),
        (no_text(b"a\xed\xa0\x80", b"b", b"\xff"), ["b"], 2),
        (no_text(b"\xff", b"b").dictionary_encode(), ["b"], 1),
        (pd.Series(["a\0b", "a"]), ["a", "a\0b"], 0),
        (pd.Series(["x" * 10**6, "x" * 10**6 + "y"]), ["x" * 10**6, "x" * 10**6 + "y"], 0),
    ],
)
def test_ids_are_read_right_or_set_aside(ids: Any, people: list[Any], bad: int) -> None:
    log = log_of(ids)
    assert log.daily().users.tolist() == people and log.counts["bad_ids"] == bad


@pytest.mark.parametrize(
    "ids, match",
    [
        (pa.array([Decimal(10) ** 30], pa.decimal128(38, 0)), "numbers beyond 9.2e18; give text"),
        (pa.array([Decimal("5.50")], pa.decimal128(10, 2)), "with fractions"),
        (pa.array([1.5]), "is double; give text or whole numbers"),
        (pa.array([2.0**53]), "is double with numbers beyond 9e15, which run together"),
        (pa.array([np.inf]), "is double with numbers beyond 9e15"),
        (pa.array([True]), "is bool; give text or whole numbers"),
        (pa.array([b"ann"]), "is binary; give text or whole numbers"),
        (pa.array([PERSON.bytes], pa.binary(16)), "is fixed_size_binary"),
        (pd.Series(["a", 5], dtype=object), "give every column values of one type"),
        (pd.Series(["a\ud800", 5], dtype=object), "column 'u' mixes text and other values"),
        (pd.Series([2**70, 1], dtype=object), "give every column values of one type"),
    ],
)
def test_other_ids_are_refused_in_one_line(ids: Any, match: str) -> None:
    with pytest.raises(LogError, match=match) as caught:
        log_of(ids)
    assert "\n" not in str(caught.value)


@given(st.lists(st.integers(-(2**53) + 1, 2**53 - 1), min_size=1))
def test_whole_floats_and_decimals_are_the_whole_numbers(values: list[int]) -> None:
    for kind in (pa.float64(), pa.decimal128(38, 0)):
        column = pa.array([Decimal(v) if kind != pa.float64() else float(v) for v in values], kind)
        assert known_ids("the log", "u", column).to_pylist() == values


def test_ids_of_files_and_with_event_ids(tmp_path: Any) -> None:
    table = pa.table(
        {
            "u": pa.array([PERSON.bytes] * 2, pa.uuid()),
            "t": ["2026-03-01"] * 2,
            "e": ["open"] * 2,
            "i": pa.array([PERSON.bytes] * 2, pa.uuid()),
        }
    )
    pq.write_table(table, tmp_path / "log.parquet")
    names = {"user": "u", "time": "t", "event": "e", "timezone": "UTC", "event_id": "i"}
    log = cl.EventLog.read(tmp_path / "log.parquet", **names)
    assert log.daily().users.tolist() == [str(PERSON)] and log.counts["duplicates_dropped"] == 1


def test_too_many_ids_that_are_no_text_are_refused() -> None:
    with pytest.raises(LogError, match="in 1 of 2 rows, more than the share 0.01"):
        log_of(pd.Series(["a\ud800", "b"], dtype=object), bad_ids=0.01)


@pytest.mark.parametrize(
    "names", [pd.Series(["open\ud800", "x"], dtype=object), no_text(b"open\xff", b"x")]
)
def test_event_names_that_are_no_text_are_refused_in_one_line(names: Any) -> None:
    frame: Any = {"u": ["a", "b"], "t": ["2026-03-01"] * 2, "e": names}
    frame = pd.DataFrame(frame) if isinstance(names, pd.Series) else pa.table(frame)
    with pytest.raises(LogError, match=r"column 'e' of the frame holds bytes that are no text"):
        cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC")


@pytest.mark.parametrize(
    "column, odd, match",
    [
        ("t", "2026-03-01\ud800", "is not a time in 1 of 1 rows"),
        ("a", "5\ud800", "is no usable number in 1 of 1"),
        ("i", "5\ud800", "cannot be read"),
    ],
)
def test_times_amounts_and_event_ids_that_are_no_text(column: str, odd: str, match: str) -> None:
    frame = pd.DataFrame({"u": "a", "t": "2026-03-01", "e": "x", "a": "1", "i": "1"}, index=[0])
    frame[column] = pd.Series([odd], dtype=object)
    options = {"amount": "a"} if column != "i" else {"event_id": "i"}
    with pytest.raises(LogError, match=match) as caught:
        cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC", **options)
    assert "\n" not in str(caught.value)
