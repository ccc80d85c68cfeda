"""The report of a week, made from a configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.activity.until import until
from churnlab.config.channels import channel_value
from churnlab.config.experiments import WinbackConfig, open_experiment
from churnlab.config.inputs import open_activity, people_of
from churnlab.config.tables import Config
from churnlab.dataset.compute import available
from churnlab.errors import HistoryError
from churnlab.errors.experiments import ExperimentError
from churnlab.events.event_log import EventLog
from churnlab.features.life import TierRules
from churnlab.language.sentence import Words, sentence
from churnlab.retention.cohort.cohorts import cohorts
from churnlab.retention.funnels.nodes import churn_nodes
from churnlab.retention.over_time.life_cycle import life_cycle
from churnlab.retention.shown import Shown
from churnlab.retention.stages.moves import moves
from churnlab.retention.stages.tiers import tier_rules, tiers
from churnlab.schema.progress import Say, silent
from churnlab.weekly.figures import figures
from churnlab.weekly.lists import ListsOfWeek, grades_of, list_figures, lists_of
from churnlab.weekly.measures import reaches_a_year, sums
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.week import DAYS, Week
from churnlab.winback.experiments.comparison import Comparison

Made = TypeVar("Made")


def weekly_report(
    config: Config, week: str | Week, log: EventLog | None = None, say: Say = silent
) -> WeeklyReport:
    """The report of a week such as "2026-W47", as it was known on the morning after it.

    `log` takes the place of the configuration's. Lists and grades are those of the output folder. A
    part for which the log is too short is left out, and `notes` say so. Raises ConfigError for no
    week, NothingToDo for one that is not over in the log, HistoryError for one that began before
    it, ListError for a list that was changed.

    >>> from churnlab.demo.example import trained_config
    >>> report = weekly_report(trained_config(), "2026-W15")
    >>> report.figure("active").now > 0
    True
    """
    own = Week.of(week) if isinstance(week, str) else week
    say("reading events")
    whole = open_activity(config, log, by_groups=True)
    own.check_over(whole.end)
    activity = until(whole, own.end)
    say("counting the week")
    folder = config.path(config.output.folder)
    lists = (lists_of(folder, own), lists_of(folder, own.last))
    said = list_figures(*lists, lists_of(folder, own.year_before), config.currency)
    users = people_of(config, activity, config.retention.users)
    results, notes = _results(_parts(config, activity, own, users))
    tests, why = _results(_treatments(config, activity))
    return WeeklyReport(
        own,
        config.name,
        config.log.simulated,
        (*figures(sums(activity, own), config.currency), *said),
        life_cycle(activity, every="week"),
        results,
        lists,
        tuple(grades_of(folder, own)),
        tests.get("winback"),
        (*notes, *why, *_notes(activity, own, lists[0])),
        config.currency,
    )


def _results(parts: Mapping[str, Callable[[], Made]]) -> tuple[dict[str, Made], list[Words]]:
    """The parts that could be made by name, and why the others are left out."""
    found: dict[str, Made] = {}
    notes: list[Words] = []
    for name, make in parts.items():
        try:
            found[name] = make()
        except (HistoryError, ExperimentError) as error:
            notes.append(sentence("{part}: left out. {why}", part=_NAMES[name], why=str(error)))
    return found, notes


_NAMES: Mapping[str, Words] = {
    "retention": sentence("Who comes back"),
    "tiers": sentence("Stages of life"),
    "moves": sentence("Moves between stages of life"),
    "nodes": sentence("Where people stand before they leave"),
    "channels": sentence("Channels against their cost"),
    "winback": sentence("What treatments did"),
}


def _parts(
    config: Config, activity: Activity, week: Week, users: pd.DataFrame | None
) -> dict[str, Callable[[], Shown]]:
    """What makes each part: retention, stages of life, moves, churn nodes, channels."""
    table, churn = config.retention, config.target.churn()

    def rules() -> TierRules:
        given = config.tiers.rules()
        return tier_rules(activity, week.end, given) if config.tiers.from_log else given

    parts: dict[str, Callable[[], Shown]] = {
        "retention": lambda: cohorts(
            activity,
            users,
            registered=table.registered,
            every="week",
            days=table.days,
            returns=table.returns,
            new_after=table.new_after,
        ),
        "tiers": lambda: tiers(activity, week.end, rules(), churn=churn),
        "moves": lambda: moves(activity, week.last.end, DAYS, rules()),
        "nodes": lambda: churn_nodes(
            activity,
            config.funnel.steps,
            users,
            registered=table.registered,
            silent=config.funnel.silent,
            target=churn,
            active_within=config.snapshots.active_within,
        ),
    }
    if config.value.costs:
        parts["channels"] = lambda: channel_value(config, activity)
    return parts


def _treatments(config: Config, activity: Activity) -> dict[str, Callable[[], Comparison]]:
    """What compares the arms of the experiment of [winback]; nothing where the file names none."""
    if not config.winback.table:
        return {}
    found = WinbackConfig(config.winback, config.folder, config)
    return {"winback": lambda: open_experiment(found, activity).compare()}


def _notes(activity: Activity, week: Week, lists: ListsOfWeek | None) -> Iterator[Words]:
    """What the report cannot say."""
    if not reaches_a_year(activity, week):
        yield sentence("the log does not hold the same week of the year before")
    if lists is None:
        yield sentence("no list was published for the mornings after these days")
    if not {"push_sent", "push_opened"} <= available(activity):
        yield sentence("the log has no pushes, so there is no open rate")
