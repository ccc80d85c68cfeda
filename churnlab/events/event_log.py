"""EventLog: any source of events, checked and rolled up once, then known to be sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # noqa: F401  (the docstrings' examples)

from churnlab.activity.blocks import BlockRows
from churnlab.activity.daily import DailyActivity
from churnlab.activity.totals import check_totals
from churnlab.errors.secrets import without_secrets
from churnlab.events import rollup, sources
from churnlab.events.batches import Counts
from churnlab.events.checks import check_counts, check_numbers
from churnlab.events.codes import Tables
from churnlab.events.database_source import versioned
from churnlab.events.frame_source import open_frame
from churnlab.events.log_profile import LogProfile, profile_of
from churnlab.events.rollup import Rolled
from churnlab.events.source import Source
from churnlab.events.span import Span, observed
from churnlab.events.spec import LogSpec, takes_options
from churnlab.kernels.ids import places
from churnlab.kernels.records import COUNTS, SUMS
from churnlab.schema.days import day_text
from churnlab.schema.frames import by_engine
from churnlab.schema.roles import Roles
from churnlab.schema.views import view


@dataclass(frozen=True, eq=False)
class EventLog:
    """The receipt of a reading: what was read, what was set aside, and the finished daily rows.

    Made by `read` (files, databases) or `from_frame` (dataframes). It holds no events: they were
    streamed once, checked and rolled up, and `daily` returns the result.

    | field | meaning |
    |---|---|
    | `activity` | one row per person and active day |
    | `roles` | the roles that the log has events of |
    | `timezone` | the zone of the local days |
    | `source` | the name of the source, as messages say it |
    | `names` | all event names, sorted |
    | `counts` | rows set aside or odd, by reason |
    | `preset` | the options that a preset filled, by name |
    | `named` | the number of events of each name |
    | `examples` | up to three values for each reason to set rows aside |

    Of `counts`, `bad_amounts` are amounts set aside, `negative_amounts` are below zero in an event
    that is neither a purchase nor a refund and so change no money.

    >>> frame = pd.DataFrame({"who": ["ann", None], "at": "2026-03-01 09:00Z", "what": "open"})
    >>> log = EventLog.from_frame(frame, user="who", time="at", event="what", bad_ids=0.5)
    >>> log
    EventLog(1 events of 1 people, 2026-03-01 to 2026-03-01, UTC; bad_ids 1)
    >>> log.counts["bad_ids"], log.names
    (1, ('open',))
    """

    activity: DailyActivity
    roles: Roles
    timezone: str
    source: str
    names: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    preset: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    @takes_options(LogSpec)
    def read(cls, path: str | Path, **options: Any) -> EventLog:
        """Read Parquet or CSV files, or a table: of a database, of Delta or of Iceberg.

        `path` is a file, a pattern or a folder; or, together with `table`, a DuckDB or SQLite file
        or an address such as `postgresql://…` or `adbc:NAME:…` (`churnlab.events.addresses` lists
        them). User and password of PostgreSQL come from PGUSER and PGPASSWORD. A folder with
        `_delta_log` is a Delta table, one with `metadata/….metadata.json` an Iceberg table; the
        version that is read stands in `describe()["version"]`. Ids in CSV files are text.
        `options` are described at `LogSpec`.

        Raises LogError, which says what is wrong, what was given and what to do, and ConfigError
        for an option out of range.

        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> with open(f"{folder.name}/log.csv", "w") as file:
        ...     _ = file.write("who,at,what\\nann,2026-03-01 09:00,open\\nbob,2026-03-02,open\\n")
        >>> columns = {"user": "who", "time": "at", "event": "what"}
        >>> EventLog.read(f"{folder.name}/*.csv", **columns, timezone="Asia/Shanghai")
        EventLog(2 events of 2 people, 2026-03-01 to 2026-03-02, Asia/Shanghai)
        >>> folder.cleanup()
        """
        spec = LogSpec(**options)
        return cls.of(sources.open_path(path, spec), spec)

    @classmethod
    @takes_options(LogSpec, without=("table", "version"))
    def from_frame(cls, frame: Any, **options: Any) -> EventLog:
        """Read a dataframe: pandas, polars, pyarrow, DuckDB, or one that gives an Arrow C stream.

        A Spark DataFrame gives a SparkLog, whose daily rows, snapshots, features and lists stay on
        Spark. `options` and errors are those of `read`, without `table` and `version`.

        >>> at = [pd.Timestamp("2026-03-01 09:00")]
        >>> frame = pd.DataFrame({"who": ["ann"], "at": at, "what": ["open"]})
        >>> EventLog.from_frame(frame, user="who", time="at", event="what", timezone="UTC")
        EventLog(1 events of 1 people, 2026-03-01 to 2026-03-01, UTC)
        """
        return _log_of_frame(frame, LogSpec(**options))

    @classmethod
    def of(cls, source: Source, spec: LogSpec) -> EventLog:
        """Stream a source, check it and roll it up.

        >>> frame = pd.DataFrame({"u": [7], "t": ["2026-03-01 09:00Z"], "e": ["open"]})
        >>> spec = LogSpec(user="u", time="t", event="e")
        >>> EventLog.of(open_frame(frame, spec.wanted()), spec).names
        ('open',)
        """
        roles = Roles.declared(spec.roles, spec.receipts, spec.ignore)
        rolled = rollup.roll(source, spec, Tables(roles))
        check_counts(source.name, spec, vars(rolled.counts), bool(rolled.blocks))
        names = sorted(rolled.tables.names)
        paying = roles.paying(names, standard=spec.roles is None)
        # Where no event is a purchase, every amount is money. That is known only after all names
        # were seen, so such a log is read a second time.
        if spec.amount is not None and paying != roles:
            roles = paying
            rolled = rollup.roll(source, spec, Tables(roles))
        check_numbers(source.name, spec, rolled.unusable)
        seen = roles.seen(names, standard=spec.roles is None)
        span = observed(rolled.events)
        aside = _set_aside(rolled.counts, span, spec)
        shown = without_secrets(source.name)
        events = rolled.counts.events - span.head
        counted = {"source": shown, **versioned(source), "events": events, **aside}
        activity = daily_rows(rolled.since(span.start), roles, seen, spec, span, counted)
        named = rolled.seen.by_name(list(rolled.tables.names))
        looked = spec.of_preset, named, rolled.examples()
        return cls(activity, seen, activity.timezone, shown, tuple(names), aside, *looked)

    def daily(self) -> DailyActivity:
        """One row per person and active day: everything else is computed from it.

        The rows were made when the log was read; this returns them.

        >>> frame = pd.DataFrame({"u": ["ann"], "t": ["2026-03-01 09:00Z"], "e": ["open"]})
        >>> EventLog.from_frame(frame, user="u", time="t", event="e").daily()
        DailyActivity(1 people, 2026-03-01 to 2026-03-01)
        """
        return self.activity

    def profile(self) -> LogProfile:
        """A look before the work: people, days, roles, what no role takes, what was set aside.

        In a notebook it is a page with a picture, in a terminal text.

        >>> frame = pd.DataFrame({"u": ["ann"], "t": ["2026-03-01 09:00Z"], "e": ["open"]})
        >>> profile = EventLog.from_frame(frame, user="u", time="t", event="e").profile()
        >>> profile.one_day, profile.roles["role"].tolist()
        (1, ['open'])
        """
        return profile_of(self.activity, self.named, self.counts, self.examples)

    def describe(self) -> dict[str, object]:
        """Counts and dates of the log, with the rows that were set aside.

        >>> frame = pd.DataFrame({"u": ["ann"], "t": ["2026-03-01 09:00Z"], "e": ["open"]})
        >>> counted = EventLog.from_frame(frame, user="u", time="t", event="e").describe()
        >>> counted["events"], counted["people"], counted["first_day"], counted["ignored"]
        (1, 1, '2026-03-01', 0)
        """
        return dict(self.activity.source)

    def __repr__(self) -> str:
        counted = self.describe()
        version = f", version {counted['version']}" if "version" in counted else ""
        return (
            f"EventLog({counted['events']:,} events of {counted['people']:,} people, "
            f"{counted['first_day']} to {counted['last_day']}, "
            f"{self.timezone}{version}{self._odd()})"
        )

    def _repr_html_(self) -> str:
        return str(view("report.glances:event_log")(self).html())

    def _odd(self) -> str:
        """The counts that are not zero, as `counts` names them."""
        told = [f"{name} {count:,}" for name, count in self.counts.items() if count]
        return f"; {', '.join(told)}" if told else ""


@by_engine("spark.log:from_frame")
def _log_of_frame(frame: Any, spec: LogSpec) -> EventLog:
    return EventLog.of(open_frame(frame, spec.wanted()), spec)


def _set_aside(counts: Counts, span: Span, spec: LogSpec) -> dict[str, int]:
    """The rows that were set aside or look odd, by reason."""
    found = {
        "ignored": counts.ignored,
        "duplicates": counts.duplicates_dropped or counts.duplicates,
        "duplicates_dropped": counts.duplicates_dropped,
        "bad_amounts": counts.bad_amounts,
        "negative_amounts": counts.negative_amounts,
        "bad_measures": counts.bad_measures,
        "bad_ids": counts.bad_ids,
        "bad_times": counts.bad_times,
        "after_until": counts.after_until,
        "before_since": counts.before_since,
        "thin_head": span.head,
        "thin_tail": span.tail,
    }
    return found | ({"too_late": counts.too_late} if spec.arrived else {})


def daily_rows(
    rolled: Rolled,
    declared: Roles,
    roles: Roles,
    spec: LogSpec,
    span: Span,
    counted: dict[str, object],
) -> DailyActivity:
    """The blocks as daily rows of people in the order of their ids.

    `declared` are the roles that the blocks have columns for; columns of those that are not in
    `roles` are left out; `span` are the observed days. `counted` becomes the description, with
    people and days added. LogError for sums that do not fit in 64 bits.
    """
    users, place = _users(rolled)
    zone_name = spec.timezone or "UTC"
    fixed = len(COUNTS)
    there = [fixed + i for i, role in enumerate(declared.names) if role in roles.names]
    rows = BlockRows(
        rolled.blocks,
        place,
        np.array([*range(fixed), *there]),
        spec.arrived is not None,
        (fixed + len(declared.names), len(SUMS) + len(spec.measures)),
    )
    check_totals(rows.blocks, len(place), spec.measures)
    counted |= {
        "people": len(users),
        "first_day": day_text(span.start),
        "last_day": day_text(span.end - 1),
        "timezone": zone_name,
    }
    return DailyActivity(
        users,
        rows,
        roles,
        spec.measures,
        span.start,
        span.end,
        zone_name,
        spec.amount is not None,
        counted,
    )


def _users(rolled: Rolled) -> tuple[np.ndarray, np.ndarray]:
    """Sorted ids of the people with rows, and the place of each code among them, int64, or -1."""
    table = rolled.tables.ids
    assert table is not None
    has = np.zeros(len(table), bool)
    for block in rolled.blocks:
        has[block.codes] = True
    order = table.order()
    order = order[has[order]]
    return table.take(order), places(order, len(table))
