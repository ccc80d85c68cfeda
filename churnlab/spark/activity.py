"""SparkActivity: the daily activity of a log on Spark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Job
from churnlab.errors import ConfigError, LogError
from churnlab.schema.days import day_text
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles
from churnlab.spark.batches import EVENT, TAG, travelling
from churnlab.spark.session import TEXTS, WHOLES, DataFrame, column, constant, kind_of, mapped
from churnlab.spark.worker import DailyRows, LogContext, PersonJob


def refuse_counting() -> NoReturn:
    """Raise ConfigError: people of a log on Spark are not counted one by one."""
    raise ConfigError.from_spark(
        "people are counted on one machine, and this log stays on Spark",
        'read its files with engine = "local" or EventLog.read; build_dataset works on Spark',
    )


@dataclass(frozen=True, eq=False)
class SparkActivity:
    """The events of a log on Spark, ready to be rolled up by person.

    `Snapshots.at` and `build_dataset` take it as they take a DailyActivity, and give Spark
    DataFrames. `events` has the columns that are read. `context` says what holds of the whole log.
    `parts` is the number of partitions, each with all events of its people:
    `spark.sql.shuffle.partitions`, or more where the events of a partition would not fit into the
    log's `memory`. `source` holds the counts and dates that `describe` gives.
    """

    events: DataFrame
    context: LogContext
    parts: int
    source: Mapping[str, object] = field(default_factory=dict)

    @property
    def roles(self) -> Roles:
        """The roles of the events."""
        return self.context.roles

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures beyond the standard ones."""
        return self.context.spec.measures

    @property
    def start(self) -> int:
        """The first observed day, as days since 1970-01-01."""
        return self.context.start

    @property
    def kept_from(self) -> int:
        """The first observed day: on Spark no day is folded away."""
        return self.context.start

    @property
    def end(self) -> int:
        """The day after the last observed one."""
        return self.context.end

    @property
    def timezone(self) -> str:
        """The time zone of the local days."""
        return self.context.zone

    @property
    def has_money(self) -> bool:
        """True if the log names an amount."""
        return self.context.spec.amount is not None

    @property
    def text_ids(self) -> bool:
        """True if user ids are text, False if they are whole numbers."""
        return self.context.text_ids

    def daily(self) -> DailyActivity:
        """Raises ConfigError: daily rows are never collected from Spark."""
        raise ConfigError.from_spark(
            "models are trained on one machine",
            'set engine = "local" and train on a log of some of the people',
        )

    def acts_alone(self) -> SparkActivity:
        """This activity; its rows stay on Spark."""
        return self

    def jobs(self) -> Iterator[Job]:
        """Raises ConfigError: rows of people are never brought from Spark to this machine."""
        refuse_counting()

    def describe(self) -> dict[str, object]:
        """Counts and dates of the log and of what was set aside."""
        return dict(self.source)

    def frame(self) -> DataFrame:
        """Daily rows: user_id, day and the measures, as in `DailyActivity.frame`."""
        return self.mapped(DailyRows(self.context))

    def mapped(self, job: PersonJob, sides: Sequence[DataFrame] = ()) -> DataFrame:
        """The rows that a job of worker.py makes of the events of each person.

        `sides` are rows of other frames that travel among the events (see `side`).
        """
        return mapped(self._by_person(sides), job, job.schema)

    def only(self, users: DataFrame) -> SparkActivity:
        """The activity of the people in `users`, a frame with user_id."""
        key = self._key
        wanted = users.select(column("user_id").alias(key)).hint("broadcast")
        return replace(self, events=self.events.join(wanted, key, "left_semi"))

    def side(self, tag: int, name: str, frame: DataFrame, columns: Mapping[str, str]) -> DataFrame:
        """Rows of another frame in the shape in which they travel among the events.

        `columns` gives each column its travelling name; `name` is what an error calls the frame.
        Raises LogError when the ids are not of the type that the log has.
        """
        kind = kind_of(frame, "user_id")
        if (kind in TEXTS) != self.text_ids or kind not in (*TEXTS, *WHOLES):
            same = "ids of the same type in the log, the snapshots and the users"
            raise LogError.from_wrong_type(name, "user_id", kind, same)
        user = column("user_id").cast("string" if self.text_ids else "bigint").alias(self._key)
        others = (column(n).alias(c) for n, c in columns.items())
        return frame.select(user, constant(tag).alias(TAG), *others)

    @property
    def _key(self) -> str:
        """The name of the id column in `events`."""
        return self._name(self.context.spec.user)

    def _name(self, log_column: str) -> str:
        """The name in `events` of a column of the log."""
        return travelling(EVENT, self.context.spec.columns)[log_column]

    def _by_person(self, sides: Sequence[DataFrame]) -> DataFrame:
        """The events that count and the rows of `sides`; a person's rows are in one partition."""
        spec, key = self.context.spec, self._key
        rows = self.events.where(column(key).isNotNull())
        if spec.ignore:
            rows = rows.where(~column(self._name(spec.event)).cast("string").isin(*spec.ignore))
        if not self.text_ids:
            rows = rows.withColumn(key, column(key).cast("bigint"))
        if sides:
            rows = rows.withColumn(TAG, constant(EVENT))
        for side in sides:
            rows = rows.unionByName(side, allowMissingColumns=True)
        return rows.repartition(self.parts, column(key))

    def __repr__(self) -> str:
        days = f"{day_text(self.start)} to {day_text(self.end - 1)}"
        return f"SparkActivity({self.source.get('events', 0):,} events, {days}, {self.parts} parts)"
