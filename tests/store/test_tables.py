"""A day's rows as a table, and back: sums, versions, changed people."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.activity_store import by_day, events, options

from churnlab.demo import datasets
from churnlab.errors import LogError
from churnlab.events import rollup
from churnlab.events.codes import Tables
from churnlab.events.event_log import EventLog
from churnlab.events.frame_source import open_frame
from churnlab.events.spec import LogSpec
from churnlab.schema.roles import Roles
from churnlab.store.ranges import PeopleRange
from churnlab.store.tables import changed_people, columns_of, day_table, rows_of, summary

Versions = dict[tuple[int, int], int]


def day_rows(rows: Versions, versions: bool) -> pa.Table:
    """Rows of `acts` by person and version, sorted."""
    keys = sorted(rows)
    table = {"user_id": pa.array([user for user, _ in keys], pa.int64())}
    if versions:
        table["known"] = pa.array([known for _, known in keys], pa.int32())
    return pa.table(table | {"acts": pa.array([rows[key] for key in keys], pa.int64())})


def people(versions: bool) -> st.SearchStrategy[Versions]:
    known = st.integers(-5, 20_000) if versions else st.just(0)
    return st.dictionaries(st.tuples(st.integers(0, 6), known), st.integers(0, 2), max_size=8)


@pytest.mark.parametrize("versions", [False, True])
def test_people_whose_rows_differ_are_counted(versions: bool) -> None:
    tried: list[int] = []

    @given(people(versions), people(versions))
    def check(before: Versions, after: Versions) -> None:
        differ = {user for (user, _), _ in {*before.items()} ^ {*after.items()}}
        found = changed_people(day_rows(before, versions), day_rows(after, versions))
        assert found == len(differ)
        assert changed_people(day_rows(after, versions), day_rows(after, versions)) == 0
        tried.append(len(differ))

    check()
    assert sum(0 < n < 7 for n in tried) > 20


def test_an_empty_day_of_another_type_of_ids_counts_all_people() -> None:
    some = day_rows({(3, 0): 1, (4, 0): 1}, versions=False)
    empty = pa.table({"user_id": pa.array([], pa.string()), "acts": pa.array([], pa.int64())})
    assert changed_people(empty, some) == changed_people(some, empty) == 2


def rolled(frame: Any, spec: LogSpec) -> rollup.Rolled:
    declared = Roles.declared(spec.roles, spec.receipts, spec.ignore)
    return rollup.roll(open_frame(frame, spec.wanted()), spec, Tables(declared))


@pytest.mark.parametrize("ids", ["text", "int"])
def test_a_day_becomes_a_table_and_the_table_the_same_rows(ids: str) -> None:
    day, frame = next(iter(by_day(events(ids), "Asia/Shanghai").items()))
    how = options(roles={role: datasets.ROLES[role] for role in ("open", "social", "push_sent")})
    spec = LogSpec.of(**how)
    done = rolled(frame, spec)
    table = day_table(done, spec, day, day, integers=ids == "int")
    assert table.column("user_id").to_pylist() == sorted(frame["user_id"].unique())
    said = summary(table, done.tables.roles.names)
    assert said["events"] == len(frame) and {"open", "social"} <= {*said["roles"]}
    names = columns_of(done.tables.roles.names, spec)
    users, rows = rows_of(PeopleRange([(day, table)]), names, spec, None)
    want = EventLog.from_frame(frame, **how).daily()
    assert users.tolist() == want.users.tolist()
    assert np.array_equal(rows.whole.counts, want.counts)
    assert np.array_equal(rows.whole.sums, want.sums)
    other_day = day_table(done, spec, day + 1, day + 1, integers=ids == "int")
    assert other_day.num_rows == 0


def test_sums_of_one_person_past_64_bits_are_refused() -> None:
    spec = LogSpec.of(**options(roles={}))
    day, frame = next(iter(by_day(events("int"), "Asia/Shanghai").items()))
    done = rolled(frame, spec)
    table = day_table(done, spec, day, day, integers=True)
    place = table.column_names.index("money")
    rich = table.set_column(place, "money", pa.array([2**62] * table.num_rows))
    names = columns_of(done.tables.roles.names, spec)
    with pytest.raises(LogError, match="'money' sums to more than"):
        rows_of(PeopleRange([(day, rich), (day + 1, rich), (day + 2, rich)]), names, spec, None)
