"""ActivityStore: daily rows kept in a folder, brought up to date a day at a time, read a range of persons at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # noqa: F401  (the docstring's example)
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.activity.arrivals import days_of_arrival, days_touched
from churnlab.activity.daily import DailyActivity
from churnlab.errors import ConfigError, LogError, StoreError
from churnlab.events import rollup, sources
from churnlab.events.checks import check_counts
from churnlab.events.codes import Tables
from churnlab.events.rollup import Rolled
from churnlab.events.sources import Source
from churnlab.events.spec import OPTIONS, READING, LogSpec
from churnlab.kernels.units import SESSION_GAP_MICROS
from churnlab.schema.days import Day, day_number, day_text
from churnlab.schema.measures import Measure
from churnlab.schema.names import as_names
from churnlab.schema.roles import STANDARD_ROLES, Roles
from churnlab.store.folder import Chunk, Store
from churnlab.store.manifest import total_counts
from churnlab.store.tables import changed, columns_of, day_table, rows_of, summary

PEOPLE = 50_000
LATE_DAYS = 3
_SEVERAL = ("roles", "receipts", "ignore", "measures")  # options written as lists and tables
_SINGLE = tuple(o for o in OPTIONS if o not in (*READING, *_SEVERAL))


@dataclass(frozen=True)
class Update:
    """What an update did: rows and people of the day, what was counted and set aside, and of how many persons earlier days changed.

    `changed` is of how many persons the day's rows differ from before; `late` says the same of earlier days into which late events were taken.
    """

    day: str
    rows: int
    people: int
    counts: Mapping[str, int]
    replaced: bool
    changed: int
    late: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class ActivityStore:
    """Daily rows in a folder: one Parquet file a day, sorted by user, and a manifest that is switched as a whole.

    Made by `create`, found again by `open`. `append` adds a day, or replaces it; `jobs` reads all days for a range of persons at a time, so
    that millions of people never stand in memory at once (`iter_datasets` goes by it); `daily` reads everything, as do `Snapshots.at` and
    `build_dataset`. What was folded away by `compact` stays in the sums since the beginning, exactly.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> events = pd.DataFrame({"who": ["ann", "bob", "ann"], "what": "open",
    ...                        "at": pd.to_datetime(["2026-03-01 09:00", "2026-03-01 10:00", "2026-03-02 09:00"])})
    >>> for day, part in events.groupby(events["at"].dt.date):
    ...     part.to_parquet(f"{folder.name}/{day}.parquet")
    >>> store = ActivityStore.create(f"{folder.name}/store", log=folder.name + "/{day}.parquet", user="who", time="at", event="what", timezone="UTC")
    >>> [store.append(day).people for day in ("2026-03-01", "2026-03-02")]
    [2, 1]
    >>> store
    ActivityStore('.../store', 2 days, 2026-03-01 to 2026-03-02)
    >>> store.daily()
    DailyActivity(2 people, 2026-03-01 to 2026-03-02)
    >>> store.append("2026-03-02").changed  # once more: nothing changes, not a byte
    0
    >>> folder.cleanup()
    """

    def __init__(
        self, store: Store, log: str | Path | None = None, spec: LogSpec | None = None
    ) -> None:
        self.store, self.log = store, log
        self.spec = _spec(store.meaning)
        if spec is not None:
            self.spec = replace(self.spec, **{o: getattr(spec, o) for o in READING})

    @classmethod
    def create(
        cls, folder: str | Path, *, log: str | Path | None = None, wait: float = 0.0, **options: Any
    ) -> ActivityStore:
        """A new store, or the one that is there when it means the same; `options` are those of `EventLog.read`.

        `log` says where events are: a path, a pattern, or a database's address. `{day}` in a path stands for a day like 2026-03-04 where the
        log has a file for each local day (with arrival times: or a file for what arrived on each); name files that are cut in another way,
        such as by UTC, by a pattern. Of Parquet in the order of time and of databases the day alone is read, of any other log all of it each
        time. With `arrived`, `late_days` is 3 unless said. Repeats of an `event_id` are looked for within the day. Raises ConfigError when
        the store in the folder means something else, StoreError when it cannot be used.
        """
        return cls.of(folder, LogSpec.of(**options), log, wait)

    @classmethod
    def of(
        cls, folder: str | Path, spec: LogSpec, log: str | Path | None = None, wait: float = 0.0
    ) -> ActivityStore:
        """The same from a LogSpec."""
        return cls(Store.create(folder, _meaning(spec), wait), log, spec)

    @classmethod
    def open(
        cls, folder: str | Path, log: str | Path | None = None, **options: Any
    ) -> ActivityStore:
        """The store in a folder; nothing is written. With `options`, those of `create`, it must mean what they say.

        Raises StoreError when there is none, it is damaged, or a newer version wrote it.
        """
        store, spec = Store.open(folder), LogSpec.of(**options) if options else None
        if spec is not None and store.first_day is not None:
            store.check_meaning(_meaning(spec))
        return cls(store, log, spec)

    @property
    def roles(self) -> Roles:
        """The roles of the whole store: standard roles that no day has an event of are left out, as a log would leave them out."""
        declared = Roles.declared(self.spec.roles, self.spec.receipts, self.spec.ignore)
        if self.spec.roles is not None:
            return declared
        seen = self._counted().get("roles", ())
        kept = {
            r: n
            for r, n in declared.events.items()
            if r in seen or r not in STANDARD_ROLES or n != (r,)
        }
        return replace(declared, events=kept)

    def _counted(self) -> dict[str, Any]:
        folded = self.store.manifest.folded
        return total_counts(
            [*([folded.counts] if folded else []), *(self.store.counts(d) for d in self.days)]
        )

    @property
    def days(self) -> tuple[int, ...]:
        """The days whose rows are kept, since 1970-01-01."""
        return self.store.days

    @property
    def has_money(self) -> bool:
        """Whether the log names an amount."""
        return self.spec.amount is not None

    @property
    def timezone(self) -> str:
        """The zone of the local days."""
        return self.spec.timezone or "UTC"

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures beyond the standard ones."""
        return self.spec.measures

    @property
    def text_ids(self) -> bool:
        """Whether user ids are text; whole numbers otherwise."""
        return self.store.manifest.ids != "int64"

    @property
    def kept_from(self) -> int:
        """The first day whose rows are kept one by one."""
        return self.store.before_day if self.store.before_day is not None else self.start

    @property
    def start(self) -> int:
        """The first day that was ever there."""
        return self._known(self.store.first_day)

    @property
    def end(self) -> int:
        """The day after the last."""
        return self._known(self.days[-1] + 1 if self.days else self.store.before_day)

    def _known(self, day: int | None) -> int:
        if day is None:
            raise StoreError.from_fault("no day", folder=self.store.folder)
        return day

    # ── writing ──

    def append(
        self, day: Day, log: Any = None, *, allow_empty: bool = False, wait: float = 0.0
    ) -> Update:
        """Rolls a day up and puts it into the store, in place of what was there for it; the same events give the same bytes.

        `log` is a path, a database's address or a dataframe that holds this day's events and no other's; None: the store's own log, of which
        the day's part is read. With arrival times, late events that are in the store's own log are taken in up to `late_days` days back:
        the days they touch are rolled up again. What came later than that is counted as `too_late`. Raises LogError for what cannot be read
        or too many rows without an id, StoreError for events of other days, a day without events unless `allow_empty`, or when another
        update is running for longer than `wait` seconds; the store is then as it was.
        """
        number = day_number(day)
        with self.store.locked(wait):
            self.store.refresh()
            until = max(number, *self.days) if self.spec.arrived and self.days else number
            table, counts = self._day(number, until, log)
            if not counts["events"] and not allow_empty:
                raise StoreError.from_fault(
                    "empty", source=self._name(number, log), day=day_text(number)
                )
            update = self._update(number, table, counts)
            tables, said = {number: table}, {number: counts}
            for each in self._touched(number) if log is None else ():
                tables[each], said[each] = self._day(each, until, None)
                persons = changed(self.store.table(each), tables[each])
                update.late.update({day_text(each): persons} if persons else {})
            self.store.replace(tables, said)
        return update

    @property
    def _declared(self) -> Roles:
        return Roles.declared(self.spec.roles, self.spec.receipts, self.spec.ignore)

    def _day(self, day: int, until: int, log: Any) -> tuple[pa.Table, dict[str, Any]]:
        """The rows of a day, of what had arrived by `until`, and what was counted."""
        by_day = log is None and "{day}" in str(self.log)
        alone = log is not None or by_day
        first = self._roll(day, day if alone else until, log, None if alone else day)
        if alone:
            _check_alone(
                first, self._name(day, log), day, (self.spec.late_days or 0) if by_day else 0
            )
        rolled = self._roll(day, until, log, day) if by_day and self.spec.arrived else first
        table = day_table(rolled, self.spec, day, until, not self.text_ids)
        counts = {
            n: v
            for n, v in vars(rolled.counts).items()
            if n != "rows" and (n != "too_late" or self.spec.arrived)
        }
        counts |= {"too_late": first.counts.too_late} if self.spec.arrived else {}
        return table, counts | summary(table, self._declared.names)

    def _roll(self, day: int, until: int, log: Any, only: int | None) -> Rolled:
        """The log of a day with what of it is among that of the days up to `until`; all that it holds, or `only` a day of it."""
        spec = replace(self.spec, days=None if only is None else (only, only + 1))
        source = self._source(day, until, log)
        try:
            rolled = rollup.roll(source, spec, Tables(self._declared))
        except LogError as error:
            if not error.empty:
                raise
            return Rolled(Tables(self._declared))
        if rolled.counts.rows:
            check_counts(source.name, spec, rolled.counts.rows, 1, rolled.counts.bad_ids, True)
        return rolled

    def _source(self, day: int, until: int, log: Any) -> Source:
        log = self.log if log is None else log
        if log is None:
            raise ConfigError.from_lacking(
                "the store's update", "a log: give one to append, or its path to open"
            )
        if not isinstance(log, str | Path):
            return sources.open_frame(log, self.spec.wanted())
        if "{day}" not in str(log):
            return sources.open_path(log, self.spec)
        later = (_file(log, d) for d in days_of_arrival(day, until, self.spec.late_days))
        return sources.open_path([*filter(sources.is_there, later), _file(log, day)], self.spec)

    def _name(self, day: int, log: Any) -> str:
        return (
            _file(self.log if log is None else log, day)
            if log is None or isinstance(log, str | Path)
            else "the frame"
        )

    def _touched(self, day: int) -> list[int]:
        """Days before one of which late events may come with it; an empty day needs no file."""
        before = days_touched(self.days, day, self.spec.late_days) if self.spec.arrived else []
        return [
            d
            for d in before
            if self.store.manifest.days[d].file.rows
            or "{day}" not in str(self.log)
            or sources.is_there(_file(self.log, d))
        ]

    def _update(self, day: int, table: pa.Table, counts: Mapping[str, Any]) -> Update:
        before = self.store.table(day) if day in self.days else None
        people = (
            pc.count_distinct(table.column("user_id")).as_py()
            if self.spec.arrived
            else table.num_rows
        )
        return Update(
            day_text(day),
            table.num_rows,
            people,
            {n: v for n, v in counts.items() if n != "roles"},
            before is not None,
            changed(before, table) if before is not None else people,
        )

    def compact(self, lookback: int = 400, wait: float = 0.0) -> None:
        """Folds the days before the last `lookback` into one row a person; windows that reach further back are refused from then on.

        Late events of folded days are not taken in any more, so `lookback` must be longer than `late_days`.
        """
        least = 1 + (self.spec.late_days or 0 if self.spec.arrived else 0)
        if lookback < least:
            raise ConfigError.from_range("lookback", lookback, f"at least {least} day(s)")
        with self.store.locked(wait):
            self.store.refresh()
            if self.end - lookback > self.start:
                self.store.compact(self.end - lookback)

    # ── reading ──

    def parts(self, people: int = PEOPLE) -> Iterator[DailyActivity]:
        """All persons who have rows, about `people` at a time, each with all of their rows; ids rise from part to part.

        Raises StoreError when a day is missing or a file is not what was written.
        """
        for job in self.jobs(people):
            yield job()

    def jobs(self, people: int = PEOPLE) -> Iterator[Callable[[], DailyActivity]]:
        """The same, the work of each part left to be done by the caller's thread."""
        self._known(self.store.first_day)
        chunks = self.store.chunks(None, people)
        shape, before = self._shape(), self.store.before_day
        for chunk in chunks:
            yield partial(self._part, chunk, shape, before)

    def daily(self) -> DailyActivity:
        """Everybody's rows, in memory. Raises StoreError when a day is missing."""
        self._known(self.store.first_day)
        chunks = list(self.store.chunks(None, 2**40, everybody=True))
        days = sorted({d for c in chunks for d, _ in c.tables})
        tables = [
            (d, pa.concat_tables([t for c in chunks for e, t in c.tables if e == d])) for d in days
        ]
        carried = [c.carry for c in chunks if c.carry is not None]
        return self._part(
            Chunk(tables, pa.concat_tables(carried) if carried else None, None, None),
            self._shape(),
            self.store.before_day,
        )

    def _shape(self) -> DailyActivity:
        """What all parts share, as the store is at this moment; without people."""
        users, rows = rows_of(
            Chunk([], None, None, None), columns_of(self.roles.names, self.spec), self.spec, None
        )
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

    def _part(self, chunk: Chunk, shape: DailyActivity, before: int | None) -> DailyActivity:
        users, rows = rows_of(chunk, (shape.count_names, shape.sum_names), self.spec, before)
        return replace(shape, users=users, rows=rows, source={**shape.source, "people": len(users)})

    def describe(self) -> dict[str, Any]:
        """What the store is and what was counted on its days, JSON-ready."""
        total = {n: v for n, v in self._counted().items() if isinstance(v, int)}
        return {
            "source": str(self.store.folder),
            "events": 0,
            **total,
            "first_day": day_text(self.start),
            "last_day": day_text(self.end - 1),
            "timezone": self.timezone,
            "days": len(self.days),
        }

    def __repr__(self) -> str:
        days = f"{day_text(self.days[0])} to {day_text(self.days[-1])}" if self.days else "no day"
        return f"ActivityStore({str(self.store.folder)!r}, {len(self.days)} days, {days})"


def _meaning(spec: LogSpec) -> dict[str, Any]:
    """What decides what the rows say, ready for JSON."""
    roles = (
        None
        if spec.roles is None
        else {r: list(as_names(n)) for r, n in sorted(spec.roles.items())}
    )
    late_days = (
        None if spec.arrived is None else LATE_DAYS if spec.late_days is None else spec.late_days
    )
    given = {
        **{n: getattr(spec, n) for n in _SINGLE},
        "late_days": late_days,
        "roles": roles,
        "receipts": sorted(spec.receipts),
        "ignore": sorted(spec.ignore),
        "measures": [m.to_dict() for m in spec.measures],
        "session_minutes": SESSION_GAP_MICROS // 60_000_000,
    }
    try:
        return json.loads(json.dumps(given, allow_nan=False, default=_plain))
    except (TypeError, ValueError) as error:
        raise ConfigError.from_type(
            "a condition of a measure",
            str(error),
            "text, numbers and true or false, which a store can keep",
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{value!r}")


def _spec(meaning: Mapping[str, Any]) -> LogSpec:
    measures = [
        Measure(m["name"], m["kind"], m["column"], tuple(tuple(c) for c in m["where"]))
        for m in meaning["measures"]
    ]  # type: ignore[misc]
    return LogSpec.of(
        roles=meaning["roles"],
        receipts=meaning["receipts"],
        ignore=meaning["ignore"],
        measures=measures,
        **{n: meaning[n] for n in _SINGLE},
    )


def _file(log: str | Path | None, day: int) -> str:
    return str(log).replace("{day}", day_text(day))


def _check_alone(rolled: Rolled, source: str, day: int, late_days: int) -> None:
    """Refuses a log given for a day that holds others', but for late events of so many days before."""
    others = sorted({b.day for b in rolled.blocks} - {*range(day - late_days, day + 1)})
    if others:
        raise StoreError.from_fault(
            "foreign",
            source=source,
            day=day_text(day),
            first=day_text(others[0]),
            last=day_text(others[-1]),
        )
