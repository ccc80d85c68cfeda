"""Shadow: a challenger scores the people of a list beside the champion, and nobody acts on it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.config.as_trained import as_trained, check_meaning
from churnlab.config.inputs import (
    known_attributes,
    open_activity,
    open_registry,
    open_tracker,
    read_users,
)
from churnlab.config.tables import Config
from churnlab.dataset.build import iter_datasets
from churnlab.dataset.rule import check_past
from churnlab.errors import ChurnlabError, HistoryError, ModelError, ShadowError
from churnlab.evaluation.contenders import predict
from churnlab.events.event_log import EventLog
from churnlab.model_registry.run_facts import RunFacts
from churnlab.model_registry.tracking import TrainedRun
from churnlab.model_registry.versions import Version
from churnlab.nightly.scoring import RISK_DIGITS
from churnlab.nightly.shadow.lists import ShadowScores
from churnlab.schema.days import Day, day_number, day_text
from churnlab.schema.progress import Say, silent, watched


def shadow(
    config: Config,
    as_of: Day,
    version: int | str,
    log: EventLog | None = None,
    say: Say = silent,
    progress: bool | None = None,
) -> ShadowScores:
    """The risks that a version gives to everybody eligible on the morning of a day.

    The version need not be approved. Its files and its golden batch are verified as those of the
    champion are, and it must predict what the champion predicts, for the same people. Nothing is
    written; `write` keeps the scores where no reader of lists sees them, for `grade`. `log` takes
    the place of the configuration's; `progress` is as in `score`.

    Raises ModelError where there is no such version, where it was changed or predicts another thing
    than the champion, and the errors of `score` for the log.

    >>> from churnlab.demo.example import trained_config  # a small community, trained once
    >>> found = shadow(trained_config(), "2026-05-01", 1)
    >>> found.version, list(found.frame)
    (1, ['user_id', 'risk'])
    """
    with watched(progress):
        return _shadow(config, day_number(as_of), str(version), log, say)


def _shadow(config: Config, day: int, number: str, log: EventLog | None, say: Say) -> ShadowScores:
    say("loading the challenger")
    version, trained = _challenger(config, number)
    config = as_trained(config, trained.facts)
    say("reading events")
    activity = open_activity(config.as_of(day), log, by_groups=True)
    check_past(activity, day)
    check_meaning(trained.facts, activity)
    say("scoring by the challenger")
    frame = _scores(config, trained, activity, day)
    return ShadowScores(frame, day_text(day), version.number, trained.run_id)


def _challenger(config: Config, number: str) -> tuple[Version, TrainedRun]:
    """A version and its run, verified; ModelError where it predicts another thing."""
    registry, tracker = open_registry(config), open_tracker(config)
    versions = registry.all()
    found = next((v for v in versions if str(v.number) == number.strip()), None)
    if found is None:
        known = [str(v.number) for v in versions]
        raise ModelError.from_no_version(registry.model, number, known)
    trained = tracker.load(found.run_id)
    champion = next((v for v in versions if v.is_champion), None)
    if champion is not None:
        _check_alike(found.number, trained.facts, tracker.facts(champion.run_id))
    return found, trained


def _check_alike(number: int, theirs: RunFacts, ours: RunFacts) -> None:
    """Raise ModelError where a challenger is of another target or of other people."""
    one, other = (_of_churn(facts) for facts in (theirs, ours))
    if one != other:
        raise ModelError.from_unlike(number, one, other)


def _of_churn(facts: RunFacts) -> str:
    target = facts.target
    asked = (target.churn_horizon, target.lead, target.roles, target.terminal)
    names = ("churn_horizon", "lead", "roles", "terminal")
    said = [f"{name} = {value}" for name, value in zip(names, asked, strict=True) if value]
    return ", ".join([*said, f"active_within = {facts.active_within}"])


def _scores(config: Config, trained: TrainedRun, activity: Activity, day: int) -> pd.DataFrame:
    users = read_users(config, activity, known_attributes(trained))
    within, terminal = config.snapshots.active_within, config.target.terminal
    parts = iter_datasets(activity, [day], within, (), config.feature_set(), users, terminal)
    found = [_risks(trained, part.X) for part in parts]
    if not sum(map(len, found)):
        raise HistoryError.from_nobody(day_text(day), within)
    return pd.concat(found).sort_values("user_id", ignore_index=True)


def _risks(trained: TrainedRun, X: pd.DataFrame) -> pd.DataFrame:
    risk = np.round(predict(trained.models["churned"], X), RISK_DIGITS)
    return pd.DataFrame({"user_id": X.index.get_level_values("user_id"), "risk": risk})


def keep_shadow(config: Config, as_of: Day, version: str, say: Say = silent) -> str:
    """Score by a version and keep the scores in the output folder; the name of their manifest.

    The list of the day is published already and stays: ShadowError says so, with the exit code of
    what went wrong.
    """
    try:
        found = shadow(config, as_of, version, say=say)
        return found.write(config.path(config.output.folder))
    except ChurnlabError as error:
        raise ShadowError.from_failed(day_text(day_number(as_of)), version, error) from error
