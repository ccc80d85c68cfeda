"""Updates: the day's events are read from the log, and late events of the days before."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from churnlab.activity.arrivals import days_of_arrival
from churnlab.errors import ConfigError, LogError, StoreError
from churnlab.events import clock, files, rollup, sources
from churnlab.events.checks import check_counts, check_numbers
from churnlab.events.codes import Tables
from churnlab.events.frame_source import open_frame
from churnlab.events.moments import OUTSIDE
from churnlab.events.rollup import Rolled
from churnlab.events.source import Source
from churnlab.events.spec import LogSpec
from churnlab.schema.days import day_text
from churnlab.schema.roles import Roles
from churnlab.store.folder import StoreFolder
from churnlab.store.row_file import KNOWN
from churnlab.store.tables import changed_people, day_table, summary

_log = logging.getLogger("churnlab")
DAY = "{day}"
_NOT_KEPT = ("rows", "too_late")
LATER = (*OUTSIDE, "negative_amounts")  # counts that a day has only above 0


@dataclass(frozen=True)
class Update:
    """The changes that an update made to a store.

    `rows` and `people` are those of the day. `counts` holds the day's events and what was set
    aside. `replaced` says whether the store had the day before. `changed` counts the people whose
    rows of the day differ from before, `late` the people whose rows of an earlier day changed
    because late events were taken in, by day.
    """

    day: str
    rows: int
    people: int
    counts: Mapping[str, int]
    replaced: bool
    changed: int
    late: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, day: int, before: pa.Table | None, rolled: RolledDay, versions: bool) -> Update:
        """The update of a day from the rows `before`; `versions` says that people may have several.

        `before` is None for a new day.
        """
        table = rolled.table
        people = pc.count_distinct(table.column("user_id")).as_py() if versions else table.num_rows
        return cls(
            day=day_text(day),
            rows=table.num_rows,
            people=people,
            counts={n: v for n, v in rolled.counts.items() if n != "roles"},
            replaced=before is not None,
            changed=people if before is None else changed_people(before, table),
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class RolledDay:
    """The rows of a day as they are stored, and what was counted on the day, ready for JSON."""

    table: pa.Table
    counts: dict[str, Any]


def rows_before(folder: StoreFolder, day: int, now: RolledDay) -> pa.Table:
    """The rows that a store has of a day; none where their file is damaged, which is said."""
    try:
        return folder.table(day)
    except StoreError as error:
        what = str(error).partition(";")[0]
        _log.warning("%s; %s is built again", what, day_text(day))
        return now.table.slice(0, 0)


def had_events(folder: StoreFolder, day: int) -> bool:
    """Whether a store has events of a day that were known on it, so that its log had some."""
    if day not in folder.manifest.days:
        return False
    table = folder.table(day)
    if KNOWN not in table.column_names:
        return bool(table.num_rows)
    return bool(pc.any(pc.less_equal(table.column(KNOWN), day)).as_py())


@dataclass(frozen=True)
class StoreLog:
    """The log of a store, read a day at a time.

    `log` is a path, a database's address or None. `{day}` in a path stands for a day: the log then
    has a file for each local day, or with arrival times for what arrived on each day.
    """

    log: str | Path | None
    spec: LogSpec

    @property
    def by_day(self) -> bool:
        """True if the log has a file for each day."""
        return DAY in str(self.log)

    @property
    def declared(self) -> Roles:
        """The roles as the user gave them."""
        return Roles.declared(self.spec.roles, self.spec.receipts, self.spec.ignore)

    @property
    def late_days(self) -> int:
        """How many days back late events are taken in: 0 without arrival times."""
        return (self.spec.late_days or 0) if self.spec.arrived else 0

    def name(self, day: int, given: Any) -> str:
        """The name, in an error, of the log of a day or of the log that was `given` for it."""
        log = self.log if given is None else given
        return _file(log, day) if log is None or isinstance(log, str | Path) else "the frame"

    def check_file(self, day: int) -> None:
        """Refuse a day that has no file, where the log has one for each day and others are there.

        Raises StoreError, which says how a day is put in on which nothing happened.
        """
        if not self.has_file(day) and self._has_files():
            raise StoreError.from_no_file(_file(self.log, day), day_text(day))

    def has_file(self, day: int) -> bool:
        """False if the log has a file for each day, but none for this day."""
        return not self.by_day or files.is_there(_file(self.log, day))

    def _has_files(self) -> bool:
        """Whether there is a file of any day."""
        return files.is_there(str(self.log).replace(DAY, "*"))

    def roll_day(
        self, day: int, until: int, given: Any, integers: bool, lacking: bool = False
    ) -> RolledDay:
        """Roll up one day, with the late events for it that had arrived by the day `until`.

        `given` is a log that holds this day's events and no other's; None for the store's own log.
        `integers` is the type of ids for a day without rows. `lacking` says that the day has no
        file, and that this is right where other days have one. Raises StoreError when a log for
        one day holds events of others, LogError when it cannot be read.
        """
        arrived = self.spec.arrived is not None
        by_day = given is None and self.by_day
        one_day = given is not None or by_day
        rolled = self._roll(
            day, day if one_day else until, given, None if one_day else day, lacking
        )
        too_late = rolled.counts.too_late
        if one_day:
            allowed = range(day - ((self.spec.late_days or 0) if by_day else 0), day + 1)
            _check_days(rolled, self.name(day, given), day, allowed)
        if by_day and arrived:  # late events for the day are in the files of later days
            rolled = self._roll(day, until, None, day, lacking)
        table = day_table(rolled, self.spec, day, until, integers)
        # Reasons that came later are kept only where they have events, so that bytes stay the same.
        found = vars(rolled.counts).items()
        counts = {n: v for n, v in found if n not in _NOT_KEPT and (v or n not in LATER)}
        if arrived:
            counts["too_late"] = too_late
        return RolledDay(table, counts | summary(table, self.declared.names))

    def _roll(self, day: int, until: int, given: Any, only: int | None, lacking: bool) -> Rolled:
        """Roll up the log of one day, and the files of the days up to `until` with late events.

        `only` restricts the result to that day. A log without events gives an empty result.
        """
        one_day = self.by_day or given is not None
        days = None if only is None else (only, only + 1)
        spec = replace(self.spec, days=days, one_day=one_day, read_at=clock.now())
        source = self._source(day, until, given, lacking)
        if source is None:
            return Rolled(Tables(self.declared))
        try:
            rolled = rollup.roll(source, spec, Tables(self.declared))
        except LogError as error:
            if not error.empty:
                raise
            return Rolled(Tables(self.declared))
        if rolled.counts.rows:
            check_counts(source.name, spec, vars(rolled.counts))
            check_numbers(source.name, spec, rolled.unusable)
        return rolled

    def _source(self, day: int, until: int, given: Any, lacking: bool) -> Source | None:
        """What is read for a day; None where its file may be lacking and no other has a part."""
        log = self.log if given is None else given
        if log is None:
            raise ConfigError.from_lacking(
                "the store's update", "a log: give one to append, or its path to open"
            )
        if not isinstance(log, str | Path):
            return open_frame(log, self.spec.wanted())
        if DAY not in str(log):
            return sources.open_path(log, self.spec)
        later = [_file(log, d) for d in days_of_arrival(day, until, self.spec.late_days)]
        there = [*filter(files.is_there, later)]
        if lacking and self._has_files():
            return sources.open_path(there, self.spec) if there else None
        return sources.open_path([*there, _file(log, day)], self.spec)


def _file(log: str | Path | None, day: int) -> str:
    return str(log).replace(DAY, day_text(day))


def _check_days(rolled: Rolled, source: str, day: int, allowed: Iterable[int]) -> None:
    """Refuse a log that was given for a day and holds events of days that are not allowed."""
    others = sorted({b.day for b in rolled.blocks} - {*allowed})
    if others:
        raise StoreError.from_foreign(
            source=source,
            day=day_text(day),
            first=day_text(others[0]),
            last=day_text(others[-1]),
        )
