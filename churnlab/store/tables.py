"""Rolled days as the tables of a store, and tables and carries as the rows of some persons again."""

from __future__ import annotations

import os
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
from churnlab.kernels import cells, windows
from churnlab.kernels.ids import IntIds, TextIds, places
from churnlab.kernels.jit import frozen
from churnlab.kernels.records import COUNTS, NARROW, SUMS
from churnlab.store.carry import latest
from churnlab.store.folder import Chunk

Names = tuple[tuple[str, ...], tuple[str, ...]]
_STATES = ("sum", "max", "first", "last")
_NO_DAY = -(2**31)


def columns_of(roles: tuple[str, ...], spec: LogSpec) -> Names:
    """The columns of counts and of sums, as they stand in the store."""
    return (*COUNTS, *(f"n_{r}" for r in roles)), (*SUMS, *(m.column_name for m in spec.measures))


# ── rolled days as tables ──


def day_table(rolled: Rolled, spec: LogSpec, day: int, until: int, integers: bool) -> pa.Table:
    """The rows of a day, sorted by user and version, of what had arrived by the day `until`; `integers` says what ids nobody has."""
    ids = rolled.tables.ids
    nobody = pa.array([], pa.int64() if integers else pa.string())
    values = nobody if ids is None or not len(ids) else ids.values()
    values = (
        pa.array(values)
        if isinstance(values, np.ndarray)
        else values.cast(pa.string())
        if pa.types.is_large_string(values.type)
        else values
    )
    blocks = [b for b in rolled.blocks if b.day == day and known_by(b.known, until)]
    return _table(
        blocks, values, columns_of(rolled.tables.roles.names, spec), spec.arrived is not None
    )


def _table(blocks: list[Block], values: pa.Array, names: Names, versions: bool) -> pa.Table:
    none = np.zeros((0, len(names[0])), np.int32), np.zeros((0, len(names[1])), np.int64)
    codes = np.concatenate([np.zeros(0, np.int32), *(b.codes for b in blocks)])
    counts, sums = (
        np.concatenate([none[0], *(b.counts for b in blocks)]),
        np.concatenate([none[1], *(b.sums for b in blocks)]),
    )
    known = np.concatenate(
        [np.zeros(0, np.int32), *(np.full(len(b.codes), b.known, np.int32) for b in blocks)]
    )
    users = values.take(pa.array(codes))
    order = (
        _order(users.to_numpy(), known, versions)
        if pa.types.is_integer(values.type)
        else pc.sort_indices(
            pa.table({"u": users, "k": known}), sort_keys=[("u", "ascending"), ("k", "ascending")]
        ).to_numpy()
    )
    columns: dict[str, Any] = {"user_id": users.take(pa.array(order))}
    columns |= {"known": known[order]} if versions else {}
    columns |= dict(zip(names[0], map(_small, _columns(counts, order, _kind(counts))), strict=True))
    columns |= dict(zip(names[1], _columns(sums, order, np.int64), strict=True))
    return pa.table(columns)


def _order(users: np.ndarray, known: np.ndarray, versions: bool) -> np.ndarray:
    return np.lexsort((known, users)) if versions else np.argsort(users)  # nobody is there twice


def _columns(rows: np.ndarray, order: np.ndarray, kind: type[np.generic]) -> np.ndarray:
    out, threads = np.empty((rows.shape[1], len(order)), kind), os.cpu_count() or 1
    ends = np.linspace(0, len(order), threads + 1).astype(int)
    rows, order = frozen(rows), frozen(order.astype(np.int64, copy=False))
    with ThreadPoolExecutor(threads) as pool:
        list(
            pool.map(
                lambda begin, end: windows.columns(rows, order, begin, end, out),
                ends[:-1],
                ends[1:],
            )
        )
    return out


def _small(values: np.ndarray) -> np.ndarray:
    return values.astype(_kind(values), copy=False)


def _kind(values: np.ndarray) -> type[np.generic]:
    return np.uint16 if values.max(initial=0) <= 0xFFFF else np.int32


def summary(table: pa.Table, roles: tuple[str, ...]) -> dict[str, Any]:
    """The events of a day's rows, each person's latest version, and the roles that have one."""
    rows = latest(table)
    totals = {
        n: pc.sum(rows.column(n)).as_py() or 0
        for n in ("acts", "receipts", *(f"n_{r}" for r in roles))
    }
    return {
        "events": totals["acts"] + totals["receipts"],
        "roles": [r for r in roles if totals[f"n_{r}"]],
    }


def changed(before: pa.Table, after: pa.Table) -> int:
    """Of how many persons the rows differ."""
    kinds = {t.schema.field("user_id").type for t in (before, after)}
    if len(kinds) > 1:  # one is empty, or the store refuses the other
        return before.num_rows + after.num_rows
    ids = pa.chunked_array(
        [c for t in (before, after) for c in t.column("user_id").chunks], type=kinds.pop()
    )
    people = ids.combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    old, new = (
        _versions(before, people[: before.num_rows]),
        _versions(after, people[before.num_rows :]),
    )
    _, at, to = np.intersect1d(old, new, assume_unique=True, return_indices=True)
    same = np.ones(len(at), bool)
    for name in after.column_names[1:]:
        same &= before.column(name).to_numpy()[at] == after.column(name).to_numpy()[to]
    differ = np.ones(len(old), bool), np.ones(len(new), bool)
    differ[0][at], differ[1][to] = ~same, ~same
    return len(np.unique(people[np.concatenate(differ)]))


def _versions(table: pa.Table, people: np.ndarray) -> np.ndarray:
    """A number for each person and version."""
    return (
        people << 32 | (table.column("known").to_numpy().astype(np.int64) + 2**31)
        if "known" in table.column_names
        else people
    )


# ── tables as rows ──


def rows_of(
    chunk: Chunk, names: Names, spec: LogSpec, before: int | None
) -> tuple[np.ndarray, BlockRows | Rows]:
    """The sorted ids of a chunk's persons, and their rows; with a carry where days `before` one were folded away.

    Raises LogError for sums of one person that do not fit in 64 bits.
    """
    ids: IntIds | TextIds = IntIds() if _integers(chunk) else TextIds()
    blocks = [
        b for day, table in chunk.tables for b in _blocks(day, table, _encode(ids, table), *names)
    ]
    carried = _encode(ids, chunk.carry) if chunk.carry is not None else np.zeros(0, np.int32)
    check_totals(
        [*blocks, *([_folded(chunk.carry, carried, names[1])] if chunk.carry is not None else [])],
        len(ids),
        spec.measures,
    )
    order = ids.order()
    users, place = ids.take(order), places(order, len(ids))
    rows = BlockRows(
        blocks, place, np.arange(len(names[0])), spec.arrived is not None, tuple(map(len, names))
    )
    if before is None:
        return users, rows
    exact_from = before + (spec.late_days or 0)
    return users, rows.with_carry(
        _carry(chunk.carry, place[carried], len(users), (*names[0], *names[1]), before, exact_from)
    )


def _integers(chunk: Chunk) -> bool:
    table = chunk.tables[0][1] if chunk.tables else chunk.carry
    return table is not None and pa.types.is_integer(table.schema.field("user_id").type)


def _encode(ids: IntIds | TextIds, table: pa.Table) -> np.ndarray:
    column = table.column("user_id").combine_chunks()
    return ids.encode(column.to_numpy() if isinstance(ids, IntIds) else column)


def _blocks(
    day: int, table: pa.Table, codes: np.ndarray, counts: tuple[str, ...], sums: tuple[str, ...]
) -> Iterator[Block]:
    known = (
        table.column("known").to_numpy()
        if "known" in table.column_names
        else np.full(len(codes), day)
    )
    table_counts, table_sums = _matrix(table, counts, np.int32), _matrix(table, sums, np.int64)
    for version in np.unique(known):
        rows = known == version
        some = (
            (codes, table_counts, table_sums)
            if rows.all()
            else (codes[rows], table_counts[rows], table_sums[rows])
        )
        fill = partial(windows.scatter, frozen(some[1]), frozen(some[2]))
        yield from blocks_of(
            day,
            int(version),
            some[0],
            windows.over(frozen(some[1]), NARROW),
            (len(counts), len(sums)),
            fill,
        )


def _folded(carry: pa.Table, codes: np.ndarray, sums: tuple[str, ...]) -> Block:
    """The carry's sums as if they were of one day."""
    none = np.zeros((len(codes), 0), np.int32)
    return Block(
        0,
        0,
        codes,
        np.zeros(0, np.int64),
        none,
        _matrix(carry, tuple(f"sum_{n}" for n in sums), np.int64),
    )


def _matrix(table: pa.Table, names: tuple[str, ...], kind: type[np.generic]) -> np.ndarray:
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
    """The folded rows by person; cells.NONE where there is none."""
    names = (*measures, *DERIVED)
    values, recent = (
        np.full((people, len(names), len(_STATES)), cells.NONE, np.int64),
        np.full((people, 4), cells.NONE, np.int64),
    )
    values[:, :, 0] = 0
    if table is not None:
        for i, name in enumerate(names):
            for j, state in enumerate(_STATES):
                values[place, i, j] = _numbers(
                    table.column(f"{state}_{name}"), state in ("sum", "max")
                )
        for k in range(recent.shape[1]):
            recent[place, k] = _numbers(table.column(f"recent_{k + 1}"), False)
    return Carry(names, values, recent, before, exact_from)


def _numbers(column: pa.ChunkedArray, value: bool) -> np.ndarray:
    """A column of the carry; a day that is none as cells.NONE."""
    if value:
        return column.to_numpy()
    days = column.fill_null(_NO_DAY).to_numpy().astype(np.int64)
    return np.where(days == _NO_DAY, cells.NONE, days)
