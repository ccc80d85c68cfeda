"""A batch of events, checked, as columns of whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.activity.arrivals import known_days
from churnlab.errors import LogError
from churnlab.events.amounts import read_amounts
from churnlab.events.codes import Tables
from churnlab.events.id_column import known_ids
from churnlab.events.measured import read_measure
from churnlab.events.moments import Bounds
from churnlab.events.seen import Seen
from churnlab.events.spec import LogSpec
from churnlab.events.texts import as_dictionary, is_text, no_text, readable, simpler
from churnlab.events.times import local_days, read_clock
from churnlab.events.unusable import Unusable
from churnlab.kernels.ids import TextIds
from churnlab.kernels.jit import frozen
from churnlab.kernels.rollup import Slice
from churnlab.schema.days import contains
from churnlab.schema.zones import day_settled, instant

# Texts that exports write where there is no id.
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
_LARGEST_ID = 2**63 - 1


@dataclass
class Counts:
    """How many rows were read, and how many were set aside for each reason."""

    rows: int = 0
    ignored: int = 0
    bad_ids: int = 0
    bad_times: int = 0
    after_until: int = 0
    before_since: int = 0
    bad_measures: int = 0
    bad_amounts: int = 0
    negative_amounts: int = 0
    duplicates: int = 0
    duplicates_dropped: int = 0
    too_late: int = 0
    events: int = 0

    def add(self, other: Counts) -> None:
        """Add the counts of another part of the log to these.

        >>> counts = Counts(rows=2)
        >>> counts.add(Counts(rows=3, bad_ids=1))
        >>> counts.rows, counts.bad_ids
        (5, 1)
        """
        for name in vars(other):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Reader:
    """Turns the batches of one log into columns of its sound events.

    `counts` collects the rows that were set aside, `seen` examples of them and the events of each
    name, `unusable` the numbers that cannot be used, by their column. `tables` holds the codes that
    all readers of the log share.
    """

    def __init__(self, source: str, spec: LogSpec, tables: Tables) -> None:
        self.source = source
        self.spec = spec
        self.tables = tables
        self.counts = Counts()
        self.unusable: dict[str, Unusable] = {}
        self.seen = Seen()
        self._sure: dict[tuple[int, int], tuple[int, int]] = {}

    @property
    def zone(self) -> str | None:
        """The zone that takes the log's clock to local time, None where it shows local time."""
        return self.spec.clock_zone(bool(self.tables.naive))

    def read(self, batch: pa.RecordBatch, days: tuple[int, int] | None = None) -> Slice:
        """The sound events of a batch; text ids and event names are codes of `tables`.

        Events outside the local days `[days[0], days[1])` are left out and not counted. Raises
        LogError for a column that cannot be used.
        """
        batch = self.inside(simpler(batch), days)
        self.counts.rows += batch.num_rows
        batch, name = self._named(self._with_ids(batch))
        clock = self._clock(self.spec.time, batch.column(self.spec.time))
        keep = self._within(clock)
        if keep is not None:
            batch, clock, name = batch.filter(pa.array(keep)), clock[keep], name[keep]
        self.seen.count(name)
        amount, lacking = self._amount(batch, name)
        return Slice(
            frozen(self._ids(batch)),
            frozen(clock),
            frozen(name),
            amount,
            lacking,
            frozen(self._extra(batch)),
            self._known(batch, clock),
        )

    def inside(self, batch: pa.RecordBatch, days: tuple[int, int] | None) -> pa.RecordBatch:
        """The batch without events of other days, which another task counts.

        A null time belongs to no day and stays, so that it is refused.
        """
        column = batch.column(self.spec.time)
        if days is None or column.null_count == len(column):
            return batch
        if not is_text(column.type) and not column.null_count:
            clock = self._clock(self.spec.time, column)
            low, high = self._surely(days)
            if low <= clock.min() and clock.max() < high:
                return batch
        keep = column.is_valid().to_numpy(zero_copy_only=False)
        clock = self._clock(self.spec.time, column.drop_null())
        keep[keep] = contains(local_days(clock, self.zone), *days)
        return batch.filter(pa.array(keep | column.is_null().to_numpy(zero_copy_only=False)))

    def _surely(self, days: tuple[int, int]) -> tuple[int, int]:
        """Two moments between which every event falls on one of these days."""
        if days not in self._sure:
            self._sure[days] = day_settled(days[0], self.zone), instant(days[1], self.zone)
        return self._sure[days]

    def _clock(self, name: str, column: pa.Array) -> np.ndarray:
        """Microseconds of the log's clock, int64[n]."""
        if not len(column):
            return np.zeros(0, np.int64)
        zone = self.spec.timezone or ("UTC" if self.spec.utc else None)
        clock, naive = read_clock(self.source, name, column, zone, self.spec.time_unit)
        self.tables.check_clock(self.source, name, naive and not self.spec.utc)
        return clock

    @cached_property
    def _bounds(self) -> Bounds:
        """The moments between which events are taken in."""
        spec, naive = self.spec, bool(self.tables.naive)
        return Bounds.of(spec.since, spec.until, spec.read_at, naive, spec.timezone)

    def _within(self, clock: np.ndarray) -> np.ndarray | None:
        """Which events lie within the bounds, bool[n], None for all; the others are counted."""
        if not len(clock):
            return None
        bounds = self._bounds
        if bounds.low <= clock.min() and clock.max() < bounds.high:
            return None
        early, late = clock < bounds.low, clock >= bounds.high
        wrong = (clock < bounds.floor) | (clock >= bounds.now)
        self.counts.bad_times += int(wrong.sum())
        self.counts.after_until += int((late & ~wrong).sum())
        self.counts.before_since += int((early & ~wrong).sum())
        return ~(early | late)

    @cached_property
    def _nothing(self) -> TextIds:
        """The texts that stand for no id."""
        table = TextIds()
        table.encode(pa.array(NO_IDS))
        return table

    def _with_ids(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch without the rows that have no id; text ids as a dictionary."""
        column = known_ids(self.source, self.spec.user, batch.column(self.spec.user))
        column = as_dictionary(column) if is_text(column.type) else column
        if column is not batch.column(self.spec.user):
            place = batch.schema.get_field_index(self.spec.user)
            batch = batch.set_column(place, self.spec.user, column)
        if not is_text(column.type):
            return self._keep(batch, column.is_valid(), "bad_ids") if column.null_count else batch
        bad = self._nothing.find(column.dictionary) >= 0
        unreadable = no_text(column.dictionary)
        if unreadable is not None:
            bad |= unreadable
        if not bad.any() and not column.null_count:
            return batch
        keep = pc.invert(pc.fill_null(pc.take(pa.array(bad), column.indices), True))
        return self._keep(batch, keep, "bad_ids")

    def _keep(self, batch: pa.RecordBatch, keep: pa.Array, reason: str) -> pa.RecordBatch:
        """The rows to keep; the others are counted under the reason, with examples."""
        kept = batch.filter(keep)
        if self.seen.wants(reason):
            column = self.spec.event if reason == "ignored" else self.spec.user
            self.seen.note(reason, batch.column(column).filter(pc.invert(keep)))
        setattr(self.counts, reason, getattr(self.counts, reason) + batch.num_rows - len(kept))
        return kept

    def _named(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, np.ndarray]:
        """The batch without ignored events, and the code of each event's name, int32[n]."""
        column = self._names(batch.column(self.spec.event))
        indices = column.indices.to_numpy()
        codes = self.tables.name_codes(column.dictionary.to_pylist(), indices)
        name = codes.take(indices) if len(codes) else np.zeros(0, np.int32)
        if (codes < 0).any():
            keep = name >= 0
            return self._keep(batch, pa.array(keep), "ignored"), name[keep]
        return batch, name

    def _names(self, column: pa.Array) -> pa.DictionaryArray:
        """The event names as a dictionary; LogError when one is null or empty."""
        if not is_text(column.type):
            if not pa.types.is_integer(column.type) and column.null_count < len(column):
                raise LogError.from_wrong_type(
                    self.source, self.spec.event, str(column.type), "text or whole numbers"
                )
            column = column.cast(pa.string())
        column = as_dictionary(column)
        unreadable = no_text(column.dictionary)
        if unreadable is not None:
            raise LogError.from_no_text(self.source, self.spec.event, _told(column, unreadable))
        empty = [i for i, n in enumerate(column.dictionary.to_pylist()) if n == ""]
        lacking = column.null_count
        if empty:
            lacking += pc.sum(pc.is_in(column.indices, pa.array(empty, pa.int32()))).as_py() or 0
        if lacking:
            raise LogError.from_nulls(self.source, self.spec.event, lacking, len(column))
        return column

    def _ids(self, batch: pa.RecordBatch) -> np.ndarray:
        """Ids that are whole numbers as they are, text ids as codes, int64[n]."""
        column = batch.column(self.spec.user)
        if pa.types.is_null(column.type):
            return np.zeros(0, np.int64)
        table = self.tables.ids_of(self.source, self.spec.user, column.type)
        if isinstance(table, TextIds):
            return self._text_ids(column, table)
        unsigned = pa.types.is_uint64(column.type) and len(column)
        if unsigned and pc.max(column).as_py() > _LARGEST_ID:
            given, wanted = "uint64 beyond 9.2e18", "text or whole numbers below that"
            raise LogError.from_wrong_type(self.source, self.spec.user, given, wanted)
        return column.cast(pa.int64()).to_numpy()

    def _text_ids(self, column: pa.DictionaryArray, table: TextIds) -> np.ndarray:
        """Codes of text ids, int64[n]; an entry of the dictionary that no row has gets none."""
        present = np.zeros(len(column.dictionary), bool)
        indices = column.indices.to_numpy()
        present[indices] = True
        codes = np.full(len(present), -1, np.int64)
        texts = column.dictionary if present.all() else column.dictionary.filter(pa.array(present))
        hashes = TextIds.hashes(texts)  # outside the lock: it is most of the work
        with self.tables.lock:
            codes[present] = table.encode(texts, hashes)
        return codes[indices]

    def _amount(self, batch: pa.RecordBatch, name: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Amounts float64[n], and 1 where an amount is null, uint8[n] (empty: nowhere)."""
        if self.spec.amount is None:
            return frozen(np.zeros(0)), frozen(np.zeros(0, np.uint8))
        column = batch.column(self.spec.amount)
        seen = self.unusable.setdefault("amount", Unusable())
        values, null, negative = read_amounts(
            self.source, column, self.spec, self.tables, name, seen
        )
        self.counts.negative_amounts += negative
        lacking = np.zeros(0, np.uint8) if null is None else null.view(np.uint8)
        return frozen(values), frozen(lacking)

    def _known(self, batch: pa.RecordBatch, clock: np.ndarray) -> np.ndarray:
        """The local day on which each event arrived, int32[n]; empty without arrival times.

        It is never before the event's own day, and is that day where the arrival is null.
        """
        if self.spec.arrived is None:
            return frozen(np.zeros(0, np.int32))
        column = batch.column(self.spec.arrived)
        given = column.is_valid().to_numpy(zero_copy_only=False)
        own = local_days(clock, self.zone)
        if not given.any():
            return frozen(own.astype(np.int32))
        moments = self._clock(self.spec.arrived, column.filter(pa.array(given)))
        arrived = own.copy()
        arrived[given] = local_days(moments, self.zone)
        return frozen(known_days(own, arrived).astype(np.int32))

    def _extra(self, batch: pa.RecordBatch) -> np.ndarray:
        """What each event adds to each measure, int64[n, measures]."""
        out = np.zeros((batch.num_rows, len(self.spec.measures)), np.int64)
        for i, measure in enumerate(self.spec.measures):
            seen = self.unusable.setdefault(f"measure {measure.name}", Unusable())
            out[:, i], unusable = read_measure(
                self.source, batch, measure, self.tables, self.spec.decimal, seen
            )
            self.counts.bad_measures += unusable
        return out


def _told(column: pa.DictionaryArray, unreadable: np.ndarray) -> str:
    """The first value that is not valid text, with its bytes written out."""
    return readable(column.dictionary.filter(pa.array(unreadable)))[0].as_py()
