"""A batch of events, checked, as columns of whole numbers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.activity.arrivals import known_days
from churnlab.errors import LogError
from churnlab.events.sources import micros_of
from churnlab.events.spec import LogSpec
from churnlab.kernels.ids import IntIds, TextIds
from churnlab.kernels.jit import frozen
from churnlab.kernels.records import ACT, MONEY, MUST_PAY
from churnlab.kernels.rollup import Meaning, Slice
from churnlab.kernels.units import AMOUNT_LIMIT, MICRO
from churnlab.schema.days import contains
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles
from churnlab.schema.zones import day_settled, instant, local_day, zone_changes

NO_IDS = (
    "",
    "null",
    "NULL",
    "Null",
    "none",
    "None",
    "nan",
    "NaN",
    "undefined",
    "00000000-0000-0000-0000-000000000000",
)
_TEXT_ZONE = r"(?:[zZ]|\d:\d{2}(?::\d{2}(?:\.\d+)?)? ?[+-]\d{2}(?::?\d{2})?)$"
_COMPARE = {
    "==": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
NOT_COUNTED = -(2**63)  # as float64 -0.0, which is counted as 0.0


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds text, dictionaries of text included."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


@dataclass
class Counts:
    """What was read and what was set aside."""

    rows: int = 0
    ignored: int = 0
    bad_ids: int = 0
    bad_measures: int = 0
    bad_amounts: int = 0
    duplicates: int = 0
    duplicates_dropped: int = 0
    too_late: int = 0
    events: int = 0

    def add(self, other: Counts) -> None:
        """Sums both up, here."""
        for name in vars(other):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Tables:
    """What all batches of a log share: the numbers of ids, event names and texts; to be used under the lock."""

    roles: Roles
    lock: threading.Lock = field(default_factory=threading.Lock)
    ids: IntIds | TextIds | None = None
    names: dict[str, int] = field(default_factory=dict)
    texts: dict[str, TextIds] = field(default_factory=dict)
    naive: bool | None = None
    _meaning: Meaning | None = None

    def ids_of(self, source: str, column: str, kind: pa.DataType) -> IntIds | TextIds:
        """The table of ids, made when the first batch shows of which kind they are."""
        text = is_text(kind)
        if not text and not pa.types.is_integer(kind):
            raise LogError.from_wrong_type(source, column, str(kind), "text or whole numbers")
        with self.lock:
            if self.ids is None:
                self.ids = TextIds() if text else IntIds()
        if isinstance(self.ids, TextIds) != text:
            raise LogError.from_wrong_type(
                source, column, f"{kind} in some rows and another type in others", "one type of id"
            )
        return self.ids

    def name_codes(self, names: Sequence[str], indices: np.ndarray) -> np.ndarray:
        """The numbers of event names, int32; -1 for those that are ignored, 0 for those that no event of `indices` has."""
        with self.lock:
            if any(n not in self.names for n in names):
                for i in np.flatnonzero(np.bincount(indices, minlength=len(names))).tolist():
                    if names[i] not in self.roles.ignore:
                        self.names.setdefault(names[i], len(self.names))
            return np.array(
                [-1 if n in self.roles.ignore else self.names.get(n, 0) for n in names], np.int32
            )

    def meaning(self) -> Meaning:
        """What the names seen so far mean."""
        with self.lock:
            if self._meaning is None or len(self._meaning.flags) != len(self.names):
                self._meaning = meaning_of(self.roles, list(self.names))
            return self._meaning


def meaning_of(roles: Roles, names: list[str]) -> Meaning:
    """Flags and roles of event names, in their order."""
    money = [roles.is_money(n) for n in names]
    must = MUST_PAY if "purchase" in roles.events else 0
    flags = [ACT * roles.is_act(n) | (MONEY | must) * m for n, m in zip(names, money, strict=True)]
    of_name = [
        [i for i, role in enumerate(roles.names) if role in roles.of_event(n)] for n in names
    ]
    first = np.concatenate([[0], np.cumsum([len(r) for r in of_name])])
    together = np.array([role for of_one in of_name for role in of_one], np.int32)
    return Meaning(
        frozen(np.array(flags, np.uint8)),
        frozen(first.astype(np.int32)),
        frozen(together),
    )


class Reader:
    """Turns record batches of one log into slices; `counts` collects what was set aside."""

    def __init__(self, source: str, spec: LogSpec, tables: Tables) -> None:
        self.source, self.spec, self.tables, self.counts = source, spec, tables, Counts()
        self._sure: dict[tuple[int, int], tuple[int, int]] = {}

    def read(self, batch: pa.RecordBatch, days: tuple[int, int] | None = None) -> Slice:
        """The sound events of a batch; ids are codes where they are text. Events outside the local days `[days[0], days[1])` are not
        counted."""
        batch = self.inside(_plain(batch), days)
        self.counts.rows += batch.num_rows
        batch, name = self._named(self._with_ids(batch))
        clock = read_clock(
            self.source,
            self.spec.time,
            batch.column(self.spec.time),
            self.spec.timezone,
            self.tables,
        )
        amount, paid = self._amount(batch)
        return Slice(
            frozen(self._ids(batch)),
            frozen(clock),
            frozen(name),
            amount,
            paid,
            frozen(self._extra(batch)),
            self._known(batch, clock),
        )

    def inside(self, batch: pa.RecordBatch, days: tuple[int, int] | None) -> pa.RecordBatch:
        """Without the events of other days, which another part of the log counts; a null time is of no day and stays."""
        column = batch.column(self.spec.time)
        if days is None or column.null_count == len(column):
            return batch
        if not is_text(column.type) and not column.null_count:
            clock = read_clock(self.source, self.spec.time, column, self.spec.timezone, self.tables)
            low, high = self._surely(days)
            if low <= clock.min() and clock.max() < high:
                return batch
        keep = column.is_valid().to_numpy(zero_copy_only=False)
        keep[keep] = contains(self._days(column.drop_null()), *days)
        return batch.filter(pa.array(keep | column.is_null().to_numpy(zero_copy_only=False)))

    def _surely(self, days: tuple[int, int]) -> tuple[int, int]:
        """Moments between which every event is of these days."""
        if days not in self._sure:
            zone_name = None if self.tables.naive else self.spec.timezone or "UTC"
            self._sure[days] = day_settled(days[0], zone_name), instant(days[1], zone_name)
        return self._sure[days]

    def _days(self, column: pa.Array) -> np.ndarray:
        """The local day of each time."""
        clock = read_clock(self.source, self.spec.time, column, self.spec.timezone, self.tables)
        return local_days(clock, None if self.tables.naive else self.spec.timezone or "UTC")

    @cached_property
    def _nothing(self) -> TextIds:
        """The texts that are no ids."""
        table = TextIds()
        table.encode(pa.array(NO_IDS))
        return table

    def _with_ids(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Without the rows whose id is none."""
        column = batch.column(self.spec.user)
        if is_text(column.type):
            column = _dictionary(column)
            batch = batch.set_column(
                batch.schema.get_field_index(self.spec.user), self.spec.user, column
            )
            bad = self._nothing.find(column.dictionary) >= 0
            if bad.any() or column.null_count:
                keep = pc.invert(pc.fill_null(pc.take(pa.array(bad), column.indices), True))
                return self._keep(batch, keep, "bad_ids")
        elif column.null_count:
            return self._keep(batch, column.is_valid(), "bad_ids")
        return batch

    def _keep(self, batch: pa.RecordBatch, keep: pa.Array, what: str) -> pa.RecordBatch:
        kept = batch.filter(keep)
        setattr(self.counts, what, getattr(self.counts, what) + batch.num_rows - kept.num_rows)
        return kept

    def _named(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, np.ndarray]:
        """The batch without ignored events, and the number of each event's name, int32[n]."""
        column = batch.column(self.spec.event)
        if not is_text(column.type):
            if not pa.types.is_integer(column.type) and column.null_count < len(column):
                raise LogError.from_wrong_type(
                    self.source, self.spec.event, str(column.type), "text or whole numbers"
                )
            column = column.cast(pa.string())
        column = _dictionary(column)
        names = column.dictionary.to_pylist()
        nothing = [i for i, n in enumerate(names) if n == ""]
        empty = column.null_count + (
            pc.sum(pc.is_in(column.indices, pa.array(nothing, pa.int32()))).as_py() or 0
            if nothing
            else 0
        )
        if empty:
            raise LogError.from_nulls(self.source, self.spec.event, empty, len(column))
        indices = column.indices.to_numpy()
        codes = self.tables.name_codes(names, indices)
        name = codes.take(indices) if len(codes) else np.zeros(0, np.int32)
        if (codes < 0).any():
            keep = name >= 0
            batch = self._keep(batch, pa.array(keep), "ignored")
            name = name[keep]
        return batch, name

    def _ids(self, batch: pa.RecordBatch) -> np.ndarray:
        column = batch.column(self.spec.user)
        if pa.types.is_null(column.type):
            return np.zeros(0, np.int64)
        table = self.tables.ids_of(self.source, self.spec.user, column.type)
        if isinstance(table, IntIds):
            if (
                pa.types.is_uint64(column.type)
                and len(column)
                and pc.max(column).as_py() > 2**63 - 1
            ):
                raise LogError.from_wrong_type(
                    self.source,
                    self.spec.user,
                    "uint64 beyond 9.2e18",
                    "text or whole numbers below that",
                )
            return column.cast(pa.int64()).to_numpy()
        present = np.zeros(len(column.dictionary), bool)
        indices = column.indices.to_numpy()
        present[indices] = True
        codes = np.full(len(present), -1, np.int64)
        texts = column.dictionary if present.all() else column.dictionary.filter(pa.array(present))
        h = TextIds.hashes(texts)
        with self.tables.lock:
            codes[present] = table.encode(texts, h)
        return codes[indices]

    def _amount(self, batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
        """Amounts float64[n], and 1 where there is none uint8[n] (empty where all are given)."""
        if self.spec.amount is None:
            return frozen(np.zeros(0)), frozen(np.zeros(0, np.uint8))
        column = batch.column(self.spec.amount)
        values, null = read_numbers(self.source, self.spec.amount, column)
        return frozen(values), frozen(
            null.view(np.uint8) if null is not None else np.zeros(0, np.uint8)
        )

    def _known(self, batch: pa.RecordBatch, clock: np.ndarray) -> np.ndarray:
        """The local day on which each event arrived, int32[n], never before its own; its own where the arrival is null."""
        if self.spec.arrived is None:
            return frozen(np.zeros(0, np.int32))
        column = batch.column(self.spec.arrived)
        given = column.is_valid().to_numpy(zero_copy_only=False)
        own = local_days(clock, None if self.tables.naive else self.spec.timezone)
        if not given.any():
            return frozen(own.astype(np.int32))
        arrived = own.copy()
        moments = read_clock(
            self.source,
            self.spec.arrived,
            column.filter(pa.array(given)),
            self.spec.timezone,
            self.tables,
        )
        arrived[given] = local_days(moments, None if self.tables.naive else self.spec.timezone)
        return frozen(known_days(own, arrived).astype(np.int32))

    def _extra(self, batch: pa.RecordBatch) -> np.ndarray:
        """What each measure adds, int64[n, k]; for distinct ones the number of the value, NOT_COUNTED where there is none."""
        out = np.zeros((batch.num_rows, len(self.spec.measures)), np.int64)
        for i, measure in enumerate(self.spec.measures):
            out[:, i] = self._measure(batch, measure)
        return out

    def _measure(self, batch: pa.RecordBatch, measure: Measure) -> np.ndarray:
        meets = self._meets(batch, measure)
        if measure.column is None:
            return meets.astype(np.int64)
        column = batch.column(measure.column)
        if measure.kind == "sum":
            values, null = read_numbers(self.source, measure.column, column)
            usable = np.abs(np.nan_to_num(values, nan=np.inf)) <= AMOUNT_LIMIT
            self.counts.bad_measures += int(
                (~usable & (True if null is None else ~null) & meets).sum()
            )
            return np.rint(
                np.where(usable & meets & (True if null is None else ~null), values, 0.0) * MICRO
            ).astype(np.int64)
        given = column.is_valid().to_numpy(zero_copy_only=False)
        return np.where(meets & given, self._value_codes(measure.column, column), NOT_COUNTED)

    def _meets(self, batch: pa.RecordBatch, measure: Measure) -> np.ndarray:
        """Which events meet all conditions of a measure, bool[n]."""
        meets = np.ones(batch.num_rows, bool)
        for name, operator, value in measure.where:
            column = batch.column(name)
            column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
            try:
                if operator in _COMPARE:
                    found = _COMPARE[operator](column, pa.scalar(value))
                else:
                    found = pc.is_in(column, value_set=pa.array(list(value)).cast(column.type))
                    found = pc.invert(found) if operator == "not in" else found
            except pa.ArrowException as error:
                raise LogError.from_condition(
                    self.source, name, operator, value, str(column.type)
                ) from error
            meets &= pc.and_(pc.fill_null(found, False), column.is_valid()).to_numpy(
                zero_copy_only=False
            )
        return meets

    def _value_codes(self, name: str, column: pa.Array) -> np.ndarray:
        """Numbers that tell the values of a column apart, int64[n]; anything for a null, NOT_COUNTED for NaN."""
        if is_text(column.type):
            column = _dictionary(column)
            with self.tables.lock:
                codes = self.tables.texts.setdefault(name, TextIds()).encode(column.dictionary)
            places = column.indices.fill_null(0).to_numpy()
            return codes.astype(np.int64)[places] if len(codes) else np.zeros(len(column), np.int64)
        if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
            return column.cast(pa.int64(), safe=False).fill_null(0).to_numpy()
        values = read_numbers(self.source, name, column)[0]
        return np.where(np.isnan(values), -0.0, values + 0.0).view(np.int64)


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with columns of the plainer kinds: dictionaries of text without a null among their values, no views, else as it was."""
    for i, kind in enumerate(batch.schema.types):
        column = batch.column(i)
        if pa.types.is_dictionary(kind):
            if pa.types.is_string_view(kind.value_type):
                column = pa.DictionaryArray.from_arrays(
                    column.indices, column.dictionary.cast(pa.large_string())
                )
            if not is_text(kind) or column.dictionary.null_count:
                column = column.dictionary_decode()
        elif pa.types.is_string_view(kind):
            column = column.cast(pa.large_string())
        if column is not batch.column(i) and column.type != kind:
            batch = batch.set_column(i, batch.schema.names[i], column)
    return batch


def _dictionary(column: pa.Array) -> pa.DictionaryArray:
    """A text column as a dictionary of strings, indices int32."""
    if not pa.types.is_dictionary(column.type):
        return column.cast(pa.large_string()).dictionary_encode()
    if column.indices.type != pa.int32():
        return pa.DictionaryArray.from_arrays(column.indices.cast(pa.int32()), column.dictionary)
    return column


def read_clock(
    source: str, name: str, column: pa.Array, timezone: str | None, tables: Tables
) -> np.ndarray:
    """Microseconds of the log's clock, int64[n]: UTC where times carry a zone, else the local time of `timezone`, which then must be stated."""
    if not len(column):
        return np.zeros(0, np.int64)
    if is_text(column.type):
        column = _parse(source, name, column)
    elif not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        raise LogError.from_wrong_type(
            source, name, str(column.type), "timestamps, dates or text like 2026-03-01 12:30:00"
        )
    if column.null_count:
        raise LogError.from_nulls(source, name, column.null_count, len(column))
    naive = getattr(column.type, "tz", None) is None
    if naive and timezone is None:
        raise LogError.from_naive_time(source, name)
    with tables.lock:
        if tables.naive is None:
            tables.naive = naive
    if tables.naive != naive:
        raise LogError.from_mixed_zones(source, name)
    clock = micros_of(column)
    if clock is None:
        raise LogError.from_far_times(source, name)
    return clock


def _nulls(column: pa.Array) -> np.ndarray:
    """Where a column is null, bool[n]."""
    begin = column.offset % 8
    bits = np.frombuffer(column.buffers()[0], np.uint8)[
        column.offset // 8 : (column.offset + len(column) + 7) // 8
    ]
    return (np.unpackbits(bits, bitorder="little")[begin : begin + len(column)] ^ 1).view(bool)


def _data(column: pa.Array, kind: type[np.generic]) -> np.ndarray:
    """The values of a column without nulls (or whatever stands where it is null), as they lie in memory."""
    data = column.buffers()[1]
    return (
        np.frombuffer(data, kind)[column.offset : column.offset + len(column)]
        if data
        else np.zeros(0, kind)
    )


def _parse(source: str, name: str, column: pa.Array) -> pa.Array:
    text = column.cast(pa.string()).to_pandas()
    zoned = text.str.contains(_TEXT_ZONE).fillna(False).astype(bool)
    aware = bool(zoned.any())
    stamps = pd.to_datetime(text, errors="coerce", utc=aware, format="ISO8601")
    bad = stamps.isna() | (zoned != aware)
    if bad.any():
        raise LogError.from_bad_times(
            source, name, int(bad.sum()), len(text), str(text[bad].iloc[0])
        )
    micros = stamps.dt.tz_localize(None).to_numpy() if aware else stamps.to_numpy()
    return pa.array(
        micros.astype("datetime64[us]").astype(np.int64),
        pa.timestamp("us", tz="UTC" if aware else None),
    )


def local_days(clock: np.ndarray, zone_name: str | None) -> np.ndarray:
    """The local day of each moment, int64[n]; None for a clock that shows local time."""
    if not len(clock):
        return np.zeros(0, np.int64)
    return local_day(clock, *zone_changes(zone_name, int(clock.min()), int(clock.max())))


def read_numbers(source: str, name: str, column: pa.Array) -> tuple[np.ndarray, np.ndarray | None]:
    """A numeric column as float64[n] (NaN for what is no number), and where it is null, bool[n] or None for nowhere."""
    if is_text(column.type):
        text = column.cast(pa.string()).to_pandas()
        null = (text.isna() | (text == "")).to_numpy(bool)
        return pd.to_numeric(text, errors="coerce").to_numpy(np.float64), null
    kind = column.type
    if not (
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    ):
        raise LogError.from_wrong_type(source, name, str(kind), "numbers")
    if pa.types.is_null(kind):
        return np.zeros(len(column)), np.ones(len(column), bool)
    null = _nulls(column) if column.null_count else None
    return _data(column.cast(pa.float64(), safe=False), np.float64), null
