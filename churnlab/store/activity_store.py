"""ActivityStore: daily rows in a folder, updated a day at a time, read some people at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from churnlab.activity.arrivals import days_touched
from churnlab.activity.daily import DailyActivity
from churnlab.errors import ConfigError, StoreError
from churnlab.events.spec import READING, LogSpec
from churnlab.schema.days import Day, day_number, day_text
from churnlab.schema.measures import Measure
from churnlab.schema.roles import STANDARD_ROLES, Roles
from churnlab.store.folder import StoreFolder
from churnlab.store.manifest import total_counts
from churnlab.store.meaning import meaning_of, spec_of
from churnlab.store.ranges import PeopleRange
from churnlab.store.tables import changed_people, columns_of, rows_of
from churnlab.store.update import LATER, RolledDay, StoreLog, Update, had_events, rows_before

PEOPLE = 50_000


class ActivityStore:
    """Daily rows in a folder: a Parquet file a day, sorted by user, and a manifest.

    `create` makes a store, `open` finds it again. `append` adds a day or replaces it, whole or not
    at all. `jobs` reads all days for some people at a time, so that millions of people are never
    in memory at once; `iter_datasets` works that way. `daily` reads everything, as `Snapshots.at`
    and `build_dataset` do. `compact` folds old days into sums since the beginning, which stay
    exact.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> at = ["2026-03-01 09:00", "2026-03-01 10:00", "2026-03-02 09:00"]
    >>> who = ["ann", "bob", "ann"]
    >>> events = pd.DataFrame({"who": who, "at": pd.to_datetime(at), "what": "open"})
    >>> for day, part in events.groupby(events["at"].dt.date):
    ...     part.to_parquet(f"{folder.name}/{day}.parquet")
    >>> columns = {"user": "who", "time": "at", "event": "what", "timezone": "UTC"}
    >>> log = folder.name + "/{day}.parquet"
    >>> store = ActivityStore.create(f"{folder.name}/store", log=log, **columns)
    >>> [store.append(day).people for day in ("2026-03-01", "2026-03-02")]
    [2, 1]
    >>> store
    ActivityStore('.../store', 2 days, 2026-03-01 to 2026-03-02)
    >>> store.daily()
    DailyActivity(2 people, 2026-03-01 to 2026-03-02)
    >>> store.append("2026-03-02").changed  # the same events again change no byte
    0
    >>> folder.cleanup()
    """

    def __init__(
        self, folder: StoreFolder, log: str | Path | None = None, spec: LogSpec | None = None
    ) -> None:
        self.folder = folder
        self.log = log
        self.spec = spec_of(folder.meaning)
        if spec is not None:
            self.spec = replace(self.spec, **{name: getattr(spec, name) for name in READING})

    @classmethod
    def create(
        cls, folder: str | Path, *, log: str | Path | None = None, wait: float = 0.0, **options: Any
    ) -> ActivityStore:
        """A new store, or the store in the folder if its rows mean the same.

        `log` says where the events are: a path, a pattern, or a database's address. `{day}` in a
        path stands for a day like 2026-03-04, where the log has a file for each local day (with
        arrival times: or a file for what arrived on each day). Name files that are cut in another
        way, such as by UTC, by a pattern. An update reads the day alone from Parquet in the order
        of time and from databases; it reads any other log whole each time. `options` are those of
        `EventLog.read`; with `arrived`, `late_days` is 3 by default. Repeats of an `event_id` are
        dropped within a day. `wait` is how many seconds to wait for another update.

        Raises ConfigError when the rows of the store in the folder mean something else, StoreError
        when the store cannot be used.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> columns = {"user": "who", "time": "at", "event": "what", "timezone": "UTC"}
        >>> ActivityStore.create(folder.name, log="events/{day}.parquet", **columns)
        ActivityStore('...', 0 days, no day)
        """
        spec = LogSpec.of(**options)
        return cls(StoreFolder.create(folder, meaning_of(spec), wait), log, spec)

    @classmethod
    def open(
        cls, folder: str | Path, log: str | Path | None = None, **options: Any
    ) -> ActivityStore:
        """The store in a folder; nothing is written.

        `log` and `options` are those of `create`. Raises ConfigError when options are given and
        mean something else than the store's rows, StoreError when there is no store, it is
        damaged, or a newer version wrote it.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> store = _example(folder.name)
        >>> ActivityStore.open(folder.name).days == store.days
        True
        """
        found = StoreFolder.open(folder)
        spec = LogSpec.of(**options) if options else None
        if spec is not None and found.first_day is not None:
            found.check_meaning(meaning_of(spec))
        return cls(found, log, spec)

    @property
    def roles(self) -> Roles:
        """The roles of the whole store: standard roles without an event are left out.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> _example(folder.name).roles.names
        ('open', 'other')
        """
        declared = self._log.declared
        if self.spec.roles is not None:
            return declared
        seen = self._counted().get("roles", ())
        kept = {
            role: names
            for role, names in declared.events.items()
            if role in seen or role not in STANDARD_ROLES or names != (role,)
        }
        return replace(declared, events=kept)

    def _counted(self) -> dict[str, Any]:
        """The counts of all days, folded ones included."""
        folded = self.folder.manifest.folded
        counts = [self.folder.counts(day) for day in self.days]
        return total_counts([folded.counts, *counts] if folded else counts)

    @property
    def days(self) -> tuple[int, ...]:
        """The days whose rows are kept, as days since 1970-01-01.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> [day_text(day) for day in _example(folder.name).days]
        ['2026-03-01', '2026-03-02']
        """
        return self.folder.days

    @property
    def has_money(self) -> bool:
        """True if the log names an amount."""
        return self.spec.amount is not None

    @property
    def timezone(self) -> str:
        """The time zone of the local days."""
        return self.spec.timezone or "UTC"

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures beyond the standard ones."""
        return self.spec.measures

    @property
    def text_ids(self) -> bool:
        """True if user ids are text, False if they are whole numbers."""
        return self.folder.manifest.ids != "int64"

    @property
    def kept_from(self) -> int:
        """The first day whose rows are kept one by one, as days since 1970-01-01."""
        return self.folder.before_day if self.folder.before_day is not None else self.start

    @property
    def start(self) -> int:
        """The first day that the store ever had, as days since 1970-01-01."""
        return self._known(self.folder.first_day)

    @property
    def end(self) -> int:
        """The day after the last observed day, as days since 1970-01-01.

        A thin tail, days with next to no events, does not count as observed.
        """
        span = self.folder.manifest.span
        return self._known(span.end if span else self.folder.before_day)

    def _known(self, day: int | None) -> int:
        """The day; StoreError for a store without a day."""
        if day is None:
            raise StoreError.from_no_day(folder=self.folder.path)
        return day

    # ── writing ──

    @property
    def _log(self) -> StoreLog:
        return StoreLog(self.log, self.spec)

    def append(
        self, day: Day, log: Any = None, *, allow_empty: bool = False, wait: float = 0.0
    ) -> Update:
        """Roll up a day and store it, in place of what the store had; returns what has changed.

        The same events give the same bytes. `log` is a path, a database's address or a dataframe
        with this day's events and no other's; with None, the day is read from the store's own log.
        With arrival times, an update from the store's own log also takes in late events, up to
        `late_days` days back, and rolls up again the days that they touch; later ones are counted
        as `too_late`. A day whose file is damaged is built again, with a warning in the log of the
        process.

        Raises LogError for a log that cannot be read or has too many rows without an id,
        StoreError for events of other days and for a day without events unless `allow_empty` (of a
        log by day, a file is then not needed), and
        LockedError when another update runs for longer than `wait` seconds. The store is then as
        it was.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> store = _example(folder.name)
        >>> at = pd.to_datetime(["2026-03-03 10:00", "2026-03-03 11:00"])
        >>> events = pd.DataFrame({"who": "eve", "at": at, "what": "open"})
        >>> update = store.append("2026-03-03", events)
        >>> update.people, update.counts["events"], update.replaced
        (1, 2, False)
        """
        number = day_number(day)
        with self.folder.locked(wait):
            self.folder.refresh()
            until = max(number, *self.days) if self.spec.arrived and self.days else number
            if log is None and not allow_empty:
                self._log.check_file(number)
            rolled = {number: self._roll_day(number, until, log, allow_empty)}
            if not rolled[number].counts["events"] and not allow_empty:
                source = self._log.name(number, log)
                raise StoreError.from_empty(source=source, day=day_text(number))
            before = (
                rows_before(self.folder, number, rolled[number]) if number in self.days else None
            )
            update = Update.of(number, before, rolled[number], self.spec.arrived is not None)
            late = days_touched(self.days, number, self._log.late_days) if log is None else ()
            for each in late:
                rolled[each] = self._roll_day(each, until, None, allow_empty=True)
                now = rolled[each]
                people = changed_people(rows_before(self.folder, each, now), now.table)
                if people:
                    update.late[day_text(each)] = people
            self.folder.replace(
                {each: done.table for each, done in rolled.items()},
                {each: done.counts for each, done in rolled.items()},
            )
        return update

    def _roll_day(self, day: int, until: int, log: Any, allow_empty: bool) -> RolledDay:
        """A day rolled up; one that had no events of its own so far needs no file if it may."""
        lacking = allow_empty and not self._log.has_file(day) and not had_events(self.folder, day)
        return self._log.roll_day(day, until, log, integers=not self.text_ids, lacking=lacking)

    def compact(self, lookback: int = 400, wait: float = 0.0) -> None:
        """Fold the days before the last `lookback` into one row a person.

        From then on, windows that reach into folded days are refused, and late events for them are
        not taken in: `lookback` must be longer than `late_days`. Raises ConfigError for a shorter
        one, StoreError when a day is missing, and LockedError when another update runs for longer
        than `wait` seconds.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> store = _example(folder.name)
        >>> store.compact(lookback=1)
        >>> store, day_text(store.start)
        (ActivityStore('...', 1 days, 2026-03-02 to 2026-03-02), '2026-03-01')
        """
        least = 1 + self._log.late_days
        if lookback < least:
            raise ConfigError.from_range("lookback", lookback, f"at least {least} day(s)")
        with self.folder.locked(wait):
            self.folder.refresh()
            if self.end - lookback > self.start:
                self.folder.compact(self.end - lookback)

    # ── reading ──

    def parts(self, people: int = PEOPLE) -> Iterator[DailyActivity]:
        """The activity of about `people` people at a time, each with all of their rows.

        Ids rise from part to part; people without a row are left out. Raises StoreError when a day
        is missing or a file is not what was written.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> [part.users.tolist() for part in _example(folder.name).parts(people=1)]
        [['ann'], ['bob']]
        """
        for job in self.jobs(people):
            yield job()

    def acts_alone(self) -> ActivityStore:
        """This store; its rows hold all measures."""
        return self

    def jobs(self, people: int = PEOPLE) -> Iterator[Callable[[], DailyActivity]]:
        """Functions that each give one part, so that threads of the caller can do the work.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> [job() for job in _example(folder.name).jobs()]
        [DailyActivity(2 people, 2026-03-01 to 2026-03-02)]
        """
        self._known(self.folder.first_day)
        ranges = self.folder.ranges(None, people)
        nobody, before = self._nobody(), self.folder.before_day
        for each in ranges:
            yield partial(self._activity, each, nobody, before)

    def daily(self) -> DailyActivity:
        """Everybody's rows in memory. Raises StoreError when a day is missing.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> _example(folder.name).daily()
        DailyActivity(2 people, 2026-03-01 to 2026-03-02)
        """
        self._known(self.folder.first_day)
        ranges = list(self.folder.ranges(None, 2**40, everybody=True))
        days = sorted({day for r in ranges for day, _ in r.tables})
        tables = [
            (day, pa.concat_tables([t for r in ranges for d, t in r.tables if d == day]))
            for day in days
        ]
        carried = [r.carry for r in ranges if r.carry is not None]
        everybody = PeopleRange(tables, pa.concat_tables(carried) if carried else None)
        return self._activity(everybody, self._nobody(), self.folder.before_day)

    def _nobody(self) -> DailyActivity:
        """The activity as the store is now, without people."""
        names = columns_of(self.roles.names, self.spec)
        users, rows = rows_of(PeopleRange(), names, self.spec, None)
        return DailyActivity(
            users,
            rows,
            self.roles,
            self.spec.measures,
            self.start,
            self.end,
            self.timezone,
            self.has_money,
            self.describe(),
        )

    def _activity(
        self, people: PeopleRange, nobody: DailyActivity, before: int | None
    ) -> DailyActivity:
        """The activity of some people; days before `before` are folded."""
        users, rows = rows_of(people, (nobody.count_names, nobody.sum_names), self.spec, before)
        source = {**nobody.source, "people": len(users)}
        return replace(nobody, users=users, rows=rows, source=source)

    def describe(self) -> dict[str, Any]:
        """Dates of the store and counts of its days, what was set aside included; ready for JSON.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> counted = _example(folder.name).describe()
        >>> counted["events"], counted["days"], counted["last_day"]
        (3, 2, '2026-03-02')
        """
        total = {n: v for n, v in self._counted().items() if isinstance(v, int)}
        return {
            "source": str(self.folder.path),
            "events": 0,
            **dict.fromkeys(LATER, 0),
            **total,
            "thin_head": 0,
            "thin_tail": span.tail if (span := self.folder.manifest.span) else 0,
            "first_day": day_text(self.start),
            "last_day": day_text(self.end - 1),
            "timezone": self.timezone,
            "days": len(self.days),
        }

    def __repr__(self) -> str:
        days = f"{day_text(self.days[0])} to {day_text(self.days[-1])}" if self.days else "no day"
        return f"ActivityStore({str(self.folder.path)!r}, {len(self.days)} days, {days})"


def _example(folder: str) -> ActivityStore:
    """A store of two days and two people, for the examples of this file."""
    store = ActivityStore.create(folder, user="who", time="at", event="what", timezone="UTC")
    for day, who in (("2026-03-01", ["ann", "bob"]), ("2026-03-02", ["ann"])):
        at = pd.Timestamp(f"{day} 09:00")
        store.append(day, pd.DataFrame({"who": who, "at": at, "what": "open"}))
    return store
