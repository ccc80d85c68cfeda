"""From a configuration to rows: daily rows, snapshot days, features and labels, split by time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.btyd.statistics import COLUMNS
from churnlab.config.inputs import open_activity, read_devices, read_users
from churnlab.config.tables import Config
from churnlab.dataset.build import build_dataset
from churnlab.dataset.compute import first_day
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.naming import naming
from churnlab.dataset.snapshots import Snapshots
from churnlab.dataset.unvarying import unvarying
from churnlab.errors import ConfigError, HistoryError
from churnlab.events.event_log import EventLog
from churnlab.features.known_attributes import KnownAttributes
from churnlab.schema.days import Day, before, day_number, day_text, learnable
from churnlab.schema.progress import Say, silent
from churnlab.schema.targets import Target
from churnlab.value.traffic import LEFT_OUT, without_automated

# Columns that models of histories and baselines read; a model without them would be another one.
_READ = frozenset(name for names in COLUMNS.values() for name in names)


@dataclass(frozen=True)
class LabelledRows:
    """All rows of a log with features and labels, not split yet, at the snapshot days `days`."""

    activity: DailyActivity
    targets: tuple[Target, ...]
    days: list[int]
    data: Dataset


@dataclass(frozen=True)
class SplitRows:
    """A log's rows to learn from, and the later, held-out rows to judge by."""

    activity: DailyActivity
    targets: tuple[Target, ...]
    train: Dataset
    test: Dataset


def split_rows(config: Config, log: EventLog | None = None, say: Say = silent) -> SplitRows:
    """The rows of a log, split by time and purged; `log` takes the place of the configuration's."""
    return split(config, label(config, read_everybody(config, log, say), say))


def read_everybody(config: Config, log: EventLog | None = None, say: Say = silent) -> DailyActivity:
    """Everybody's daily rows, on this machine.

    Raises HistoryError for fewer than two people with an act, ConfigError for a log on Spark.
    """
    say("reading events")
    activity = open_activity(config, log).daily()
    acts = np.add.reduceat(activity.values("active"), activity.first[:-1])
    people = int((acts > 0).sum())
    if people < 2:
        raise HistoryError.from_one_person(people)
    return activity


def label(
    config: Config,
    activity: DailyActivity,
    say: Say = silent,
    known: KnownAttributes | None = None,
) -> LabelledRows:
    """Features and labels at the snapshot days of the configuration.

    `known` are the attributes of the run that is to be judged by these rows.
    """
    targets = config.targets(activity.has_money)
    days = snapshot_days(config, activity, targets)
    return LabelledRows(activity, targets, days, build(config, activity, days, targets, say, known))


def build(
    config: Config,
    activity: DailyActivity,
    days: list[int],
    targets: tuple[Target, ...],
    say: Say = silent,
    known: KnownAttributes | None = None,
) -> Dataset:
    """Features and labels of the people eligible at `days`; `known` as in `label`."""
    say(f"building features at {len(days)} snapshot days")
    within, terminal = config.snapshots.active_within, config.target.terminal
    snapshots = Snapshots.at(activity, days, within, targets, terminal=terminal)
    if config.traffic.leave_out:
        snapshots = _without_automated(config, activity, snapshots, say)
    users = read_users(config, activity, known)
    return build_dataset(activity, snapshots, config.feature_set(), users)


def _without_automated(
    config: Config, activity: DailyActivity, snapshots: Snapshots, say: Say
) -> Snapshots:
    """The snapshots without people who look automated on their day, as [traffic] says."""
    rules, devices = config.traffic.rules(), read_devices(config, activity)
    left = without_automated(snapshots, activity, rules, devices)
    say(f"left out {left.dropped[LEFT_OUT]:,} of {len(snapshots):,} rows: {LEFT_OUT}")
    return left


def features_at(config: Config, as_of: Day | None = None, say: Say = silent) -> Dataset:
    """Features of everybody eligible on a day; None: of everybody, on the day after the log's last.

    For a log on Spark a SparkDataset.
    """
    say("reading events")
    activity = open_activity(config if as_of is None else config.as_of(day_number(as_of)))
    everybody = activity.end - activity.kept_from
    within = everybody if as_of is None else config.snapshots.active_within
    snapshots = Snapshots.at(activity, [activity.end if as_of is None else as_of], within)
    return build_dataset(activity, snapshots, config.feature_set(), read_users(config, activity))


def split(config: Config, rows: LabelledRows) -> SplitRows:
    """Rows to learn from and rows to judge by; HistoryError where either has one class only."""
    return split_at(rows, held_out_from(config, rows.days, rows.targets))


def split_at(rows: LabelledRows, day: int) -> SplitRows:
    """The rows split at a day; HistoryError where either side has one class only."""
    train, test = rows.data.split(day)
    for part in (train, test):
        churned = part.y("churned")
        if churned.nunique() < 2:
            raise HistoryError.from_one_class("churned", int(churned.iloc[0]), len(part.X))
    return SplitRows(rows.activity, rows.targets, train, test)


def with_varying_columns(config: Config, rows: LabelledRows, say: Say = silent) -> LabelledRows:
    """The rows without the columns that cannot vary in the rows to learn from, which are named."""
    train, _ = rows.data.split(held_out_from(config, rows.days, rows.targets))
    names = unvarying(train, _READ)
    if not names:
        return rows
    columns = rows.data.X.shape[1]
    say(f"left out {len(names)} of {columns} columns: the same for everybody, like {names[0]}")
    return replace(rows, data=rows.data.without(names))


def without_names(rows: LabelledRows, say: Say = silent) -> LabelledRows:
    """The rows without attributes that name their people, which no model shall keep."""
    names = naming(rows.data)
    if not names:
        return rows
    say(f"left out {len(names)} attributes that name people, like {names[0]}")
    return replace(rows, data=rows.data.without(names))


def reach_of(targets: tuple[Target, ...]) -> int:
    """How many days after a snapshot the longest label window ends."""
    return max(target.window(0)[1] for target in targets)


def snapshot_days(
    config: Config, activity: DailyActivity, targets: tuple[Target, ...]
) -> list[int]:
    """The snapshot days, sorted: every so often, backwards from the last with observed labels.

    Raises ConfigError for a step or a first day that cannot be, HistoryError where the log is too
    short or a store has folded away the days that features need.
    """
    every = config.snapshots.every
    if every < 1:
        raise ConfigError.from_range("snapshots.every", every, "at least 1 day")
    reach = reach_of(targets)
    last = activity.end - reach
    if last <= activity.start:
        raise HistoryError.from_horizon_too_long(reach, activity.end - activity.start)
    first = _first_snapshot(config, activity, last)
    return sorted(range(last, max(first, activity.start + 1) - 1, -every))


def _first_snapshot(config: Config, activity: DailyActivity, last: int) -> int:
    """The first day that may be a snapshot: stated, or as early as features are known."""
    known = _first_known(config, activity)
    if activity.carry is not None and before(last, known):
        what = f"features (before {day_text(known)})"
        raise HistoryError.from_folded(day_text(last), what, day_text(activity.carry.before))
    if config.snapshots.first is None:
        history = min(config.snapshots.active_within, (last - activity.start) // 3)
        first = max(known, activity.start + history)
    else:
        first = day_number(config.snapshots.first)
    if before(last, first):
        wanted = f"a day up to {day_text(last)}, the last with whole labels"
        raise ConfigError.from_range("snapshots.first", day_text(first), wanted)
    return first


def _first_known(config: Config, activity: DailyActivity) -> int:
    """The first day at which features and eligibility are known.

    It is later than the log's first where a store has folded days away.
    """
    first = first_day(activity, config.feature_set())
    if activity.carry is None:
        return first
    return max(first, activity.carry.before + config.snapshots.active_within)


def held_out_from(config: Config, days: list[int], targets: tuple[Target, ...]) -> int:
    """The first held-out day: stated, or the first of the newest quarter of `days` for which an
    earlier day's labels have ended, so that there are rows to learn from."""
    if config.snapshots.test_from is not None:
        return day_number(config.snapshots.test_from)
    reach = reach_of(targets)
    newest = days[len(days) - max(1, len(days) // 4) :]
    for day in newest:
        if learnable(days[0], reach, day):
            return day
    raise HistoryError.from_empty_split(
        day_text(days[-1]), day_text(days[0]), day_text(days[-1]), reach
    )
