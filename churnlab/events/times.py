"""Times of any type as whole microseconds, and the local days that they fall on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.texts import is_text
from churnlab.kernels.units import DAY_MICROS, MICRO
from churnlab.schema.days import day_number
from churnlab.schema.zones import local_day, zone_changes

_STEPS = {"s": MICRO, "ms": 1000, "us": 1}
_FIRST = day_number("0001-01-01") * DAY_MICROS
_LAST = (day_number("9999-12-31") + 1) * DAY_MICROS
_TEXT_ZONE = r"(?:[zZ]|\d:\d{2}(?::\d{2}(?:\.\d+)?)? ?[+-]\d{2}(?::?\d{2})?)$"


def read_clock(
    source: str, name: str, column: pa.Array, timezone: str | None
) -> tuple[np.ndarray, bool]:
    """Microseconds of the log's clock, int64[n], and whether the times carry no zone.

    The clock is UTC where times carry a zone, otherwise the local time of `timezone`, which must
    then be given. Raises LogError for another type, nulls, unreadable text, times without a zone
    when `timezone` is None, and times outside the years 1 to 9999.
    """
    if is_text(column.type):
        column = _parsed(source, name, column)
    elif not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        wanted = "timestamps, dates or text like 2026-03-01 12:30:00"
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


def _parsed(source: str, name: str, column: pa.Array) -> pa.Array:
    """Text as timestamps in microseconds, all with a zone or all without."""
    text = column.cast(pa.string()).to_pandas()
    zoned = text.str.contains(_TEXT_ZONE).fillna(False).astype(bool)
    aware = bool(zoned.any())
    stamps = pd.to_datetime(text, errors="coerce", utc=aware, format="ISO8601")
    bad = stamps.isna() | (zoned != aware)
    if bad.any():
        first = str(text[bad].iloc[0])
        raise LogError.from_bad_times(source, name, int(bad.sum()), len(text), first)
    plain = stamps.dt.tz_localize(None).to_numpy() if aware else stamps.to_numpy()
    micros = plain.astype("datetime64[us]").astype(np.int64)
    return pa.array(micros, pa.timestamp("us", tz="UTC" if aware else None))


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
