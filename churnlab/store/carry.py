"""The carry: folded days as one row a person, exact, in one step or in many.

| column | type | meaning, of a measure m over all folded days |
|---|---|---|
| `sum_m`, `max_m` | int64 | the sum and the largest value |
| `first_m`, `last_m` | int32 | the first and the last day with m above zero; null without one |
| `recent_1` … `recent_4` | int32 | the last active days, newest first; null without one |
| `first_day`, `last_day` | int32 | the first and the last day of any row |

A day is active when `acts` is above zero. Four measures are derived: `active` is 1 on an active
day; `gap` is the number of days between an active day and the person's previous one, 0 on the
first; `gap_sq` is its square; `gaps` counts them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.errors import LogError
from churnlab.kernels import windows
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import NO_DAY
from churnlab.store.row_file import ID, KNOWN

DERIVED = ("active", "gap", "gap_sq", "gaps")
RECENT = 4
_LATE = 2**40
_EARLY = NO_DAY
_LEAST = -(2**63)
_LIMIT = 9 * 10**18
_EMPTY = {"sum": 0, "max": _LEAST, "first": _LATE, "last": _EARLY}


def carry_schema(ids: pa.DataType, measures: Sequence[str]) -> pa.Schema:
    """The columns of a carry with these measures."""
    fields = [pa.field(ID, ids, nullable=False)]
    for measure in (*measures, *DERIVED):
        for state in _EMPTY:
            is_day = state in ("first", "last")
            kind = pa.int32() if is_day else pa.int64()
            fields.append(pa.field(f"{state}_{measure}", kind, nullable=is_day))
    fields += [pa.field(f"recent_{k + 1}", pa.int32()) for k in range(RECENT)]
    fields += [pa.field(name, pa.int32(), nullable=False) for name in ("first_day", "last_day")]
    return pa.schema(fields)


def latest(table: pa.Table) -> pa.Table:
    """A day's rows without `known`, of each person the last version.

    Versions of a person ascend by `known`.
    """
    if KNOWN not in table.column_names:
        return table
    rows = table.drop_columns([KNOWN])
    if not rows.num_rows:
        return rows
    ids = rows.column(ID).combine_chunks()
    ends = pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1))
    return rows.filter(pa.concat_arrays([ends, pa.array([True])]))


def fold(
    tables: Sequence[tuple[int, pa.Table]], carry: pa.Table | None, measures: Sequence[str]
) -> pa.Table:
    """The carry of some people after more days.

    `tables` are (day, rows) ascending by day, all days after those of `carry`. Raises LogError
    when a sum does not fit into 64 bits.
    """
    rows = _PeopleRows.of([(day, latest(table)) for day, table in tables], carry)
    columns: dict[str, pa.Array] = {ID: rows.people}
    for measure, values in rows.measures(measures):
        columns |= rows.states(measure, values)
    columns |= rows.recent_days() | rows.extent()
    schema = carry_schema(rows.people.type, measures)
    return pa.table([columns[n] for n in schema.names], schema=schema)


@dataclass(frozen=True)
class _PeopleRows:
    """Daily rows of some people, sorted by person and day, and the rows of their carry.

    | field | shape | meaning |
    |---|---|---|
    | `people` | [people] | sorted ids |
    | `tables` | | the rows of each day, in their own order |
    | `order` | [rows] | the places of the tables' rows, sorted by person and day |
    | `codes` | [rows] | the person of each sorted row, a place in `people` |
    | `day` | [rows] | the day of each sorted row |
    | `carry` | | the carry's rows, or None |
    | `carried` | [carry rows] | the person of each row of the carry |
    """

    people: pa.Array
    tables: Sequence[pa.Table]
    order: np.ndarray
    codes: np.ndarray
    day: np.ndarray
    carry: pa.Table | None
    carried: np.ndarray

    @classmethod
    def of(cls, tables: Sequence[tuple[int, pa.Table]], carry: pa.Table | None) -> _PeopleRows:
        """The rows of tables that ascend by day, and of a carry."""
        carried = [] if carry is None else [carry.column(ID)]
        old = 0 if carry is None else carry.num_rows
        people, codes = _codes([*carried, *(t.column(ID) for _, t in tables)])
        day = np.repeat(np.array([d for d, _ in tables], np.int64), [t.num_rows for _, t in tables])
        order = np.argsort(codes[old:], kind="stable")
        return cls(
            people=people,
            tables=[t for _, t in tables],
            order=order,
            codes=codes[old:][order],
            day=day[order],
            carry=carry,
            carried=codes[:old],
        )

    @cached_property
    def starts(self) -> np.ndarray:
        """Where the rows begin of each person who has any, int64[people with rows]."""
        return np.flatnonzero(np.diff(self.codes, prepend=-1))

    @cached_property
    def with_rows(self) -> np.ndarray:
        """The people who have rows, as places in `people`."""
        return self.codes[self.starts]

    def old(self, column: str, empty: int) -> np.ndarray:
        """A carry column for all people, int64[people].

        `empty` stands for null and for people without a carry.
        """
        out = np.full(len(self.people), empty, np.int64)
        if self.carry is not None:
            values = self.carry.column(column).cast(pa.int64())
            out[self.carried] = pc.fill_null(values, empty).to_numpy()
        return out

    def column(self, measure: str) -> np.ndarray:
        """A stored measure of all sorted rows, int64[rows]."""
        parts = [t.column(measure).cast(pa.int64()).to_numpy() for t in self.tables]
        return np.concatenate(parts)[self.order] if parts else np.zeros(0, np.int64)

    def measures(self, names: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
        """Every stored measure and then the derived ones, with their values, int64[rows]."""
        yield from ((name, self.column(name)) for name in names)
        gap = self.gap()
        yield "active", self.active.astype(np.int64)
        yield "gap", gap
        yield "gap_sq", gap * gap
        yield "gaps", (gap > 0).astype(np.int64)

    @cached_property
    def active(self) -> np.ndarray:
        """True for rows of active days, bool[rows]."""
        return self.column("acts") > 0

    def gap(self) -> np.ndarray:
        """Days since the person's previous active day, int64[rows]; 0 without one."""
        first = np.searchsorted(self.codes, np.arange(len(self.people) + 1))
        past = self.old("recent_1", NO_DAY)
        acts = self.column("acts")
        return windows.gaps(frozen(first), frozen(self.day), frozen(acts), frozen(past))

    def reduced(self, how: np.ufunc, values: np.ndarray, old: np.ndarray) -> np.ndarray:
        """Each person's value: `old` of the carry combined with the values of the rows."""
        if len(values):
            old[self.with_rows] = how(old[self.with_rows], how.reduceat(values, self.starts))
        return old

    def states(self, measure: str, values: np.ndarray) -> dict[str, pa.Array]:
        """The four carry columns of a measure."""
        self.check_sum(measure, values)
        first = np.where(values > 0, self.day, _LATE)
        last = np.where(values > 0, self.day, _EARLY)
        how = {
            "sum": (np.add, values),
            "max": (np.maximum, values),
            "first": (np.minimum, first),
            "last": (np.maximum, last),
        }
        out = {}
        for state, (combine, new) in how.items():
            name, empty = f"{state}_{measure}", _EMPTY[state]
            done = self.reduced(combine, new, self.old(name, empty))
            out[name] = _days(done, empty) if state in ("first", "last") else pa.array(done)
        return out

    def check_sum(self, measure: str, values: np.ndarray) -> None:
        """Raise LogError for sums that do not fit into 64 bits.

        Only where they may come near are they added, in float64, which is exact enough for that.
        """
        old = self.old(f"sum_{measure}", 0)
        if _largest(values) * len(self.tables) + _largest(old) < _LIMIT:
            return
        sums = self.reduced(np.add, values.astype(np.float64), old.astype(np.float64))
        if np.abs(sums).max() >= _LIMIT:
            raise LogError.from_overflow(measure)

    def recent_days(self) -> dict[str, pa.Array]:
        """The last active days of each person, those of the rows before those of the carry."""
        rows = np.flatnonzero(self.active)
        ends = np.searchsorted(self.codes[rows], np.arange(len(self.people)), side="right")
        count = np.diff(ends, prepend=0)
        days = self.day[rows] if len(rows) else np.zeros(1, np.int64)
        old = np.column_stack([self.old(f"recent_{k + 1}", _EARLY) for k in range(RECENT)])
        out = {}
        for k in range(RECENT):
            new = days[np.clip(ends - 1 - k, 0, None)]
            place = np.clip(k - count, 0, RECENT - 1)
            earlier = np.take_along_axis(old, place[:, None], axis=1)[:, 0]
            out[f"recent_{k + 1}"] = _days(np.where(k < count, new, earlier), _EARLY)
        return out

    def extent(self) -> dict[str, pa.Array]:
        """The first and the last day of any row."""
        first = self.reduced(np.minimum, self.day, self.old("first_day", _LATE))
        last = self.reduced(np.maximum, self.day, self.old("last_day", _EARLY))
        return {"first_day": _days(first, _LATE), "last_day": _days(last, _EARLY)}


def _codes(parts: Sequence[pa.ChunkedArray]) -> tuple[pa.Array, np.ndarray]:
    """The sorted distinct ids of all parts, and the place of each id among them, int64[n]."""
    chunks = [chunk for part in parts for chunk in part.chunks]
    ids = pa.chunked_array(chunks, type=parts[0].type).combine_chunks()
    coded = ids.dictionary_encode()
    order = pc.sort_indices(coded.dictionary)
    rank = np.empty(len(order), np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    return coded.dictionary.take(order), rank[coded.indices.to_numpy()]


def _largest(values: np.ndarray) -> int:
    """The largest magnitude as a Python integer; 0 without values."""
    return max(-int(values.min()), int(values.max())) if len(values) else 0


def _days(values: np.ndarray, empty: int) -> pa.Array:
    """Days as int32; a day equal to `empty` becomes null."""
    return pa.array(np.where(values == empty, 0, values).astype(np.int32), mask=values == empty)
