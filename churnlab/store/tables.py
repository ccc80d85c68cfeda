"""A day's rows between the memory and the store: blocks to a table, tables and carry to rows."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.activity.arrivals import known_by
from churnlab.activity.blocks import Block, BlockRows, blocks_of
from churnlab.activity.daily import DERIVED
from churnlab.activity.rows import Carry, Rows
from churnlab.activity.totals import check_totals
from churnlab.events.rollup import Rolled
from churnlab.events.spec import LogSpec
from churnlab.kernels import cores, windows
from churnlab.kernels.day_rows import NARROW
from churnlab.kernels.ids import IntIds, TextIds, places
from churnlab.kernels.jit import frozen
from churnlab.kernels.person import NONE
from churnlab.kernels.records import COUNTS, SUMS
from churnlab.schema.roles import role_column
from churnlab.store.carry import RECENT, latest
from churnlab.store.later_columns import filled, later_of, without_unused
from churnlab.store.ranges import PeopleRange
from churnlab.store.row_file import ID, KNOWN

Names = tuple[tuple[str, ...], tuple[str, ...]]
_STATES = ("sum", "max", "first", "last")
_NO_DAY = -(2**31)


def columns_of(roles: tuple[str, ...], spec: LogSpec) -> Names:
    """Names of the count columns and of the sum columns, in the order of the store."""
    return (*COUNTS, *map(role_column, roles)), (*SUMS, *(m.column_name for m in spec.measures))


# ── from a rolled day to a table ──


def day_table(rolled: Rolled, spec: LogSpec, day: int, until: int, integers: bool) -> pa.Table:
    """The rows of a day as the store holds them, with what had arrived by the day `until`.

    Rows are sorted by user and version. `integers` is the type of ids for a day without rows.
    Without roles of the user's own, a later column has to count something to be there.
    """
    names = columns_of(rolled.tables.roles.names, spec)
    blocks = [b for b in rolled.blocks if b.day == day and known_by(b.known, until)]
    table = _table(blocks, _ids(rolled, integers), names, versions=spec.arrived is not None)
    return without_unused(table) if spec.roles is None else table


def _ids(rolled: Rolled, integers: bool) -> pa.Array:
    """The ids of a rolled log in the order of their codes, int64 or string."""
    ids = rolled.tables.ids
    if ids is None or not len(ids):
        return pa.array([], pa.int64() if integers else pa.string())
    values = ids.values()
    if isinstance(values, np.ndarray):
        return pa.array(values)
    return values.cast(pa.string()) if pa.types.is_large_string(values.type) else values


def _table(blocks: list[Block], ids: pa.Array, names: Names, versions: bool) -> pa.Table:
    """Blocks of a day as one table; `versions` says that people may have several rows."""
    codes = np.concatenate([np.zeros(0, np.int32), *(b.codes for b in blocks)])
    counts = np.concatenate([np.zeros((0, len(names[0])), np.int32), *(b.counts for b in blocks)])
    sums = np.concatenate([np.zeros((0, len(names[1])), np.int64), *(b.sums for b in blocks)])
    known = np.concatenate(
        [np.zeros(0, np.int32), *(np.full(len(b.codes), b.known, np.int32) for b in blocks)]
    )
    users = ids.take(pa.array(codes))
    order = _order(users, known, versions)
    columns: dict[str, Any] = {ID: users.take(pa.array(order))}
    if versions:
        columns[KNOWN] = known[order]
    count_columns = map(_small, _columns(counts, order, _count_type(counts)))
    columns |= dict(zip(names[0], count_columns, strict=True))
    columns |= dict(zip(names[1], _columns(sums, order, np.int64), strict=True))
    return pa.table(columns)


def _order(users: pa.Array, known: np.ndarray, versions: bool) -> np.ndarray:
    """The order of the rows by user, and by version where there are versions."""
    if pa.types.is_integer(users.type):
        if versions:
            return np.lexsort((known, users.to_numpy()))
        return np.argsort(users.to_numpy())  # without versions nobody has two rows
    keys = [("user", "ascending"), ("known", "ascending")]
    return pc.sort_indices(pa.table({"user": users, "known": known}), sort_keys=keys).to_numpy()


def _columns(rows: np.ndarray, order: np.ndarray, kind: type[np.generic]) -> np.ndarray:
    """The columns of a matrix, its rows taken in an order, on all cores: kind[columns, rows]."""
    threads = cores.allowed()
    out = np.empty((rows.shape[1], len(order)), kind)
    ends = np.linspace(0, len(order), threads + 1).astype(int)
    rows, order = frozen(rows), frozen(order.astype(np.int64, copy=False))

    def fill(begin: int, end: int) -> None:
        """Copy some rows into the columns."""
        windows.columns(rows, order, begin, end, out)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, ends[:-1], ends[1:]))
    return out


def _small(values: np.ndarray) -> np.ndarray:
    """Counts in their smallest stored type."""
    return values.astype(_count_type(values), copy=False)


def _count_type(values: np.ndarray) -> type[np.generic]:
    """uint16 if all counts fit into it, int32 otherwise."""
    return np.uint16 if values.max(initial=0) <= 0xFFFF else np.int32


def summary(table: pa.Table, roles: tuple[str, ...]) -> dict[str, Any]:
    """Number of events in a day's rows, and the roles that have an event.

    Each person's latest version counts.
    """
    rows = latest(table)
    names = ("acts", "receipts", *map(role_column, roles))
    there = [name for name in names if name in rows.column_names]
    totals = {name: pc.sum(rows.column(name)).as_py() or 0 for name in there}
    return {
        "events": totals["acts"] + totals["receipts"],
        "roles": [role for role in roles if totals.get(role_column(role))],
    }


def changed_people(before: pa.Table, after: pa.Table) -> int:
    """Number of people whose rows of a day differ between two tables.

    >>> before = pa.table({"user_id": [3, 4], "acts": [1, 2]})
    >>> changed_people(before, pa.table({"user_id": [3, 5], "acts": [9, 2]}))
    3
    """
    kinds = {t.schema.field(ID).type for t in (before, after)}
    if len(kinds) > 1:  # one is empty, or the store refuses the other
        return before.num_rows + after.num_rows
    later = [c for t in (before, after) for c in later_of(t.column_names) if c in t.column_names]
    before, after = filled(before, later), filled(after, later)
    both = [chunk for t in (before, after) for chunk in t.column(ID).chunks]
    ids = pa.chunked_array(both, type=kinds.pop()).combine_chunks()
    people = ids.dictionary_encode().indices.to_numpy().astype(np.int64)
    old = _versions(before, people[: before.num_rows])
    new = _versions(after, people[before.num_rows :])
    _, in_old, in_new = np.intersect1d(old, new, assume_unique=True, return_indices=True)
    same = np.ones(len(in_old), bool)
    for name in after.column_names[1:]:
        same &= before.column(name).to_numpy()[in_old] == after.column(name).to_numpy()[in_new]
    old_differs = np.ones(len(old), bool)
    new_differs = np.ones(len(new), bool)
    old_differs[in_old] = ~same
    new_differs[in_new] = ~same
    return len(np.unique(people[np.concatenate([old_differs, new_differs])]))


def _versions(table: pa.Table, people: np.ndarray) -> np.ndarray:
    """A number for each person and version, int64[n]."""
    if KNOWN not in table.column_names:
        return people
    return people << 32 | (table.column(KNOWN).to_numpy().astype(np.int64) + 2**31)


# ── from tables to rows in memory ──


def rows_of(
    people: PeopleRange, names: Names, spec: LogSpec, before: int | None
) -> tuple[np.ndarray, BlockRows | Rows]:
    """The sorted ids of a range of people, and their rows.

    `before` is the day before which days are folded into the carry; None without a carry. Raises
    LogError when a sum of one person does not fit into 64 bits.
    """
    ids: IntIds | TextIds = IntIds() if _has_integers(people) else TextIds()
    blocks = [
        block
        for day, table in people.tables
        for block in _blocks(day, table, _encode(ids, table), *names)
    ]
    carry = people.carry
    carried = np.zeros(0, np.int32) if carry is None else _encode(ids, carry)
    folded = [] if carry is None else [_folded(carry, carried, names[1])]
    check_totals([*blocks, *folded], len(ids), spec.measures)
    order = ids.order()
    users, place = ids.take(order), places(order, len(ids))
    sizes = (len(names[0]), len(names[1]))
    rows = BlockRows(blocks, place, np.arange(sizes[0]), spec.arrived is not None, sizes)
    if before is None:
        return users, rows
    measures = (*names[0], *names[1])
    exact_from = before + (spec.late_days or 0)
    return users, rows.with_carry(
        _carry(carry, place[carried], len(users), measures, before, exact_from)
    )


def _has_integers(people: PeopleRange) -> bool:
    """True if the ids are whole numbers."""
    table = people.tables[0][1] if people.tables else people.carry
    return table is not None and pa.types.is_integer(table.schema.field(ID).type)


def _encode(ids: IntIds | TextIds, table: pa.Table) -> np.ndarray:
    """The code of each row's person, int32[n]."""
    column = table.column(ID).combine_chunks()
    return ids.encode(column.to_numpy() if isinstance(ids, IntIds) else column)


def _blocks(
    day: int, table: pa.Table, codes: np.ndarray, counts: tuple[str, ...], sums: tuple[str, ...]
) -> Iterator[Block]:
    """A day's table as blocks, each of one version."""
    versions = KNOWN in table.column_names
    known = table.column(KNOWN).to_numpy() if versions else np.full(len(codes), day)
    all_counts = frozen(_matrix(table, counts, np.int32))
    all_sums = frozen(_matrix(table, sums, np.int64))
    for version in np.unique(known):
        rows = known == version
        whole = rows.all()
        some_codes = codes if whole else codes[rows]
        some_counts = all_counts if whole else frozen(all_counts[rows])
        some_sums = all_sums if whole else frozen(all_sums[rows])
        yield from blocks_of(
            day,
            int(version),
            some_codes,
            windows.over(some_counts, NARROW),
            (len(counts), len(sums)),
            partial(windows.scatter, some_counts, some_sums),
        )


def _folded(carry: pa.Table, codes: np.ndarray, sums: tuple[str, ...]) -> Block:
    """The carry's sums as a block of one day, for the check of totals."""
    counts = np.zeros((len(codes), 0), np.int32)
    values = _matrix(carry, tuple(f"sum_{n}" for n in sums), np.int64)
    return Block(0, 0, codes, np.zeros(0, np.int64), counts, values)


def _matrix(table: pa.Table, names: tuple[str, ...], kind: type[np.generic]) -> np.ndarray:
    """Columns of a table as a matrix, kind[rows, columns]."""
    out = np.empty((table.num_rows, len(names)), kind)
    for i, name in enumerate(names):
        out[:, i] = table.column(name).to_numpy()
    return out


def _carry(
    table: pa.Table | None,
    place: np.ndarray,
    people: int,
    measures: tuple[str, ...],
    before: int,
    exact_from: int,
) -> Carry:
    """The carry of `people` people; `place` is the person of each row of the table.

    A person without a folded row has sums of 0, and NONE for everything else.
    """
    names = (*measures, *DERIVED)
    values = np.full((people, len(names), len(_STATES)), NONE, np.int64)
    values[:, :, 0] = 0
    recent = np.full((people, RECENT), NONE, np.int64)
    if table is not None:
        for i, name in enumerate(names):
            for j, state in enumerate(_STATES):
                column = table.column(f"{state}_{name}")
                values[place, i, j] = _numbers(column, state in ("sum", "max"))
        for k in range(RECENT):
            recent[place, k] = _numbers(table.column(f"recent_{k + 1}"), False)
    return Carry(names, values, recent, before, exact_from)


def _numbers(column: pa.ChunkedArray, is_value: bool) -> np.ndarray:
    """A carry column as int64; a null day becomes NONE."""
    if is_value:
        return column.to_numpy()
    days = column.fill_null(_NO_DAY).to_numpy().astype(np.int64)
    return np.where(days == _NO_DAY, NONE, days)
