"""EventLog: any source of events, checked and rolled up once at the door, then known to be sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # noqa: F401  (the docstring's example)

from churnlab.activity.blocks import BlockRows
from churnlab.activity.daily import DailyActivity
from churnlab.activity.totals import check_totals
from churnlab.events import rollup, sources
from churnlab.events.batches import Tables
from churnlab.events.checks import check_counts
from churnlab.events.rollup import Rolled
from churnlab.events.sources import Source
from churnlab.events.spec import LogSpec
from churnlab.kernels.ids import places
from churnlab.kernels.records import COUNTS, SUMS
from churnlab.schema.days import day_text
from churnlab.schema.frames import by_engine
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles


@dataclass(frozen=True, eq=False)
class EventLog:
    """What people did and what happened to them, one row an event.

    Made by `read` (files, databases) or `from_frame` (dataframes). The events are streamed once, checked, and rolled up to daily rows;
    they are not kept. `counts` says what was set aside. The options of both:

    `user`, `time`, `event`, `amount` and `event_id` name columns; of events with the same id the earliest counts. `roles` maps a role to
    the event names that make it up (None: events named like a standard role take it). `receipts` names further roles or events that
    happen to a person, `ignore` events to drop. `measures` names numeric columns to sum up, or gives `Measure`s of your own. `timezone`
    is the zone of the local days, and of the clock where times carry none. `arrived` names the column of arrival times: a snapshot then
    sees only what had occurred and arrived before it, and what came more than `late_days` days late (None: no limit) is set aside. Rows
    whose id is null, empty or a word for nothing ("null") are set aside; above the share `bad_ids` of all rows the log is refused.
    `memory` bounds what is held of the raw events ("1GB"), `threads` how many cores work (None: all); neither changes a bit of the result.
    """

    activity: DailyActivity
    roles: Roles
    timezone: str
    source: str
    names: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        user: str,
        time: str,
        event: str,
        amount: str | None = None,
        roles: Mapping[str, str | Iterable[str]] | None = None,
        receipts: Iterable[str] = (),
        ignore: Iterable[str] = (),
        measures: Iterable[str | Measure] = (),
        timezone: str | None = None,
        event_id: str | None = None,
        arrived: str | None = None,
        late_days: int | None = None,
        bad_ids: float = 0.01,
        memory: str | int = "1GB",
        threads: int | None = None,
        table: str | None = None,
    ) -> EventLog:
        """Reads Parquet or CSV files, or a table of a database.

        `path` may be a pattern or a folder; or a DuckDB file (.duckdb, .ddb, .db) or `postgresql://`, with the name of the `table`; user and
        password of PostgreSQL come from PGUSER and PGPASSWORD. Ids in CSV files are text. Raises LogError, with what broke, what was given
        and what to do.
        """
        spec = LogSpec.of(
            user=user,
            time=time,
            event=event,
            amount=amount,
            roles=roles,
            receipts=receipts,
            ignore=ignore,
            measures=measures,
            timezone=timezone,
            event_id=event_id,
            arrived=arrived,
            late_days=late_days,
            bad_ids=bad_ids,
            memory=memory,
            threads=threads,
            table=table,
        )
        return cls.of(sources.open_path(path, spec), spec)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        user: str,
        time: str,
        event: str,
        amount: str | None = None,
        roles: Mapping[str, str | Iterable[str]] | None = None,
        receipts: Iterable[str] = (),
        ignore: Iterable[str] = (),
        measures: Iterable[str | Measure] = (),
        timezone: str | None = None,
        event_id: str | None = None,
        arrived: str | None = None,
        late_days: int | None = None,
        bad_ids: float = 0.01,
        memory: str | int = "1GB",
        threads: int | None = None,
    ) -> EventLog:
        """The same from pandas, polars, pyarrow, a DuckDB relation or anything that speaks the Arrow C stream.

        A Spark DataFrame gives a SparkLog: its daily rows, snapshots, features and lists stay on Spark.

        >>> frame = pd.DataFrame({"who": ["ann"], "at": [pd.Timestamp("2026-03-01 09:00")], "what": ["open"]})
        >>> EventLog.from_frame(frame, user="who", time="at", event="what", timezone="UTC")
        EventLog(1 events of 1 people, 2026-03-01 to 2026-03-01, UTC)
        """
        spec = LogSpec.of(
            user=user,
            time=time,
            event=event,
            amount=amount,
            roles=roles,
            receipts=receipts,
            ignore=ignore,
            measures=measures,
            timezone=timezone,
            event_id=event_id,
            arrived=arrived,
            late_days=late_days,
            bad_ids=bad_ids,
            memory=memory,
            threads=threads,
        )
        return _log_of_frame(frame, spec)

    @classmethod
    def of(cls, source: Source, spec: LogSpec) -> EventLog:
        """Streams a source, checks it and rolls it up."""
        roles = Roles.declared(spec.roles, spec.receipts, spec.ignore)
        rolled = rollup.roll(source, spec, Tables(roles))
        counts = rolled.counts
        check_counts(
            source.name, spec, counts.rows, counts.ignored, counts.bad_ids, bool(rolled.blocks)
        )
        names = sorted(rolled.tables.names)
        meant = roles.paying(names, standard=spec.roles is None)
        if (
            spec.amount is not None and meant != roles
        ):  # only now is it known that all amounts are money
            roles, rolled = meant, rollup.roll(source, spec, Tables(meant))
            counts = rolled.counts
        seen = roles.seen(names, standard=spec.roles is None)
        kept = {
            "ignored": counts.ignored,
            "duplicates": counts.duplicates_dropped or counts.duplicates,
            "duplicates_dropped": counts.duplicates_dropped,
            "bad_amounts": counts.bad_amounts,
            "bad_measures": counts.bad_measures,
            "bad_ids": counts.bad_ids,
        }
        kept |= {"too_late": counts.too_late} if spec.arrived else {}
        zone_name = spec.timezone or "UTC"
        about = {"source": source.name, "events": counts.events}
        activity = daily_rows(rolled, roles, seen, spec, zone_name, {**about, **kept})
        return cls(activity, seen, zone_name, source.name, tuple(names), kept)

    def daily(self) -> DailyActivity:
        """One row per person and day: all that is read from here on."""
        return self.activity

    def describe(self) -> dict[str, object]:
        """Counts and dates of the log, what was set aside included."""
        return dict(self.activity.source)

    def __repr__(self) -> str:
        about = self.describe()
        return (
            f"EventLog({about['events']:,} events of {about['people']:,} people, "
            f"{about['first_day']} to {about['last_day']}, {self.timezone})"
        )


@by_engine("spark.frames:log_of_frame")
def _log_of_frame(frame: Any, spec: LogSpec) -> EventLog:
    return EventLog.of(sources.open_frame(frame, spec.wanted()), spec)


def daily_rows(
    rolled: Rolled,
    declared: Roles,
    roles: Roles,
    spec: LogSpec,
    zone_name: str,
    about: dict[str, object],
) -> DailyActivity:
    """The blocks as daily rows of users in the order of their ids, without the columns of roles that the log has not."""
    fixed = len(COUNTS)
    kept = np.array(
        [
            *range(fixed),
            *(fixed + i for i, role in enumerate(declared.names) if role in roles.names),
        ]
    )
    users, place = _users(rolled)
    rows = BlockRows(
        rolled.blocks,
        place,
        kept,
        spec.arrived is not None,
        (fixed + len(declared.names), len(SUMS) + len(spec.measures)),
    )
    check_totals(rows.blocks, len(place), spec.measures)
    about |= {
        "people": len(users),
        "first_day": day_text(rolled.start),
        "last_day": day_text(rolled.end - 1),
        "timezone": zone_name,
    }
    return DailyActivity(
        users,
        rows,
        roles,
        spec.measures,
        rolled.start,
        rolled.end,
        zone_name,
        spec.amount is not None,
        about,
    )


def _users(rolled: Rolled) -> tuple[np.ndarray, np.ndarray]:
    """Sorted ids of the people who have rows, and each code's place among them (-1: none), int64."""
    table = rolled.tables.ids
    assert table is not None
    has = np.zeros(len(table), bool)
    for block in rolled.blocks:
        has[block.codes] = True
    order = table.order()
    order = order[has[order]]
    return table.take(order), places(order, len(table))
