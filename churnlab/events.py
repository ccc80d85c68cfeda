"""EventLog: any source of events, checked once at the door, then known to be sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab import _columns, _reading, schema
from churnlab.errors import LogError
from churnlab.kernels.rollup import Events
from churnlab.schema import Roles

if TYPE_CHECKING:
    from churnlab.activity import DailyActivity


@dataclass(frozen=True, eq=False)
class EventLog:
    """What people did and what happened to them, one row an event.

    Made by `read` (files) or `from_frame` (dataframes). Its columns are checked once; after that every event has a
    person, a local day and a name. `counts` says what was set aside.
    """

    users: np.ndarray
    names: np.ndarray
    columns: Events
    roles: Roles
    measures: tuple[str, ...]
    timezone: str
    source: str
    has_amount: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path, *, user: str, time: str, event: str, amount: str | None = None,
             roles: Mapping[str, str | Iterable[str]] | None = None, receipts: Iterable[str] = (),
             ignore: Iterable[str] = (), measures: Iterable[str] = (), timezone: str | None = None,
             event_id: str | None = None) -> EventLog:
        """Reads Parquet or CSV files; `path` may be a pattern or a folder.

        `user`, `time`, `event`, `amount`, `measures` and `event_id` name columns. `roles` maps a role to the event names
        that make it up (None: events named like a standard role take it). `receipts` names further roles or events that
        happen to a person, `ignore` events to drop. `timezone` is the zone of the local days, and of the clock where times
        carry none. Ids in CSV files are text. Raises LogError, with what broke, what was given and what to do.
        """
        wanted = _wanted(user, time, event, amount, measures, event_id)
        table = _reading.read_files(path, wanted)
        return _check(table, str(path), wanted, roles, receipts, ignore, measures, timezone)

    @classmethod
    def from_frame(cls, frame: Any, *, user: str, time: str, event: str, amount: str | None = None,
                   roles: Mapping[str, str | Iterable[str]] | None = None, receipts: Iterable[str] = (),
                   ignore: Iterable[str] = (), measures: Iterable[str] = (), timezone: str | None = None,
                   event_id: str | None = None) -> EventLog:
        """The same from pandas, polars, pyarrow, a DuckDB relation or anything that speaks the Arrow C stream.

        >>> frame = pd.DataFrame({"who": ["ann"], "at": [pd.Timestamp("2026-03-01 09:00")], "what": ["open"]})
        >>> EventLog.from_frame(frame, user="who", time="at", event="what", timezone="UTC")
        EventLog(1 events of 1 people, 2026-03-01 to 2026-03-01, UTC)
        """
        wanted = _wanted(user, time, event, amount, measures, event_id)
        table = _reading.frame_table(frame, wanted)
        return _check(table, "the frame", wanted, roles, receipts, ignore, measures, timezone)

    def daily(self) -> DailyActivity:
        """One row per person and day: all that is read from here on."""
        from churnlab.activity import DailyActivity

        return DailyActivity.of(self)

    def describe(self) -> dict[str, object]:
        """Counts and dates of the log, what was set aside included."""
        days = self.columns.day
        return {"source": self.source, "events": len(days), "people": len(self.users), "first_day": schema.day_text(days.min()),
                "last_day": schema.day_text(days.max()), "timezone": self.timezone, **self.counts}

    def __repr__(self) -> str:
        about = self.describe()
        return (f"EventLog({about['events']:,} events of {about['people']:,} people, "
                f"{about['first_day']} to {about['last_day']}, {self.timezone})")


def _wanted(user: str, time: str, event: str, amount: str | None, measures: Iterable[str], event_id: str | None) -> dict[str, str]:
    wanted = {"user": user, "time": time, "event": event}
    if amount is not None:
        wanted["amount"] = amount
    if event_id is not None:
        wanted["event_id"] = event_id
    schema.check_distinct("measure", schema.as_names(measures))
    return wanted | {f"measures {m}": m for m in schema.as_names(measures)}


def _check(table: pa.Table, source: str, wanted: dict[str, str], roles: Mapping[str, str | Iterable[str]] | None,
           receipts: Iterable[str], ignore: Iterable[str], measures: Iterable[str], timezone: str | None) -> EventLog:
    if timezone is not None:
        schema.zone(timezone)
    if not table.num_rows:
        raise LogError.from_empty(source)
    measures, table = schema.as_names(measures), _plain_text(table)
    table, ignored = _without(table, wanted["event"], frozenset(schema.as_names(ignore)), source)
    table, dropped = _first_of_each(table, wanted)
    user, users = _columns.encode(source, wanted["user"], table[wanted["user"]])
    name, names = _columns.encode(source, wanted["event"], table[wanted["event"]])
    names = names.astype(str).astype(object)
    clock, day, hour = _columns.read_times(source, wanted["time"], table[wanted["time"]], timezone)
    meaning = Roles.of(roles, names, receipts, ignore)
    amount, paid, bad = _money(table, source, wanted, meaning, name, names)
    extra, bad_measures = _measures(table, source, measures)
    columns = Events(user, clock, day, hour, name, amount, paid, extra, *_meaning(meaning, names))
    counts = {"ignored": ignored, "duplicates": dropped or _duplicates(columns), "duplicates_dropped": dropped,
              "bad_amounts": bad, "bad_measures": bad_measures}
    _check_sums(columns, measures)
    return EventLog(users, names, columns, meaning, measures, timezone or "UTC", source, "amount" in wanted, counts)


def _plain_text(table: pa.Table) -> pa.Table:
    """Dictionary columns as plain text, which can be sorted and compared."""
    for i, field_ in enumerate(table.schema):
        if pa.types.is_dictionary(field_.type):
            table = table.set_column(i, field_.name, table.column(i).cast(field_.type.value_type))
    return table


def _check_sums(columns: Events, measures: tuple[str, ...]) -> None:
    """Refuses sums of one person that could not be held in 64 bits."""
    for name, values in {"money": columns.amount, **{m: columns.measures[:, i] for i, m in enumerate(measures)}}.items():
        total = np.bincount(columns.user, weights=np.abs(values.astype(np.float64)))
        if total.max(initial=0) > 9e12 * schema.MICRO:
            raise LogError.from_overflow(name)


def _without(table: pa.Table, event: str, ignore: frozenset[str], source: str) -> tuple[pa.Table, int]:
    """The table without the ignored events, and how many they were."""
    if not ignore:
        return table, 0
    keep = ~np.isin(np.array(table[event].to_pylist(), dtype=object).astype(str), sorted(ignore))
    if not keep.any():
        raise LogError.from_all_ignored(source, len(keep))
    return table.filter(pa.array(keep)), int((~keep).sum())


def _first_of_each(table: pa.Table, wanted: dict[str, str]) -> tuple[pa.Table, int]:
    """One row for each event id, the earliest; the choice does not depend on the order of the rows."""
    if "event_id" not in wanted:
        return table, 0
    keys = sorted(wanted, key=lambda k: (["event_id", "time", "user", "event", "amount"].index(k) if " " not in k else 9, k))
    ordered = table.sort_by([(c, "ascending") for c in dict.fromkeys(wanted[k] for k in keys)])
    ids = ordered[wanted["event_id"]].to_pandas()
    repeated = (ids.duplicated() & ids.notna()).to_numpy()
    return ordered.filter(pa.array(~repeated)), int(repeated.sum())


def _money(table: pa.Table, source: str, wanted: dict[str, str], roles: Roles, name: np.ndarray,
           names: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Money of each event in millionths, where an amount above zero was paid, and how many amounts were set aside."""
    if "amount" not in wanted:
        return np.zeros(table.num_rows, np.int64), np.zeros(table.num_rows, bool), 0
    micros, unusable, null = _columns.read_numbers(source, wanted["amount"], table[wanted["amount"]])
    counts = np.array([roles.is_money(n) for n in names], bool)[name]
    lacking = null & counts & ("purchase" in roles.events)
    micros = np.where(counts, micros, 0)
    return micros, micros > 0, int((unusable | lacking).sum())


def _measures(table: pa.Table, source: str, measures: tuple[str, ...]) -> tuple[np.ndarray, int]:
    """The named numeric properties in millionths, int64[n, k], and how many values were set aside."""
    read = [_columns.read_numbers(source, m, table[m]) for m in measures]
    if not read:
        return np.zeros((table.num_rows, 0), np.int64), 0
    return np.column_stack([micros for micros, _, _ in read]), int(sum(unusable.sum() for _, unusable, _ in read))


def _meaning(roles: Roles, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which roles each event name has, bool[names, roles], and which names are acts, bool[names]."""
    has = np.array([[role in roles.of_event(n) for role in roles.names] for n in names], bool)
    return has, np.array([roles.is_act(n) for n in names], bool)


def _duplicates(events: Events) -> int:
    """How many events repeat another in person, time, name and amount."""
    keys = pd.DataFrame({"u": events.user, "c": events.clock, "n": events.name, "a": events.amount})
    return int(keys.duplicated().sum())
