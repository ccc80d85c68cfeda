"""One column of a log each: checked, and turned into numpy arrays of whole numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from churnlab import schema
from churnlab.errors import LogError

_TEXT_ZONE = r"(?:[zZ]|\d:\d{2}(?::\d{2}(?:\.\d+)?)? ?[+-]\d{2}(?::?\d{2})?)$"


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds text, dictionaries of text included."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def encode(source: str, name: str, column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Codes int64[n] and the sorted distinct values (text or int64) of an id or name column; no null, no empty text."""
    missing = column.null_count
    if not missing and pa.types.is_integer(column.type):
        if pa.types.is_uint64(column.type) and pc.max(column).as_py() > 2**63 - 1:
            raise LogError.from_wrong_type(source, name, "uint64 beyond 9.2e18", "text or whole numbers below that")
        values, codes = np.unique(column.to_numpy().astype(np.int64), return_inverse=True)
        return codes.astype(np.int64), values
    if is_text(column.type):
        missing += pc.sum(pc.equal(column.cast(pa.string()), "")).as_py() or 0
    elif not pa.types.is_integer(column.type) and missing < len(column):
        raise LogError.from_wrong_type(source, name, str(column.type), "text or whole numbers")
    if missing:
        raise LogError.from_nulls(source, name, missing, len(column))
    return _encode_text(column.cast(pa.string()))


def _encode_text(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    coded = column.combine_chunks().dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    values = np.array(coded.dictionary.to_pylist(), dtype=object)
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[coded.indices.to_numpy(zero_copy_only=False)], values[order]


def read_times(source: str, name: str, column: pa.ChunkedArray, timezone: str | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clock (microseconds), local day and local hour, int64[n] each.

    With a zone in the data the clock shows UTC and days are those of `timezone` (UTC when None). Without one the clock
    shows the local time of `timezone`, which then must be stated.
    """
    stamps = _as_stamps(source, name, column)
    if stamps.dt.tz is None:
        if timezone is None:
            raise LogError.from_naive_time(source, name)
        clock = local = _micros(stamps)
    else:
        clock = _micros(stamps.dt.tz_convert("UTC").dt.tz_localize(None))
        local = _micros(stamps.dt.tz_convert(schema.zone(timezone or "UTC")).dt.tz_localize(None))
    return clock, local // schema.DAY_MICROS, local % schema.DAY_MICROS // (3600 * schema.MICRO)


def _as_stamps(source: str, name: str, column: pa.ChunkedArray) -> pd.Series:
    if is_text(column.type):
        return _parse(source, name, column.cast(pa.string()).to_pandas())
    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        raise LogError.from_wrong_type(source, name, str(column.type), "timestamps, dates or text like 2026-03-01 12:30:00")
    if column.null_count:
        raise LogError.from_nulls(source, name, column.null_count, len(column))
    zone = getattr(column.type, "tz", None)
    return pd.Series(column.cast(pa.timestamp("us", tz=zone), safe=False).to_pandas())


def _parse(source: str, name: str, text: pd.Series) -> pd.Series:
    zoned = text.str.contains(_TEXT_ZONE).fillna(False).astype(bool)
    aware = bool(zoned.any())
    stamps = pd.to_datetime(text, errors="coerce", utc=aware, format="ISO8601")
    bad = stamps.isna() | (zoned != aware)
    if bad.any():
        raise LogError.from_bad_times(source, name, int(bad.sum()), len(text), str(text[bad].iloc[0]))
    return stamps


def _micros(stamps: pd.Series) -> np.ndarray:
    return stamps.to_numpy().astype("datetime64[us]").astype(np.int64)


def read_numbers(source: str, name: str, column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A numeric column as millionths int64[n]; where it is unusable (NaN, infinite, beyond 1e10, no number) bool[n]; and
    where it is null. Both count as zero."""
    if is_text(column.type):
        text = column.cast(pa.string()).to_pandas()
        null = (text.isna() | (text == "")).to_numpy()
        values = pd.to_numeric(text, errors="coerce").to_numpy(np.float64)
    elif pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or pa.types.is_decimal(column.type) or pa.types.is_null(column.type):
        null = column.is_null().to_numpy()
        values = column.cast(pa.float64(), safe=False).to_numpy()
    else:
        raise LogError.from_wrong_type(source, name, str(column.type), "numbers")
    usable = np.isfinite(values) & (np.abs(np.nan_to_num(values, posinf=0, neginf=0)) <= schema.AMOUNT_LIMIT)
    micros = np.rint(np.where(usable, values, 0.0) * schema.MICRO).astype(np.int64)
    return micros, ~usable & ~null, null
