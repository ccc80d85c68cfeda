"""Counts of roles that became standard later: a store has their column from the first event on.

Files from before lack the column, and stores of logs without such an event never have it. Where a
store has it, a file without it is read as one where nothing of the kind happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

LATER = ("n_refund",)
_DAYS = ("first", "last")  # states of the carry that are null where nothing happened
_SUMS = ("sum", "max")


def later_of(columns: Iterable[str]) -> list[str]:
    """The columns among those of a store that some of its files may lack, also as carried.

    >>> later_of(["acts", "n_refund"])[:2]
    ['n_refund', 'sum_n_refund']
    """
    found = [c for c in columns if c in LATER]
    return found + [f"{s}_{c}" for c in found for s in (*_SUMS, *_DAYS)]


def grown(columns: Sequence[str], of_day: Sequence[str]) -> tuple[str, ...]:
    """The columns of a store after a day, which may be the first with one of the later columns.

    >>> grown(["acts"], ["acts", "n_refund"])
    ('acts', 'n_refund')
    """
    return (*columns, *(c for c in of_day if c in LATER and c not in columns))


def filled(table: pa.Table, names: Iterable[str]) -> pa.Table:
    """The table with the columns that it lacks: zeros, and nulls for days."""
    for name in names:
        if name not in table.column_names:
            table = table.append_column(_field(name), _empty(name, table.num_rows))
    return table


def without_unused(table: pa.Table) -> pa.Table:
    """A day's rows without the later columns in which nothing happened."""
    there = [c for c in LATER if c in table.column_names]
    unused = [c for c in there if not table.column(c).to_numpy().any()]
    return table.drop_columns(unused) if unused else table


def _field(name: str) -> pa.Field:
    state = name.partition("_")[0]
    if state in _DAYS:
        return pa.field(name, pa.int32())
    return pa.field(name, pa.int64() if state in _SUMS else pa.uint16(), nullable=False)


def _empty(name: str, rows: int) -> pa.Array:
    kind = _field(name)
    return pa.nulls(rows, kind.type) if kind.nullable else pa.array(np.zeros(rows, int), kind.type)
