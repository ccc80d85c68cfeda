"""Stated reasons beside the signals of a logged run: the command `winback stated`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from churnlab.config.as_trained import as_trained, check_meaning
from churnlab.config.experiments import WinbackConfig, read_people
from churnlab.config.inputs import known_attributes, open_tracker
from churnlab.errors import HistoryError
from churnlab.explanation.explanation import explain
from churnlab.schema.days import contains, day_text
from churnlab.schema.progress import Say, silent
from churnlab.training.preparation import build, read_everybody
from churnlab.winback.experiments.table import local_days
from churnlab.winback.stated.reasons import StatedReasons, stated_reasons

WEEK = 7


def stated(found: WinbackConfig, run: str | None = None, say: Say = silent) -> StatedReasons:
    """What people said when they left, beside what a run's model would have said before.

    The snapshots are a week apart over the days before the statements; everybody eligible is
    scored at each, so that "at highest risk" is among all people of that day, and those who said
    something are explained. The model is that of `run` (None: the newest). It may have learnt from
    later days than the first statement, and then the result says so; features never see them.

    Raises ConfigError without [log] or a file of statements, HistoryError where no day of the log
    lies before a statement, and the errors of `stated_reasons`.
    """
    config, table = found.with_log(), found.table
    say("loading the model")
    trained = open_tracker(config).load(run)
    config = as_trained(config, trained.facts)
    activity = read_everybody(config, say=say)
    check_meaning(trained.facts, activity)
    frame = read_people(found.path("stated"), table.user, activity.text_ids)
    days = _days(frame, table.stated_time, activity.timezone, table.stated_within)
    inside = [d for d in days if contains(d, activity.start + 1, activity.end + 1)]
    if not inside:
        raise HistoryError.from_no_past(day_text(days[-1]), day_text(activity.start))
    data = build(config, activity, inside, (), say, known_attributes(trained))
    model = trained.models["churned"]
    say("scoring and explaining")
    index = data.X.index
    risk = pd.Series(model.predict_proba(model.select(data.X))[:, 1], index)
    said = index.get_level_values("user_id").isin(frame["user_id"])
    why = explain(model, data.take(np.flatnonzero(said)))
    result = stated_reasons(
        frame,
        why,
        risk=risk,
        flagged=table.stated_flagged,
        within=table.stated_within,
        time=table.stated_time,
        code=table.stated_code,
        timezone=activity.timezone,
    )
    first = int(local_days(frame[table.stated_time], activity.timezone).min())
    return replace(result, late_model=trained.facts.age(first) < 0)


def _days(frame: pd.DataFrame, time: str, timezone: str, within: int) -> list[int]:
    """Snapshot days a week apart, from `within` days before the first statement to the last."""
    found = local_days(frame[time], timezone)
    last, first = int(found.max()), int(found.min()) - within
    return list(range(last, first - 1, -WEEK))[::-1]
