"""The amount of each event, as money that a person spends or gets back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from churnlab.events.codes import Tables
from churnlab.events.numbers import read_numbers
from churnlab.events.spec import LogSpec
from churnlab.events.unusable import Unusable, usable
from churnlab.kernels.records import MONEY


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
    fit = usable(values)
    given = None if null is None else ~null
    bad = None if fit is None else ~fit if given is None else ~fit & given
    seen.add(column, given, bad)
    negative = 0
    if len(values) and not values.min() >= 0:  # NaN counts as below
        below = values < 0 if given is None else (values < 0) & given
        below = below if fit is None else below & fit
        money = (tables.meaning().flags[name] & MONEY) > 0
        negative = int((below & ~money).sum())
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


def _given_back(values: np.ndarray, tables: Tables, name: np.ndarray) -> np.ndarray:
    """The amounts with those of refunds below zero."""
    refund = tables.refunds()
    if not refund.any():
        return values
    return np.where(refund[name], -np.abs(values), values)
