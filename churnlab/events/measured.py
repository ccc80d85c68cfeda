"""What each event adds to a measure."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.errors import LogError
from churnlab.events.codes import Tables
from churnlab.events.numbers import read_numbers
from churnlab.events.texts import as_dictionary, is_text
from churnlab.events.unusable import Unusable, usable
from churnlab.kernels.units import MICRO
from churnlab.schema.measures import Measure

_COMPARE = {
    "==": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
NOT_COUNTED = -(2**63)  # the bits of the float64 -0.0, which is counted as 0.0


def read_measure(
    source: str,
    batch: pa.RecordBatch,
    measure: Measure,
    tables: Tables,
    decimal: str | None = None,
    seen: Unusable | None = None,
) -> tuple[np.ndarray, int]:
    """What each event adds to a measure, int64[n], and how many numbers cannot be used.

    A count adds 0 or 1. A sum adds millionths; NaN, infinity and numbers beyond the limit of
    amounts add 0 and are counted as unusable. A distinct measure gives a code of the value,
    NOT_COUNTED where there is none. `decimal` is the decimal mark of numbers written as text,
    `seen` collects examples of unusable ones.
    """
    meets = _meets(source, batch, measure)
    if measure.column is None:
        return meets.astype(np.int64), 0
    column = batch.column(measure.column)
    if measure.kind == "sum":
        numbers = read_numbers(source, measure.column, column, decimal)
        return _millionths(column, *numbers, meets, Unusable() if seen is None else seen)
    given = column.is_valid().to_numpy(zero_copy_only=False)
    codes = _value_codes(source, measure.column, column, tables)
    return np.where(meets & given, codes, NOT_COUNTED), 0


def _millionths(
    column: pa.Array,
    values: np.ndarray,
    null: np.ndarray | None,
    meets: np.ndarray,
    seen: Unusable,
) -> tuple[np.ndarray, int]:
    counted = meets if null is None else meets & ~null
    fit = usable(values)
    bad = np.zeros(len(values), bool) if fit is None else ~fit & counted
    seen.add(column, int(counted.sum()), bad)
    added = np.rint(np.where(counted & ~bad, values, 0.0) * MICRO).astype(np.int64)
    return added, int(bad.sum())


def _meets(source: str, batch: pa.RecordBatch, measure: Measure) -> np.ndarray:
    """Which events meet all conditions of a measure, bool[n]; a null meets none."""
    meets = np.ones(batch.num_rows, bool)
    for name, operator, value in measure.where:
        column = batch.column(name)
        column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        try:
            found = _compared(column, operator, value)
        except (pa.ArrowException, UnicodeEncodeError) as error:
            kind = str(column.type)
            raise LogError.from_condition(source, name, operator, value, kind) from error
        known = pc.and_(pc.fill_null(found, False), column.is_valid())
        meets &= known.to_numpy(zero_copy_only=False)
    return meets


def _compared(column: pa.Array, operator: str, value: object) -> pa.Array:
    if operator in _COMPARE:
        return _COMPARE[operator](column, pa.scalar(value))
    among = pa.array(list(value)).cast(column.type)  # type: ignore[call-overload]
    found = pc.is_in(_one_zero(column), value_set=_one_zero(among))
    return pc.invert(found) if operator == "not in" else found


def _one_zero(values: pa.Array) -> pa.Array:
    """Numbers with -0.0 as 0.0, which are equal but which `pc.is_in` tells apart."""
    if not pa.types.is_floating(values.type):
        return values
    return pc.add(values.cast(pa.float64()), 0.0)


def _value_codes(source: str, name: str, column: pa.Array, tables: Tables) -> np.ndarray:
    """Whole numbers that tell the values of a column apart, int64[n].

    NOT_COUNTED for NaN; arbitrary for a null.
    """
    if is_text(column.type):
        column = as_dictionary(column)
        codes = tables.text_codes(name, column.dictionary)
        places = column.indices.fill_null(0).to_numpy()
        return codes.astype(np.int64)[places] if len(codes) else np.zeros(len(column), np.int64)
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return column.cast(pa.int64(), safe=False).fill_null(0).to_numpy()
    values, _ = read_numbers(source, name, column)
    return np.where(np.isnan(values), -0.0, values + 0.0).view(np.int64)
