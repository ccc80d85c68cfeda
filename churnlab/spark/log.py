"""SparkLog: the event log in a Spark DataFrame."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from churnlab.errors import ConfigError, LogError
from churnlab.errors.secrets import without_secrets
from churnlab.events.checks import check_counts, check_numbers
from churnlab.events.databases import is_table
from churnlab.events.moments import OUTSIDE
from churnlab.events.source import check_columns
from churnlab.events.span import Span, observed
from churnlab.events.spec import LogSpec
from churnlab.events.unusable import Unusable
from churnlab.schema.days import day_text
from churnlab.schema.roles import Roles
from churnlab.spark import session
from churnlab.spark.activity import SparkActivity
from churnlab.spark.batches import EVENT, TAG, travelling
from churnlab.spark.session import TEXTS, WHOLES, DataFrame, column, in_one_line
from churnlab.spark.worker import SOURCE, SUMMARY, LogContext, SummariseEvents

_BYTES_A_ROW = 128


@dataclass(frozen=True, eq=False)
class SparkLog:
    """Events in a Spark DataFrame, as `EventLog.from_frame` gives them.

    Nothing is read before `daily` or `describe`.
    """

    frame: DataFrame
    spec: LogSpec

    @classmethod
    def of(cls, frame: DataFrame, spec: LogSpec) -> SparkLog:
        """The log of a frame that has the columns that `spec` names.

        Raises LogError when a column is missing, or ids are neither text nor whole numbers.
        """
        check_columns(SOURCE, spec.wanted(), frame.columns)
        kind = session.kind_of(frame, spec.user)
        if kind not in (*TEXTS, *WHOLES):
            raise LogError.from_wrong_type(SOURCE, spec.user, kind, "text or whole numbers")
        return cls(frame, spec)

    def daily(self) -> SparkActivity:
        """Daily activity of the log, not yet rolled up.

        Reads the log once, for the counts that no partition can know. Raises the errors of
        `EventLog.from_frame`.
        """
        return self._activity

    def describe(self) -> dict[str, object]:
        """Counts and dates of the log and of what was set aside.

        Unlike on one machine, people and repeated events are not counted.
        """
        return dict(self._activity.source)

    def profile(self) -> NoReturn:
        """Raise ConfigError: a profile is made on one machine."""
        way = "read the log, or some days of it, there: EventLog.read(…).profile()"
        raise ConfigError.from_spark("a profile is made on one machine", way)

    @cached_property
    def _activity(self) -> SparkActivity:
        events, rows_before = self._events()
        spec, declared = self.spec, _declared(self.spec)
        summary = _summary(events, spec, declared)
        if spec.amount is not None:
            declared = declared.paying(summary["names"], standard=spec.roles is None)
        span = observed(summary["by_day"])
        context = LogContext(
            spec,
            declared,
            declared.seen(summary["names"], standard=spec.roles is None),
            span.start,
            span.end,
            session.kind_of(self.frame, spec.user) in TEXTS,
        )
        by_memory = -(-summary["rows"] * _BYTES_A_ROW // spec.memory)
        partitions = max(session.shuffle_partitions(events.sparkSession), by_memory)
        source = _describe(summary, span, context, rows_before)
        return SparkActivity(events, context, partitions, source)

    def _events(self) -> tuple[DataFrame, int | None]:
        """The columns that are read, under names that Spark takes.

        Where events have ids, each id stays once; the second value is the number of rows before.
        """
        names = travelling(EVENT, self.spec.columns)
        events = self.frame.select(*(column(n).alias(c) for n, c in names.items()))
        if self.spec.event_id is None:
            return events, None
        wanted = self.spec.wanted()
        by = ("time", "user", "event", *sorted(wanted))
        order = dict.fromkeys(names[wanted[k]] for k in by if k != "event_id")
        with in_one_line():
            first = session.first_of_each(events, names[self.spec.event_id], order, TAG)
            return first, events.count()


def read(path: str, *, table: str | None = None, **options: Any) -> SparkLog:
    """The log in files that Spark reads; the twin of `EventLog.read`. A `table` is ignored.

    ConfigError for a table of a database, of Delta or of Iceberg, which Spark reads itself.
    """
    spec = LogSpec.of(**options)
    if is_table(path) or spec.version is not None:
        way = "read the table with Spark and give the frame to EventLog.from_frame"
        raise ConfigError.from_spark(f"{without_secrets(path)} is no file for Spark to read", way)
    return SparkLog.of(session.read(path, spec), spec)


def from_frame(frame: DataFrame, spec: LogSpec) -> SparkLog:
    """The log in a Spark DataFrame; the twin of `EventLog.from_frame`."""
    return SparkLog.of(frame, spec)


def _declared(spec: LogSpec) -> Roles:
    return Roles.declared(spec.roles, spec.receipts, spec.ignore)


def _summary(events: DataFrame, spec: LogSpec, declared: Roles) -> dict[str, Any]:
    """The SUMMARY row of the whole log, from one row for each partition.

    Raises LogError for a log that cannot be used.
    """
    apart = ("naive", "names", "days", "of_days", "unusable")
    sums = [n for n in SUMMARY.names if n not in apart]
    rows = session.mapped(events, SummariseEvents(spec, declared), SUMMARY)
    summary = session.one_row(rows, sums)
    if summary["any_naive"] and not summary["all_naive"]:
        raise LogError.from_mixed_zones(SOURCE, spec.time)
    check_counts(SOURCE, spec, summary, bool(summary["by_day"]))
    unusable: dict[str, Unusable] = {}
    for what, seen in map(json.loads, summary["unusable"]):
        unusable.setdefault(what, Unusable()).merge(seen)
    check_numbers(SOURCE, spec, unusable)
    return summary


def _describe(
    summary: Mapping[str, Any], span: Span, context: LogContext, rows_before: int | None
) -> dict[str, object]:
    """Counts and dates for `describe`."""
    names = ("ignored", "bad_amounts", "negative_amounts", "bad_measures", "bad_ids", *OUTSIDE)
    counts = {"events": summary["events"] - span.head} | {name: summary[name] for name in names}
    counts |= {"thin_head": span.head, "thin_tail": span.tail}
    if context.spec.arrived:
        counts["too_late"] = summary["too_late"]
    if rows_before is not None:
        counts["duplicates_dropped"] = rows_before - summary["rows"]
    return {
        "source": SOURCE,
        **counts,
        "first_day": day_text(context.start),
        "last_day": day_text(context.end - 1),
        "timezone": context.zone,
    }
