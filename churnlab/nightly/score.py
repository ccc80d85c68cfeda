"""Score: from a configuration and a run to tonight's list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from churnlab.activity.protocol import Activity
from churnlab.config.as_trained import as_trained, check_meaning
from churnlab.config.inputs import (
    known_attributes,
    open_activity,
    read_users,
)
from churnlab.config.tables import Config
from churnlab.dataset.build import iter_datasets
from churnlab.dataset.rule import check_past
from churnlab.errors import GuardError, HistoryError
from churnlab.events.event_log import EventLog
from churnlab.events.receipt import time_notes
from churnlab.features.facts import with_facts
from churnlab.features.known_attributes import Misfit
from churnlab.language.sentence import Sentence, sentence
from churnlab.nightly.chosen import Chosen
from churnlab.nightly.guards.evidence import Evidence
from churnlab.nightly.guards.witness import Witness
from churnlab.nightly.ranking import Ranking
from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.scoring import Listing
from churnlab.nightly.shards.name import Shard
from churnlab.nightly.shards.parts import filled, within
from churnlab.nightly.stage import folded, with_stage
from churnlab.nightly.written import WritableList
from churnlab.schema.days import Day, before, day_number, day_text
from churnlab.schema.frames import by_engine
from churnlab.schema.progress import Say, silent, watched
from churnlab.schema.stages import BEFORE

STALE_DAYS = 3


def score(
    config: Config,
    as_of: Day,
    run: str | None = None,
    log: EventLog | None = None,
    say: Say = silent,
    progress: bool | None = None,
    shard: Shard | None = None,
) -> WritableList:
    """Tonight's list: everybody eligible on the morning of `as_of`, scored and explained.

    The models are those of the champion, the version that a person has approved; or those of
    `run`, as a trial, and then each row says "not approved". With `[approval] required = false`
    they are those of `run` (None: the newest), and each row says "no approval required". `log`
    takes the place of the configuration's. `progress` says whether bars show how far it is (None:
    where somebody watches). Features see days before `as_of` alone, and the configuration's log is
    read up to it. People are scored some thousands at a time, from the activity store where the
    configuration names one; those of a `shard` alone, if one is given, who may be nobody. Returns a
    RiskList; for a log on Spark a SparkRiskList, whose `frame` is a Spark DataFrame.

    Raises GuardError when no version is approved and when the log's observed days end more than
    three days before `as_of`, HistoryError when nobody is eligible, LogError or HistoryError when
    there is no event before that day, ConfigError when it does not mean what it meant in training,
    ModelError when no run or model can be read, FrameError when the log lacks features that the
    models learnt from, or the people's attributes are not of the types of the training.

    >>> from churnlab.demo.example import trained_config  # a small community, trained once
    >>> from churnlab import score
    >>> tonight = score(trained_config(), "2026-05-01")
    >>> tonight.frame["risk"].is_monotonic_decreasing
    True
    """
    with watched(progress):
        return _score(config, day_number(as_of), run, log, say, shard)


def _score(
    config: Config,
    day: int,
    run: str | None,
    log: EventLog | None,
    say: Say,
    shard: Shard | None,
) -> WritableList:
    Ranking.of(config)  # refused before the work
    say("loading the model")
    chosen = Chosen.of(config, run, day)
    trained = chosen.trained
    config, taken = filled(config, shard)
    config = as_trained(config, trained.facts)
    say("reading events")
    activity = open_activity(config.as_of(day), log, by_groups=True)
    notes = (*chosen.notes, *time_notes(activity.describe()), *_stage_notes(activity, day))
    _check_fresh(activity, day)
    check_meaning(trained.facts, activity)
    misfits: list[Misfit] = []
    users = read_users(config, activity, known_attributes(trained), misfits)
    say("building features, scoring and explaining")
    found = _list_of(activity, chosen, config, day, users, taken)
    if shard is None and isinstance(found, RiskList) and not len(found.scored):
        raise HistoryError.from_nobody(day_text(day), config.snapshots.active_within)
    if found.evidence is not None:
        found = replace(found, evidence=replace(found.evidence, misfits=tuple(misfits)))
    age = trained.facts.age(day)
    return replace(found, notes=tuple(notes), model_age=age)  # type: ignore[type-var]


def _stage_notes(activity: Activity, day: int) -> tuple[Sentence, ...]:
    """A note about stages that cannot be told from the days that the store kept."""
    if not folded(activity, day):
        return ()
    return (
        sentence(
            "nobody is said to be fading: the store keeps fewer than {days} days one by one",
            days=BEFORE,
        ),
    )


def _check_fresh(activity: Activity, day: int) -> None:
    """Refuse a log that ends more than STALE_DAYS before the day."""
    if before(activity.end + STALE_DAYS, day):
        raise GuardError.from_stale(day_text(day), day_text(activity.end - 1))


@by_engine("nightly.spark_list:list_of")
def _list_of(
    activity: Activity,
    chosen: Chosen,
    config: Config,
    day: int,
    users: Any,
    shard: Shard | None,
) -> RiskList:
    """The list of everybody eligible on a day, of a shard if one is given; some thousand at a time.

    It may be empty.
    """
    check_past(activity, day)
    active_within = config.snapshots.active_within
    told = with_facts(config.feature_set())
    features = with_stage(told, config.target.churn(), activity, day)
    trained = chosen.trained
    columns = tuple(trained.models["churned"].feature_names_in_)
    reference = trained.facts.reference
    seen = Witness(day, active_within, columns, {} if reference is None else reference.features)
    watched = seen.watching(activity if shard is None else within(activity, shard))
    parts = iter_datasets(
        watched, [day], active_within, (), features, users, config.target.terminal
    )
    listing = Listing.of(chosen, config, day, activity)
    found = RiskList.of((seen.count(p.X) for p in parts), listing, trained.run_id)
    evidence = Evidence(seen, activity, chosen, (), config.guards)
    return replace(found, evidence=evidence, language=config.lang)
