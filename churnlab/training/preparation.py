"""From a configuration to rows: the log, its cuts, features and labels, split by time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.config.inputs import read_users
from churnlab.config.tables import Config, day_or_none
from churnlab.dataset.build import build_dataset
from churnlab.dataset.compute import first_day
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors import ConfigError, HistoryError
from churnlab.events.event_log import EventLog
from churnlab.schema.days import day_text, learnable
from churnlab.schema.progress import Say, silent
from churnlab.schema.targets import Target


@dataclass(frozen=True)
class Prepared:
    """A log on its way to a model: activity, and rows to learn from and to judge by."""

    activity: DailyActivity
    targets: tuple[Target, ...]
    train: Dataset
    test: Dataset


@dataclass(frozen=True)
class Whole:
    """All rows of a log, not split yet, and the days that they are of."""

    activity: DailyActivity
    targets: tuple[Target, ...]
    days: list[int]
    data: Dataset


def whole(config: Config, log: EventLog | None = None, say: Say = silent) -> Whole:
    """Reads the log and makes snapshots, features and labels."""
    activity = open_activity(config, log, say)
    targets = config.targets(activity.has_money)
    days = cut_days(activity, targets, config)
    return Whole(activity, targets, days, build(config, activity, days, targets, say))


def prepare(config: Config, log: EventLog | None = None, say: Say = silent) -> Prepared:
    """Reads the log, makes snapshots and features, and splits by time, purged."""
    return split(config, whole(config, log, say))


def split(config: Config, all_rows: Whole) -> Prepared:
    """Rows to learn from and to judge by; HistoryError where either has one class."""
    learn, test = all_rows.data.split(test_start(all_rows.days, all_rows.targets, config))
    for part in (learn, test):
        churned = part.y("churned")
        if churned.nunique() < 2:
            raise HistoryError.from_one_class("churned", int(churned.iloc[0]), len(part.X))
    return Prepared(all_rows.activity, all_rows.targets, learn, test)


def open_activity(config: Config, log: EventLog | None = None, say: Say = silent) -> DailyActivity:
    """Everybody's daily rows, on this machine; HistoryError for fewer than two people."""
    say("reading events")
    activity = (log.daily() if log else config.activity()).daily()
    people = int((np.add.reduceat(activity.values("active"), activity.first[:-1]) > 0).sum())
    if people < 2:
        raise HistoryError.from_one_person(people)
    return activity


def build(
    config: Config,
    activity: DailyActivity,
    days: list[int],
    targets: tuple[Target, ...],
    say: Say = silent,
) -> Dataset:
    """Features and labels at the snapshot days."""
    say(f"building features at {len(days)} snapshot days")
    snapshots = Snapshots.at(activity, days, config.snapshots.active_within, targets)
    return build_dataset(activity, snapshots, config.feature_set(), read_users(config, activity))


def cut_days(activity: DailyActivity, targets: tuple[Target, ...], config: Config) -> list[int]:
    """Snapshot days, every so often, backwards from the last whose labels are whole."""
    reach = max(t.window(0)[1] for t in targets)
    observed = activity.end - activity.start
    if config.snapshots.every < 1:
        raise ConfigError.from_range("snapshots.every", config.snapshots.every, "at least 1 day")
    last = activity.end - reach
    if last <= activity.start:
        raise HistoryError.from_horizon_too_long(reach, observed)
    first, told = day_or_none(config.snapshots.first), _first_told(activity, config)
    if activity.carry is not None and last < told:
        what = f"features (before {day_text(told)})"
        raise HistoryError.from_folded(day_text(last), what, day_text(activity.carry.before))
    if first is None:
        first = max(
            told, activity.start + min(config.snapshots.active_within, (last - activity.start) // 3)
        )
    if first > last:
        raise ConfigError.from_range(
            "snapshots.first",
            day_text(first),
            f"a day up to {day_text(last)}, the last with whole labels",
        )
    return sorted(range(last, max(first, activity.start + 1) - 1, -config.snapshots.every))


def _first_told(activity: DailyActivity, config: Config) -> int:
    """The first day at which features can be told, and who was active before: later than the log's where a store has folded days away."""
    first = first_day(activity, config.feature_set())
    return (
        first
        if activity.carry is None
        else max(first, activity.carry.before + config.snapshots.active_within)
    )


def test_start(days: list[int], targets: tuple[Target, ...], config: Config) -> int:
    """The first held-out day: stated, or the start of the newest quarter that leaves rows to learn from after purging."""
    stated = day_or_none(config.snapshots.test_from)
    if stated is not None:
        return stated
    reach = max(t.window(0)[1] for t in targets)
    for day in days[len(days) - max(1, len(days) // 4) :]:
        if learnable(days[0], reach, day):
            return day
    raise HistoryError.from_empty_split(
        day_text(days[-1]), day_text(days[0]), day_text(days[-1]), reach
    )
