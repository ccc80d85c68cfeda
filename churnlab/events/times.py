"""Times of any type as whole microseconds, and the local days that they fall on."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.errors import LogError
from churnlab.events import iso8601
from churnlab.events.spec import UNITS
from churnlab.events.texts import is_text, readable
from churnlab.kernels.units import DAY_MICROS, MICRO
from churnlab.schema.days import day_number
from churnlab.schema.zones import local_day, zone_changes

_STEPS = {"s": MICRO, "ms": 1000, "us": 1}
_FIRST = day_number("0001-01-01") * DAY_MICROS
_LAST = (day_number("9999-12-31") + 1) * DAY_MICROS
_NUMBER = r"^\s*[+-]?\d+(?:\.\d*)?(?:[eE]\+?\d+)?\s*$"


def read_clock(
    source: str, name: str, column: pa.Array, timezone: str | None, unit: str | None = None
) -> tuple[np.ndarray, bool]:
    """Microseconds of the log's clock, int64[n], and whether the times carry no zone.

    The clock is UTC where times carry a zone, otherwise the local time of `timezone`, which must
    then be given. Numbers count `unit` ("s", "ms", "us" or "ns") since 1970 in UTC. Raises LogError
    for another type, nulls, unreadable text, numbers without a unit, times without a zone when
    `timezone` is None, times with a zone beside times without one, and times outside the years 1 to
    9999.
    """
    if is_text(column.type):
        column = _parsed(source, name, column, unit)
    elif _is_number(column.type):
        column = _counted(source, name, column, unit)
    elif not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        wanted = "timestamps, dates, text like 2026-03-01 12:30:00, or numbers with time_unit="
        raise LogError.from_wrong_type(source, name, str(column.type), wanted)
    if column.null_count:
        raise LogError.from_nulls(source, name, column.null_count, len(column))
    naive = getattr(column.type, "tz", None) is None
    if naive and timezone is None:
        raise LogError.from_naive_time(source, name)
    clock = micros_of(column)
    if clock is None:
        raise LogError.from_far_times(source, name)
    return clock, naive


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _parsed(source: str, name: str, column: pa.Array, unit: str | None) -> pa.Array:
    """Text as timestamps in microseconds, all with a zone or all without."""
    text = column.cast(pa.large_string())
    lacking = pc.sum(pc.fill_null(pc.equal(text, ""), True)).as_py()
    if lacking:
        raise LogError.from_nulls(source, name, lacking, len(text))
    found = iso8601.parse(text)
    if unit is not None:
        found = _with_numbers(source, name, text, found, unit)
    if not found.read.all():
        bad = readable(text.filter(pa.array(~found.read)))
        if pc.match_substring_regex(bad[:1], _NUMBER)[0].as_py():
            _counted(source, name, bad[:1].cast(pa.float64()), unit)
        example = bad[0].as_py()[:80]
        raise LogError.from_bad_times(source, name, len(bad), len(text), example)
    zoned = bool(found.zoned.any())
    if zoned and not found.zoned.all():
        raise LogError.from_mixed_zones(source, name)
    return pa.array(found.micros, pa.timestamp("us", tz="UTC" if zoned else None))


def _with_numbers(
    source: str, name: str, text: pa.Array, found: iso8601.Parsed, unit: str
) -> iso8601.Parsed:
    """The times of a column of text in which digits alone are numbers of a unit."""
    number = pc.match_substring_regex(text, _NUMBER)
    digits = pc.utf8_trim_whitespace(text.filter(number))
    if not len(digits):
        return found
    try:
        values = digits.cast(pa.int64())
    except pa.ArrowInvalid:
        values = digits.cast(pa.float64())
    rows = number.to_numpy(zero_copy_only=False)
    micros = found.micros.copy()
    micros[rows] = _counted(source, name, values, unit).cast(pa.int64()).to_numpy()
    return iso8601.Parsed(micros, found.read | rows, found.zoned | rows)


def _counted(source: str, name: str, column: pa.Array, unit: str | None) -> pa.Array:
    """Numbers of a unit since 1970 as timestamps in UTC, rounded down to microseconds.

    Null where a number is null or NaN. Raises LogError without a unit, and for numbers outside the
    years 1 to 9999.
    """
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.int64() if column.type.scale == 0 else pa.float64(), safe=False)
    given = column.drop_null()
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        given = column.drop_null()
    if unit is None:
        raise LogError.from_no_unit(source, name, _looks(given))
    raw = given.to_numpy(zero_copy_only=False)
    step = UNITS[unit]
    if len(raw) and not _FIRST / step <= raw.min() <= raw.max() < _LAST / step:
        raise LogError.from_far_times(source, name)
    micros = np.zeros(len(column), np.int64)
    micros[column.is_valid().to_numpy(zero_copy_only=False)] = _in_micros(raw, step)
    null = column.is_null().to_numpy(zero_copy_only=False)
    return pa.array(micros, pa.timestamp("us", tz="UTC"), mask=null)


def _in_micros(raw: np.ndarray, step: float) -> np.ndarray:
    """Numbers of units of `step` microseconds as microseconds; a fraction stays in its unit."""
    whole = np.floor(raw).astype(np.int64)
    if step < 1:
        return whole // 1000
    fraction = np.rint((raw - whole) * step) if raw.dtype.kind == "f" else 0
    return whole * int(step) + np.minimum(fraction, step - 1).astype(np.int64)


def _looks(given: pa.Array) -> tuple[str, dict[str, str]]:
    """The first number, and the moment that it is in each unit, as text."""
    if not len(given):
        return "null", {}
    number = given[0].as_py()
    shown = {}
    for unit, step in UNITS.items():
        if _FIRST <= number * step < _LAST:
            moment = np.datetime64(int(number * step), "us").astype("datetime64[s]")
            shown[unit] = str(moment).replace("T", " ")
    return f"{number:.0f}", shown


def micros_of(column: pa.Array) -> np.ndarray | None:
    """Timestamps or dates without nulls as microseconds since 1970, int64[n], rounded down.

    None when a time is outside the years 1 to 9999.

    >>> micros_of(pa.array([1, -1]).cast(pa.timestamp("ms"))).tolist()
    [1000, -1000]
    """
    kind = column.type
    wide = pa.types.is_timestamp(kind) or pa.types.is_date64(kind)
    raw = _raw(column, np.int64 if wide else np.int32)
    unit = kind.unit if pa.types.is_timestamp(kind) else "ms"
    if wide and unit == "ns":
        return raw // 1000
    step = _STEPS[unit] if wide else DAY_MICROS
    if len(raw) and not _FIRST // step <= raw.min() <= raw.max() < _LAST // step:
        return None
    return raw if step == 1 else raw.astype(np.int64) * step


def _raw(column: pa.Array, kind: type[np.generic]) -> np.ndarray:
    """The whole numbers of a column as they lie in memory."""
    data = column.buffers()[1]
    if not data:
        return np.zeros(0, np.int64)
    return np.frombuffer(data, kind)[column.offset : column.offset + len(column)]


def local_days(clock: np.ndarray, zone_name: str | None) -> np.ndarray:
    """The local day of each moment, int64[n]; `zone_name` is None for a clock of local time.

    >>> local_days(np.array([0, 16 * 3600 * 1_000_000]), "Asia/Shanghai").tolist()
    [0, 1]
    """
    if not len(clock):
        return np.zeros(0, np.int64)
    return local_day(clock, *zone_changes(zone_name, int(clock.min()), int(clock.max())))
