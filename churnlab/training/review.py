"""A run judged again, and models trained again for earlier cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, overload

from churnlab.config.as_trained import as_trained, check_meaning
from churnlab.config.tables import Config
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors import HistoryError
from churnlab.evaluation.backtest import Backtest
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.warning_time import WarningTime, check_leads
from churnlab.events.event_log import EventLog
from churnlab.model_registry.tracking import Tracker, TrainedRun
from churnlab.schema.days import day_number, day_text, learnable
from churnlab.schema.progress import Say, silent
from churnlab.training.models import judge, new_model
from churnlab.training.preparation import (
    Whole,
    build,
    cut_days,
    open_activity,
    split,
    test_start,
    whole,
)


@overload
def evaluate(
    config: Config, run: str | None = None, say: Say = silent
) -> tuple[str, dict[str, Evaluation]]:
    """A run's id and evaluations."""


@overload
def evaluate(
    config: Config,
    run: str | None = None,
    say: Say = silent,
    *,
    lead: Sequence[int],
    log: EventLog | None = None,
) -> WarningTime:
    """How early it can be known."""


def evaluate(
    config: Config,
    run: str | None = None,
    say: Say = silent,
    *,
    lead: Sequence[int] | None = None,
    log: EventLog | None = None,
) -> tuple[str, dict[str, Evaluation]] | WarningTime:
    """Judges a run's models, by its own definition of the targets, on the held-out days of the log as it is now.

    Gives the run's id and the evaluations. Raises HistoryError when a held-out label overlaps what the run learnt from.
    With `lead=[0, 7, 14, 30]`: how early can you know? A WarningTime, of one new model for each number of days of warning, learnt and
    judged on the same cuts (those of the configuration, or of the run if one is named); `log` takes the place of the configuration's.
    """
    if lead is not None:
        check_leads(lead)
        return _warning_time(
            config if run is None else as_trained(config, load_run(config, run)),
            sorted(set(lead)),
            log,
            say,
        )
    trained = load_run(config, run)
    then = as_trained(config, trained)
    return trained.run_id, _judged(trained, whole(then, say=say), then)


def review(
    config: Config, run: str | None = None, cuts: int = 3, say: Say = silent
) -> tuple[str, dict[str, Evaluation], Backtest | None, str]:
    """`evaluate` and `backtest` of a run, from one reading of the log: its id, the evaluations, and the backtest or why there is none.

    No backtest is asked for with `cuts` 0.
    """
    trained = load_run(config, run)
    then = as_trained(config, trained)
    all_rows = whole(then, say=say)
    found = _judged(trained, all_rows, then)
    try:
        again = _rolled(then, all_rows.data, cuts, say) if cuts else None
    except HistoryError as error:
        return trained.run_id, found, None, str(error)
    return trained.run_id, found, again, ""


def _judged(trained: TrainedRun, all_rows: Whole, config: Config) -> dict[str, Evaluation]:
    """A run's models on the held-out days; refused where the log means something else, or a held-out label overlaps what they learnt from."""
    ready = split(config, all_rows)
    check_meaning(trained, ready.activity)
    reach = max(t.window(0)[1] for t in ready.targets)
    learnt = day_number(trained.about["dataset"]["days"][-1])
    if not learnable(learnt, reach, day_number(ready.test.days[0])):
        raise HistoryError.from_learnt(ready.test.days[0].date(), day_text(learnt + reach))
    return judge(trained.models, ready)


def _rolled(config: Config, data: Dataset, cuts: int, say: Say, **options: Any) -> Backtest:
    return Backtest.of(
        data,
        cuts=cuts,
        say=say,
        **{"make": partial(new_model, config=config), "seed": config.model.seed, **options},
    )


def load_run(config: Config, run: str | None) -> TrainedRun:
    """A run of the store that the configuration names."""
    return Tracker(config.path(config.tracking.store), config.tracking.experiment).load(run)


def _warning_time(config: Config, leads: list[int], log: EventLog | None, say: Say) -> WarningTime:
    activity = open_activity(config, log, say)
    churn = {
        lead: replace(config, target=replace(config.target, lead=lead, ltv_horizon=0)).targets(
            False
        )
        for lead in leads
    }
    days = cut_days(activity, churn[leads[-1]], config)
    start = test_start(days, churn[leads[-1]], config)
    data = build(config, activity, days, churn[leads[-1]], say)
    found = {
        lead: Snapshots.at(activity, days, config.snapshots.active_within, targets)
        for lead, targets in churn.items()
    }
    labels = {
        lead: snapshots.frame["churned"].set_axis(data.X.index) for lead, snapshots in found.items()
    }
    return WarningTime.of(
        data,
        labels,
        config.target.churn_horizon,
        start,
        make=partial(new_model, config=config),
        seed=config.model.seed,
        say=say,
    )


def backtest(
    source: Config | Dataset,
    *,
    run: str | None = None,
    log: EventLog | None = None,
    cuts: int = 3,
    say: Say = silent,
    **options: Any,
) -> Backtest:
    """How the model would have done at each of the last `cuts` cuts, trained on what was known by then; see `Backtest.of`.

    From a configuration (as the run was trained, if one is named; `log` in the place of the configuration's), or from a Dataset with labels.
    `options` are those of `Backtest.of`. Raises a ChurnlabError in one line where no cut can be judged.
    """
    if isinstance(source, Dataset):
        return Backtest.of(source, cuts=cuts, say=say, **options)
    config = source if run is None else as_trained(source, load_run(source, run))
    return _rolled(config, whole(config, log, say).data, cuts, say, **options)
