"""Days that are folded into one row a person: sums, extremes, first and last days, exact and in any number of steps.

A carry row holds `sum_m`, `max_m` (int64), `first_m`, `last_m` (int32: the first and last day with m above zero, null when
none) of every measure m, `recent_1` … `recent_4` (int32: the last active days, newest first) and `first_day`, `last_day`
(int32: of any row). A day is active when `acts` is above zero; `gap` on an active day is the number of days since the
person's previous one, 0 on the first; `gap_sq` is its square and `gaps` counts them.
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


def schema_of(ids: pa.DataType, measures: Sequence[str]) -> pa.Schema:
    """The columns of a carry."""
    fields = [pa.field(ID, ids, nullable=False)]
    for measure in (*measures, *DERIVED):
        fields += [
            pa.field(
                f"{k}_{measure}",
                pa.int64() if k in ("sum", "max") else pa.int32(),
                k in ("first", "last"),
            )
            for k in _EMPTY
        ]
    fields += [pa.field(f"recent_{k + 1}", pa.int32()) for k in range(RECENT)]
    return pa.schema(
        [
            *fields,
            pa.field("first_day", pa.int32(), nullable=False),
            pa.field("last_day", pa.int32(), nullable=False),
        ]
    )


def latest(table: pa.Table) -> pa.Table:
    """A day's rows as they were known last: of a person's versions, ascending by `known`, the last one; without `known`."""
    if KNOWN not in table.column_names or not table.num_rows:
        return table.drop_columns([n for n in (KNOWN,) if n in table.column_names])
    ids = table.column(ID).combine_chunks()
    ends = pa.concat_arrays(
        [pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)), pa.array([True])]
    )
    return table.drop_columns([KNOWN]).filter(ends)


def fold(
    tables: Sequence[tuple[int, pa.Table]], carry: pa.Table | None, measures: Sequence[str]
) -> pa.Table:
    """The carry of some persons after more days: (day, rows of `user_id` and measures) ascending by day, all after the carry's.

    Raises LogError when a sum does not fit in 64 bits.
    """
    rows = _Rows.of([(day, latest(table)) for day, table in tables], carry)
    columns: dict[str, pa.Array] = {ID: rows.people}
    for measure, values in rows.measures(measures):
        columns |= rows.states(measure, values)
    columns |= rows.recents() | rows.extent()
    target = schema_of(rows.people.type, measures)
    return pa.table([columns[n] for n in target.names], schema=target)


@dataclass(frozen=True)
class _Rows:
    """Daily rows sorted by person and day, and the carry's rows, of the sorted `people`; both point into them by code."""

    people: pa.Array
    tables: Sequence[pa.Table]
    order: np.ndarray
    codes: np.ndarray
    day: np.ndarray
    carry: pa.Table | None
    carried: np.ndarray

    @classmethod
    def of(cls, tables: Sequence[tuple[int, pa.Table]], carry: pa.Table | None) -> _Rows:
        """Sorted; the tables ascend by day."""
        old = carry.num_rows if carry is not None else 0
        people, codes = _codes(
            [*([carry.column(ID)] if carry is not None else []), *(t.column(ID) for _, t in tables)]
        )
        day = np.repeat(np.array([d for d, _ in tables], np.int64), [t.num_rows for _, t in tables])
        order = np.argsort(codes[old:], kind="stable")
        return cls(
            people,
            [t for _, t in tables],
            order,
            codes[old:][order],
            day[order],
            carry,
            codes[:old],
        )

    @cached_property
    def starts(self) -> np.ndarray:
        """Where the rows of each person begin, of those who have any."""
        return np.flatnonzero(np.diff(self.codes, prepend=-1))

    @cached_property
    def with_rows(self) -> np.ndarray:
        """The persons who have rows."""
        return self.codes[self.starts]

    def old(self, column: str, empty: int) -> np.ndarray:
        """A column of the carry for all people, int64, `empty` where null or where a person has no carry."""
        out = np.full(len(self.people), empty, np.int64)
        if self.carry is not None:
            out[self.carried] = pc.fill_null(
                self.carry.column(column).cast(pa.int64()), empty
            ).to_numpy()
        return out

    def column(self, measure: str) -> np.ndarray:
        """A measure of all rows, int64, in order."""
        parts = [t.column(measure).cast(pa.int64()).to_numpy() for t in self.tables]
        return np.concatenate(parts)[self.order] if parts else np.zeros(0, np.int64)

    def measures(self, names: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
        """Every stored measure, then the derived ones."""
        yield from ((name, self.column(name)) for name in names)
        gap = self.gap()
        yield from zip(
            DERIVED,
            (self.active.astype(np.int64), gap, gap * gap, (gap > 0).astype(np.int64)),
            strict=True,
        )

    @cached_property
    def active(self) -> np.ndarray:
        """Which rows are of active days."""
        return self.column("acts") > 0

    def gap(self) -> np.ndarray:
        """Days since the person's previous active day, on active rows that have one, else 0."""
        first = np.searchsorted(self.codes, np.arange(len(self.people) + 1))
        past = self.old("recent_1", NO_DAY)
        acts = self.column("acts")
        return windows.gaps(frozen(first), frozen(self.day), frozen(acts), frozen(past))

    def reduced(self, how: np.ufunc, values: np.ndarray, old: np.ndarray) -> np.ndarray:
        """The carry's value of each person with those of the rows taken in."""
        if len(values):
            old[self.with_rows] = how(old[self.with_rows], how.reduceat(values, self.starts))
        return old

    def states(self, measure: str, values: np.ndarray) -> dict[str, pa.Array]:
        """The four columns of a measure."""
        self.check_sum(measure, values)
        new = {
            "sum": (np.add, values),
            "max": (np.maximum, values),
            "first": (np.minimum, np.where(values > 0, self.day, _LATE)),
            "last": (np.maximum, np.where(values > 0, self.day, _EARLY)),
        }
        done = {
            k: self.reduced(how, v, self.old(f"{k}_{measure}", _EMPTY[k]))
            for k, (how, v) in new.items()
        }
        return {
            f"{k}_{measure}": pa.array(v) if k in ("sum", "max") else _days(v, _EMPTY[k])
            for k, v in done.items()
        }

    def check_sum(self, measure: str, values: np.ndarray) -> None:
        """Refuses sums past 64 bits; where they may come near, a sum in float64 tells it well enough."""
        old = self.old(f"sum_{measure}", 0)
        if _largest(values) * len(self.tables) + _largest(old) < _LIMIT:
            return
        sums = self.reduced(np.add, values.astype(np.float64), old.astype(np.float64))
        if np.abs(sums).max() >= _LIMIT:
            raise LogError.from_overflow(measure)

    def recents(self) -> dict[str, pa.Array]:
        """The last active days, the rows' before the carry's."""
        rows = np.flatnonzero(self.active)
        ends = np.searchsorted(self.codes[rows], np.arange(len(self.people)), side="right")
        count = np.diff(ends, prepend=0)
        old = np.column_stack([self.old(f"recent_{k + 1}", _EARLY) for k in range(RECENT)])
        out = {}
        for k in range(RECENT):
            new = (
                self.day[rows[np.clip(ends - 1 - k, 0, None)]]
                if len(rows)
                else np.zeros(len(ends), np.int64)
            )
            earlier = np.take_along_axis(old, np.clip(k - count, 0, RECENT - 1)[:, None], axis=1)[
                :, 0
            ]
            out[f"recent_{k + 1}"] = _days(np.where(k < count, new, earlier), _EARLY)
        return out

    def extent(self) -> dict[str, pa.Array]:
        """The first and the last day of any row."""
        return {
            "first_day": _days(
                self.reduced(np.minimum, self.day, self.old("first_day", _LATE)), _LATE
            ),
            "last_day": _days(
                self.reduced(np.maximum, self.day, self.old("last_day", _EARLY)), _EARLY
            ),
        }


def _codes(parts: Sequence[pa.ChunkedArray]) -> tuple[pa.Array, np.ndarray]:
    """The sorted distinct ids of all parts, and where each id stands among them, int64."""
    ids = pa.chunked_array(
        [c for part in parts for c in part.chunks], type=parts[0].type
    ).combine_chunks()
    coded = ids.dictionary_encode()
    order = pc.sort_indices(coded.dictionary)
    rank = np.empty(len(order), np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    return coded.dictionary.take(order), rank[coded.indices.to_numpy()]


def _largest(values: np.ndarray) -> int:
    """The largest magnitude, as a Python integer; 0 of none."""
    return max(-int(values.min()), int(values.max())) if len(values) else 0


def _days(values: np.ndarray, empty: int) -> pa.Array:
    """Days as int32, null where `empty`."""
    return pa.array(np.where(values == empty, 0, values).astype(np.int32), mask=values == empty)
