"""The amount of each event, as money that a person spends or gets back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from churnlab.events.codes import Tables
from churnlab.events.numbers import read_numbers
from churnlab.events.spec import LogSpec
from churnlab.events.unusable import Unusable
from churnlab.kernels.amounts import look
from churnlab.kernels.jit import frozen
from churnlab.kernels.records import MONEY
from churnlab.kernels.units import AMOUNT_LIMIT


def read_amounts(
    source: str,
    column: pa.Array,
    spec: LogSpec,
    tables: Tables,
    name: np.ndarray,
    seen: Unusable,
) -> tuple[np.ndarray, np.ndarray | None, int]:
    """Amounts float64[n] in units of the log, where they are null, and how many are negative.

    Amounts of refunds are below zero. Only negative amounts of events that are no money are
    counted. Nulls are bool[n], None where there is none. `name` holds the codes of the events'
    names; `seen` collects what cannot be used.
    """
    values, null = read_numbers(source, spec.amount or "", column, spec.decimal)
    values = scaled(values, spec.amount_scale)
    lacking = np.zeros(0, np.uint8) if null is None else null.view(np.uint8)
    given, unusable, below = look(frozen(values), frozen(lacking))
    bad = ~(np.abs(values) <= AMOUNT_LIMIT) & _there(values, null) if unusable else None
    seen.add(column, given, bad)
    negative = 0
    if below:
        money = (tables.meaning().flags[name] & MONEY) > 0
        negative = int(
            ((values < 0) & (values >= -AMOUNT_LIMIT) & ~money & _there(values, null)).sum()
        )
    return _given_back(values, tables, name), null, negative


def scaled(values: np.ndarray, scale: float | None) -> np.ndarray:
    """The values times the scale.

    A scale such as 0.01 divides by 100, so that cents give the float64 that the amount itself has.

    >>> scaled(np.array([1999.0, 7.0]), 0.01).tolist()
    [19.99, 0.07]
    """
    if scale is None or scale == 1:
        return values
    whole = round(1 / scale)
    return values / whole if whole and 1 / whole == scale else values * scale


def _there(values: np.ndarray, null: np.ndarray | None) -> np.ndarray:
    """Where an amount is given, bool[n]."""
    return np.ones(len(values), bool) if null is None else ~null


def _given_back(values: np.ndarray, tables: Tables, name: np.ndarray) -> np.ndarray:
    """The amounts with those of refunds below zero."""
    refund = tables.refunds()
    if not refund.any():
        return values
    return np.where(refund[name], -np.abs(values), values)
