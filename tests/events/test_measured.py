"""What each event adds to a measure."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from churnlab.errors import LogError
from churnlab.events.codes import Tables
from churnlab.events.measured import NOT_COUNTED, read_measure
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles

BATCH = pa.record_batch(
    {
        "p": pa.array(["ios", None, "web", "ios"]),
        "n": pa.array([1.5, 2.0, math.nan, None]),
        "far": pa.array([1e11, 1.0, -1e10, math.inf]),
    }
)


def added(measure: Measure, tables: Tables | None = None) -> tuple[list[int], int]:
    values, unusable = read_measure("the log", BATCH, measure, tables or Tables(Roles()))
    assert values.dtype == np.int64
    return values.tolist(), unusable


def test_counts_are_of_events_that_meet_all_conditions() -> None:
    assert added(Measure.count("all")) == ([1, 1, 1, 1], 0)
    ios = [("p", "==", "ios")]
    assert added(Measure.count("ios", ios)) == ([1, 0, 0, 1], 0)
    assert added(Measure.count("dear", [*ios, ("n", ">", 1)])) == ([1, 0, 0, 0], 0)
    assert added(Measure.count("others", [("p", "not in", ["ios"])])) == ([0, 0, 1, 0], 0)


def test_minus_zero_is_zero_in_every_condition() -> None:
    batch = pa.record_batch({"n": pa.array([-0.0, 0.0, 1.0, None])})
    for operator, value, met in (
        ("==", 0.0, [1, 1, 0, 0]),
        ("in", [0.0], [1, 1, 0, 0]),
        ("in", [-0.0], [1, 1, 0, 0]),
        ("not in", [-0.0], [0, 0, 1, 0]),
    ):
        measure = Measure.count("zeros", [("n", operator, value)])
        values, _ = read_measure("the log", batch, measure, Tables(Roles()))
        assert values.tolist() == met, (operator, value)


def test_sums_are_millionths_and_unusable_numbers_are_counted() -> None:
    assert added(Measure.sum("n")) == ([1_500_000, 2_000_000, 0, 0], 1)
    assert added(Measure.sum("far")) == ([0, 1_000_000, -(10**16), 0], 2)
    web = Measure.sum("far", where=[("p", "==", "web")])
    assert added(web) == ([0, 0, -(10**16), 0], 0)


def test_distinct_values_have_codes_that_all_batches_share() -> None:
    tables = Tables(Roles())
    measure = Measure.distinct("p")
    first, _ = added(measure, tables)
    assert first[0] == first[3] != first[2] and first[1] == NOT_COUNTED
    assert added(measure, tables)[0] == first
    numbers, _ = added(Measure.distinct("n"), tables)
    assert numbers[2:] == [NOT_COUNTED, NOT_COUNTED] and numbers[0] != numbers[1]


def test_a_condition_on_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(LogError, match="column 'n' of the log is double and cannot be compared"):
        added(Measure.count("odd", [("n", "==", "ios")]))
