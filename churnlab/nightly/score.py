"""From a configuration and a run to tonight's list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.config.as_trained import as_trained, check_meaning
from churnlab.config.inputs import read_users
from churnlab.config.tables import Config
from churnlab.dataset.build import iter_datasets
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.rule import check_past
from churnlab.errors import GuardError, HistoryError
from churnlab.events.event_log import EventLog
from churnlab.model_registry.tracking import Tracker, TrainedRun
from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.scoring import COLUMNS, EXPLAINED, reasons, scores, when
from churnlab.schema.days import Day, before, day_number, day_text
from churnlab.schema.frames import by_engine
from churnlab.schema.progress import Say, silent
from churnlab.schema.targets import TimeToChurn

STALE_DAYS = 3
_RISK = "risk of the row"


def score(
    config: Config,
    as_of: Day,
    run: str | None = None,
    log: EventLog | None = None,
    say: Say = silent,
) -> RiskList:
    """Scores everybody eligible on the morning of `as_of` with a run's models (the newest by default).

    Features see the days before `as_of` alone; people are scored some thousands at a time, from the activity store where the configuration
    names one. A log on Spark gives a SparkRiskList, whose `frame` is a Spark DataFrame. Raises
    HistoryError when there is no event before it or nobody is eligible, GuardError when the log ends more than three days before
    it, ModelError when no run or model can be read, FrameError when the log lacks what the model learnt from.
    """
    day = day_number(as_of)
    say("loading the model")
    trained = Tracker(config.path(config.tracking.store), config.tracking.experiment).load(run)
    say("reading events")
    activity = _activity(config, log)
    if before(activity.end + STALE_DAYS, day):
        raise GuardError.from_stale(day_text(day), day_text(activity.end - 1))
    check_meaning(trained, activity)
    settings, users = as_trained(config, trained), read_users(config, activity)
    say("building features, scoring and explaining")
    return _list_of(activity, trained, settings, day, users)


@by_engine("nightly.spark_list:list_of")
def _list_of(
    activity: Activity, trained: TrainedRun, config: Config, day: int, users: Any
) -> RiskList:
    """The list of everybody eligible on a day, made some thousand people at a time."""
    check_past(activity, day)
    within, terminal = config.snapshots.active_within, config.target.terminal
    parts = iter_datasets(activity, [day], within, (), config.feature_set(), users, terminal)
    return _list(trained, parts, day_text(day), within, leaving_of(trained, config))


def leaving_of(trained: TrainedRun, config: Config) -> TimeToChurn | None:
    """The time to churn that a run's hazard was learnt from; None where it has no hazard."""
    return config.time_to_churn(trained.hazard.weeks) if trained.hazard else None


def _activity(config: Config, log: EventLog | None) -> Activity:
    """The rows to score from, a group of people at a time where there is a store."""
    if log is not None:
        return log.daily()
    return config.open_store() if config.store.folder else config.open_log().daily()


def _list(
    trained: TrainedRun,
    parts: Iterable[Dataset],
    as_of: str,
    within: int,
    leaving: TimeToChurn | None,
) -> RiskList:
    """The list of everybody; features are kept of those alone who may still get reasons."""
    model = trained.models["churned"]
    top, frames, kept = EXPLAINED[model.algorithm], [], pd.DataFrame()
    for part in parts:
        told = scores(trained.models, part.X)
        frames.append(told.assign(when=when(trained.hazard, leaving, part.X, told["risk"], as_of)))
        kept = (
            pd.concat([kept, part.X.assign(**{_RISK: frames[-1]["risk"].to_numpy()})])
            if len(kept)
            else part.X.assign(**{_RISK: frames[-1]["risk"].to_numpy()})
        )
        if len(kept) > 2 * top:
            kept = _riskiest(kept, top)
    if not frames:
        raise HistoryError.from_nobody(as_of, within)
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.sort_values(
        ["risk", "user_id"], ascending=[False, True], kind="stable", ignore_index=True
    )
    kept = _riskiest(kept, top).drop(columns=_RISK)
    found = reasons(model, kept, trained.catalogue)
    for column in found:
        frame[column] = pd.Series([*found[column], *[""] * (len(frame) - len(kept))], dtype="str")
    frame["as_of"], frame["model_version"] = as_of, str(trained.about["version"])
    return RiskList(frame[list(COLUMNS)], as_of, trained.run_id, len(frame) - len(kept))


def _riskiest(X: pd.DataFrame, most: int) -> pd.DataFrame:
    """The rows of highest risk, ties by id."""
    return (
        X.sort_index(level="user_id").sort_values(_RISK, ascending=False, kind="stable").head(most)
    )
