"""The facts on the card of a training, collected from configuration, data and results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from churnlab.activity.arrivals import is_late
from churnlab.activity.daily import DailyActivity
from churnlab.config.tables import Config
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors.secrets import shown_name
from churnlab.evaluation.tables import cell
from churnlab.events.receipt import time_notes
from churnlab.explanation.explanation import Explanation
from churnlab.features.builder import parse_name
from churnlab.language.sentence import Sentence, Words, sentence
from churnlab.report.cards.record import CardRecord, Made, Use
from churnlab.schema.days import day_number, day_text, learnable
from churnlab.schema.targets import Churn
from churnlab.training.card_figures import figures, promise
from churnlab.training.judging import Judged, leavers
from churnlab.training.models import Fitted
from churnlab.training.preparation import SplitRows
from churnlab.training.refit import Refitted
from churnlab.training.tuning import Tuned

_FEW_DAYS = 3
_ATTRIBUTE = "profile"


def make_record(
    config: Config,
    ready: SplitRows,
    fitted: Fitted,
    judged: Judged,
    explanation: Explanation,
    served: Refitted | None = None,
) -> CardRecord:
    """The record of a training's card, with churn explained.

    `judged` says how well the `fitted` models do; `served` are those that score, if these were
    fitted again. `explanation` is about the model of churn that scores.
    """
    scoring = fitted if served is None else served.fitted
    day = day_text(ready.activity.end)
    left = leavers(fitted.churn, ready.train, judged.evaluations["churned"])
    later = later_labels(config, ready)
    return CardRecord(
        name=config.name,
        version=scoring.version,
        made_on=date.fromisoformat(day),
        simulated=config.log.simulated,
        promise=promise(ready.targets, config.snapshots.active_within),
        **figures(judged, explanation, config.costs.costs(), config.currency, later),
        use=Use(
            limits=limits(ready.test, config.snapshots.active_within, ready.activity.has_money),
            not_for=tuple(config.card.not_for),
            owner=config.card.owner,
            review_days=config.approval.review_days,
        ),
        made=tuple(_facts(config, ready, fitted, judged, left, served)),
    )


def later_labels(config: Config, ready: SplitRows) -> dict[int, pd.Series]:
    """Labels of churn that begins later, by days of [card] warning_leads, on the judged rows."""
    return labels_of_later(
        ready.activity,
        ready.test,
        config.target.churn(),
        config.card.warning_leads,
        config.snapshots.active_within,
    )


def labels_of_later(
    activity: DailyActivity, test: Dataset, target: Churn, leads: Iterable[int], active_within: int
) -> dict[int, pd.Series]:
    """Labels of churn that begins later, by lead in days, on the rows of `test`.

    The days come on top of the lead of the target. A row whose later label is not closed yet is
    missing.
    """
    found = {}
    for days in leads:
        later = replace(target, lead=target.lead + days)
        closed = [
            day
            for day in map(day_number, test.days)
            if learnable(day, later.window(0)[1], activity.end)
        ]
        if not closed:
            continue
        at = Snapshots.at(activity, closed, active_within, [later], terminal=target.terminal).frame
        labels = at.set_index(["user_id", "snapshot"])["churned"]
        found[days] = labels.reindex(test.X.index)
    return found


def _facts(
    config: Config,
    ready: SplitRows,
    fitted: Fitted,
    judged: Judged,
    left: Words,
    served: Refitted | None,
) -> Iterator[Made]:
    """What the model was made from, a fact a row."""
    timing: dict[Words, Any] = (
        {sentence("later weeks"): judged.timing.sentence()} if judged.timing else {}
    )
    facts: dict[Words, Any] = {
        sentence("which model"): _which_model(ready, served),
        **_population(config, ready, left, served),
        **timing,
        **data_facts(config, ready),
        **_made(config, ready, fitted.tuned),
    }
    for name, value in facts.items():
        yield Made(name=name, says=cell(value))


def _which_model(ready: SplitRows, served: Refitted | None) -> Words:
    """Which model the figures belong to, and which one scores."""
    if served is None:
        return sentence("The model that scores is the one that was tested.")
    return sentence(
        "The figures are those of a model that learnt from days up to {judged}. After the test it "
        "was fitted again, with the same settings, on days up to {last}. That one scores, and the "
        "themes and reasons are its own. There are no later days yet to test it on.",
        judged=str(ready.train.days[-1].date()),
        last=str(served.rows["churned"].days[-1].date()),
    )


def _learnt(ready: SplitRows, served: Refitted | None) -> dict[Words, Words]:
    """What the served models learnt from, and how old that is on the day of training."""
    rows = {"churned": ready.train} if served is None else served.rows
    end = ready.activity.end
    age = sentence(
        "{days} days on {day}, the day of training, counted from the newest snapshot that it "
        "learnt from",
        days=end - day_number(rows["churned"].days[-1]),
        day=day_text(end),
    )
    if served is None:
        return {sentence("age of the model"): age}
    found: dict[Words, Words] = {
        sentence("served model learnt from"): rows_and_days(rows["churned"])
    }
    if "ltv" in rows:
        found[sentence("served value model learnt from")] = rows_and_days(rows["ltv"])
    return found | {sentence("age of the served model"): age}


def _population(
    config: Config, ready: SplitRows, left: Words, served: Refitted | None
) -> dict[Words, Words]:
    eligible = sentence(
        "active on at least one of the {days} days before the snapshot",
        days=config.snapshots.active_within,
    )
    purged = sentence(
        "{rows:,} snapshots whose label windows reach into the held-out days",
        rows=ready.train.counts.get("purged", 0),
    )
    learnt = sentence("learnt from") if served is None else sentence("judged model learnt from")
    return {
        sentence("eligible"): eligible,
        learnt: rows_and_days(ready.train),
        sentence("leavers"): left,
        sentence("judged on"): rows_and_days(ready.test),
        sentence("purged between"): purged,
        **_learnt(ready, served),
    }


def rows_and_days(data: Dataset) -> Words:
    """How many snapshots, people and days a dataset has, and its first and last day."""
    return sentence(
        "{rows:,} snapshots of {people:,} people, {days} days from {first} to {last}",
        rows=len(data.X),
        people=int(data.X.index.get_level_values("user_id").nunique()),
        days=len(data.days),
        first=str(data.days[0].date()),
        last=str(data.days[-1].date()),
    )


def data_facts(config: Config, ready: SplitRows) -> dict[Words, Any]:
    """Counts of the events that were read and of those set aside."""
    log = ready.activity.describe()
    days = sentence("{first} to {last}", first=log["first_day"], last=log["last_day"])
    facts: dict[Words, Any] = {
        sentence("source"): shown_name(config.log.path),
        **_version(log),
        sentence("events"): log["events"],
        sentence("people"): log["people"],
        sentence("days"): days,
        sentence("time zone"): log["timezone"],
        sentence("duplicates"): log["duplicates"],
        sentence("amounts set aside"): log["bad_amounts"],
        sentence("events ignored"): log["ignored"],
        sentence("rows without an id"): log["bad_ids"],
        sentence("arrival times"): _lateness(config, ready),
    }
    if log.get("negative_amounts"):
        facts[sentence("negative amounts that are no money")] = log["negative_amounts"]
    if notes := time_notes(log):
        facts |= {sentence("times"): _joined(notes, "; ")}
    lacking = [
        sentence("{signal} (no {missing})", signal=name, missing=missing)
        for name, missing in ready.train.skipped.items()
    ]
    if lacking:
        facts |= {sentence("signals without data"): _joined(lacking, ", ")}
    parts = [parse_name(name) for name in ready.train.left_out]
    if naming := [part["statistic"] for part in parts if part["signal"] == _ATTRIBUTE]:
        facts |= {sentence("attributes left out, for they name people"): ", ".join(naming)}
    same = Counter(part["signal"] for part in parts if part["signal"] != _ATTRIBUTE)
    left_out = [sentence("{signal} ({columns})", signal=s, columns=n) for s, n in same.items()]
    if left_out:
        facts |= {
            sentence("columns left out, the same for everybody, by signal"): _joined(left_out, ", ")
        }
    return facts


def _version(log: Mapping[str, Any]) -> dict[Words, Any]:
    """The version of a Delta table, or the snapshot of an Iceberg table, that was read."""
    version = log.get("version")
    return {} if version is None else {sentence("events read at version"): str(version)}


def _lateness(config: Config, ready: SplitRows) -> Words:
    if config.log.arrived is None:
        return sentence("not in the log; lateness is unknown")
    activity = ready.activity
    rows = int(is_late(activity.known, activity.day).sum()) if activity.late else 0
    late = sentence("no event came on a later day")
    if rows:
        late = sentence(
            "{rows:,} daily rows were changed by events that came on a later day", rows=rows
        )
    seen = sentence(
        "column '{column}'; a snapshot sees the events that had arrived before it; {late}",
        column=config.log.arrived,
        late=late,
    )
    too_late = activity.source.get("too_late")
    if not too_late:
        return seen
    return sentence(
        "{seen}; {events:,} events came too late and were set aside", seen=seen, events=too_late
    )


def _joined(parts: Sequence[Words], between: str) -> Sentence:
    """Words one after another; nothing in it but the parts is translated."""
    values: dict[str, object] = {f"part_{i}": words for i, words in enumerate(parts)}
    return Sentence(between.join(f"{{{name}}}" for name in values), values)


def limits(test: Dataset, active_within: int | None, has_money: bool) -> tuple[Words, ...]:
    """What a model cannot do, a sentence each; `test` are the rows that judged it."""
    lines: list[Words] = [
        sentence("It knows the log alone. It does not find people who leave without a sign there."),
        sentence(
            "The chances are right on average, for people like those of the test. After a change "
            "of the product, train again."
        ),
    ]
    if active_within is not None:
        lines.append(
            sentence(
                "It is not for people who did nothing in the last {days:day|days}.",
                days=active_within,
            )
        )
    if len(test.days) < _FEW_DAYS:
        lines.append(
            sentence(
                "It was tested on {days:day|days} only. Other seasons may differ.",
                days=len(test.days),
            )
        )
    if has_money:
        lines.append(
            sentence(
                "What is at risk is the chance of leaving times the expected value. The two models "
                "do not know of each other."
            )
        )
    return tuple(lines)


def _made(config: Config, ready: SplitRows, tuned: Mapping[str, Tuned]) -> dict[Words, Any]:
    tuning: dict[Words, Any] = {
        sentence("tuning of {target}", target=target): done.describe()
        for target, done in tuned.items()
    }
    stored = sentence("LightGBM text, with sha256; loading runs no code")
    return {
        sentence("algorithm"): config.model.algorithm,
        sentence("seed"): config.model.seed,
        sentence("features"): ready.train.X.shape[1],
        sentence("dataset digest"): ready.train.digest[:16],
        **tuning,
        sentence("format"): stored,
    }
