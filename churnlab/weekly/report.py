"""The report of a week, made from a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.activity.until import until
from churnlab.config.channels import channel_value
from churnlab.config.experiments import WinbackConfig, open_experiment
from churnlab.config.inputs import open_activity, people_of
from churnlab.config.tables import Config
from churnlab.dataset.compute import available
from churnlab.errors import HistoryError
from churnlab.events.event_log import EventLog
from churnlab.language.sentence import Words, sentence
from churnlab.retention.churn_nodes import churn_nodes
from churnlab.retention.cohorts import cohorts
from churnlab.retention.life_cycle import life_cycle
from churnlab.retention.moves import moves
from churnlab.retention.shown import Shown, records
from churnlab.retention.tiers import tier_rules, tiers
from churnlab.schema.progress import Say, silent
from churnlab.weekly.figures import figures, figures_frame
from churnlab.weekly.lists import ListsOfWeek, grades_of, list_figures, lists_of
from churnlab.weekly.measures import reaches_a_year, sums
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.top import top
from churnlab.weekly.week import DAYS, Week
from churnlab.winback.comparison import Comparison


def weekly_report(
    config: Config, week: str | Week, log: EventLog | None = None, say: Say = silent
) -> WeeklyReport:
    """The report of a week such as "2026-W47", as it was known on the morning after it.

    `log` takes the place of the configuration's. Lists and grades are those of the output folder.
    Raises ConfigError for no week, NothingToDo for one that the log does not hold whole,
    HistoryError where the log has fewer than 56 days before its end, ListError for a list that was
    changed.

    >>> from churnlab.demo.example import trained_config
    >>> report = weekly_report(trained_config(), "2026-W15")
    >>> report.figure("active").now > 0
    True
    """
    own = Week.of(week) if isinstance(week, str) else week
    say("reading events")
    whole = open_activity(config.as_of(own.end), log, by_groups=True)
    own.check_over(whole.end)
    activity = until(whole, own.end)
    say("counting the week")
    folder = config.path(config.output.folder)
    lists = (lists_of(folder, own), lists_of(folder, own.last))
    said = list_figures(*lists, lists_of(folder, own.year_before))
    users = people_of(config, activity, config.retention.users)
    results, notes = _results(config, activity, own, users)
    if config.value.costs:
        results["channels"] = channel_value(config, activity)
    return WeeklyReport(
        own,
        config.name,
        config.log.simulated,
        (*figures(sums(activity, own)), *said),
        life_cycle(activity, every="week"),
        results,
        lists,
        tuple(grades_of(folder, own)),
        _winback(config),
        (*notes, *_notes(activity, own, lists[0])),
    )


def _results(
    config: Config, activity: Activity, week: Week, users: pd.DataFrame | None
) -> tuple[dict[str, Shown], list[Words]]:
    """Retention, stages of life, moves and churn nodes, and why one of them is missing."""
    rules = config.tiers.rules()
    if config.tiers.from_log:
        rules = tier_rules(activity, week.end, rules)
    table = config.retention
    found: dict[str, Shown] = {
        "retention": cohorts(
            activity,
            users,
            registered=table.registered,
            every="week",
            days=table.days,
            returns=table.returns,
            new_after=table.new_after,
        ),
        "tiers": tiers(activity, week.end, rules, churn=config.target.churn()),
    }
    notes: list[Words] = []
    try:
        found["moves"] = moves(activity, week.last.end, DAYS, rules)
        found["nodes"] = churn_nodes(
            activity,
            config.funnel.steps,
            users,
            registered=table.registered,
            silent=config.funnel.silent,
            target=config.target.churn(),
            active_within=config.snapshots.active_within,
        )
    except HistoryError as error:
        notes.append(sentence("left out: {why}", why=str(error)))
    return found, notes


def _winback(config: Config) -> Comparison | None:
    """The experiment of [winback]; None where the file names none."""
    if not config.winback.table:
        return None
    return open_experiment(WinbackConfig(config.winback, config.folder, config)).compare()


def _notes(activity: Activity, week: Week, lists: ListsOfWeek | None) -> Iterator[Words]:
    """What the report cannot say."""
    if not reaches_a_year(activity, week):
        yield sentence("the log does not hold the same week of the year before")
    if lists is None:
        yield sentence("no list was published for the mornings after these days")
    if not {"push_sent", "push_opened"} <= available(activity):
        yield sentence("the log has no pushes, so there is no open rate")


def as_dict(report: WeeklyReport) -> dict[str, Any]:
    """The figures and the tables of a report as plain values; what is not known is null."""
    return {
        "week": str(report.week),
        "days": list(report.week.days),
        "says": [str(words) for words in top(report)],
        "figures": records(figures_frame(report.figures)),
        **{name: result.to_dict() for name, result in report.results.items()},
        "notes": [str(words) for words in report.notes],
    }
