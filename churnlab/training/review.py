"""A run judged again on the log as it is now, and models trained again for earlier cuts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from churnlab.config.as_trained import as_trained, check_meaning
from churnlab.config.inputs import known_attributes, open_tracker
from churnlab.config.tables import Config
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors import HistoryError
from churnlab.evaluation.backtest import Backtest
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.warning_time import WarningTime, check_leads
from churnlab.events.event_log import EventLog
from churnlab.language.sentence import sentence
from churnlab.model_registry.run_facts import DatasetFacts, ServedFacts
from churnlab.model_registry.tracking import WHEN, TrainedRun
from churnlab.schema.days import day_number, day_text, learnable
from churnlab.schema.progress import Say, silent
from churnlab.schema.targets import Target, TimeToChurn
from churnlab.training.judging import evaluate_models
from churnlab.training.models import new_model
from churnlab.training.preparation import (
    LabelledRows,
    SplitRows,
    build,
    held_out_from,
    label,
    reach_of,
    read_everybody,
    snapshot_days,
    split,
    split_at,
)


@dataclass(frozen=True)
class Review:
    """A run judged again: evaluations by target, and a backtest if it was asked for.

    `note` says which of the run's models were judged. `no_backtest` says why there is none; it is
    empty where none was asked for.
    """

    run_id: str
    evaluations: Mapping[str, Evaluation]
    backtest: Backtest | None = None
    no_backtest: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: run_id, each target's evaluation, and backtest if it was asked for."""
        found = {"run_id": self.run_id, **{t: e.to_dict() for t, e in self.evaluations.items()}}
        if self.backtest is not None:
            found["backtest"] = self.backtest.to_dict()
        elif self.no_backtest:
            found["backtest"] = {"missing": self.no_backtest}
        return found | ({"notes": [self.note]} if self.note else {})


def evaluate(
    config: Config, run: str | None = None, log: EventLog | None = None, say: Say = silent
) -> Review:
    """A `review` without backtest."""
    return review(config, run, cuts=0, log=log, say=say)


def review(
    config: Config,
    run: str | None = None,
    cuts: int = 3,
    log: EventLog | None = None,
    say: Say = silent,
) -> Review:
    """Judge a run's models on the held-out days of the log as it is now, and backtest them.

    Models that were fitted again after judging are judged on the snapshots after those that they
    learnt from. Where the log has none with closed labels yet, the models of before are judged on
    the held-out days; the review says so.

    Targets, eligible people and features are the run's (None: the newest). The backtest rolls over
    the last `cuts` snapshot days; 0 for none. `log` takes the place of the configuration's. Raises
    HistoryError when a held-out label overlaps what the run learnt from, ConfigError when the log
    does not mean what it meant in training.
    """
    trained = open_tracker(config).load(run)
    config = as_trained(config, trained.facts)
    rows = label(config, read_everybody(config, log, say), say, known_attributes(trained))
    check_meaning(trained.facts, rows.activity)
    found, note = _judged_again(config, trained, rows)
    if not cuts:
        return Review(trained.run_id, found, note=note)
    try:
        return Review(trained.run_id, found, _rolled(config, rows.data, cuts, say), note=note)
    except HistoryError as error:
        return Review(trained.run_id, found, no_backtest=str(error), note=note)


def _judged_again(
    config: Config, trained: TrainedRun, rows: LabelledRows
) -> tuple[dict[str, Evaluation], str]:
    """A run's models on days later than those that they learnt from; which models, in words."""
    facts = trained.facts
    if facts.served is None:
        return evaluate_models(trained.models, _not_learnt(config, facts.dataset, rows)), ""
    last = facts.learnt().days[-1]
    first = _first_not_learnt(facts.served, rows)
    if first is None:
        models = open_tracker(config).load(trained.run_id, judged=True).models
        note = sentence(
            "judged are the models that learnt up to {judged}; those that score learnt up to "
            "{last}, and no snapshot is late enough to judge them",
            judged=facts.dataset.days[-1],
            last=last,
        )
        return evaluate_models(models, _not_learnt(config, facts.dataset, rows)), str(note)
    note = sentence("judged are the models that score, which learnt up to {last}", last=last)
    return evaluate_models(trained.models, split_at(rows, first)), str(note)


def _not_learnt(config: Config, learnt: DatasetFacts, rows: LabelledRows) -> SplitRows:
    """The rows split at the held-out days; HistoryError where learnt labels reach into them."""
    held_out = split(config, rows)
    last, reach = day_number(learnt.days[-1]), reach_of(rows.targets)
    first = held_out.test.days[0]
    if not learnable(last, reach, day_number(first)):
        raise HistoryError.from_learnt(first.date(), day_text(last + reach))
    return held_out


def _first_not_learnt(served: ServedFacts, rows: LabelledRows) -> int | None:
    """The first snapshot day after all labels that the served models learnt from, or None."""
    learnt = [
        (day_number(served.rows[name].days[-1]), reach_of((target,)))
        for target in rows.targets
        for name in [WHEN if isinstance(target, TimeToChurn) else target.name]
        if name in served.rows
    ]
    after = (day for day in rows.days if all(learnable(last, reach, day) for last, reach in learnt))
    return next(after, None)


def backtest(
    source: Config | Dataset,
    *,
    run: str | None = None,
    log: EventLog | None = None,
    cuts: int = 3,
    say: Say = silent,
    **options: Any,
) -> Backtest:
    """How models would have done at each of the last `cuts` cuts, trained on what was known then.

    `source` is a Dataset with labels, or a configuration: then targets, eligible people and
    features are those of `run` if one is named, and `log` takes the place of the configuration's.
    `options` are those of `Backtest.of`. Raises a ChurnlabError in one line where no cut can be
    judged.
    """
    if isinstance(source, Dataset):
        return Backtest.of(source, cuts=cuts, say=say, **options)
    config = _config_of(source, run)
    rows = label(config, read_everybody(config, log, say), say)
    return _rolled(config, rows.data, cuts, say, **options)


def _config_of(config: Config, run: str | None) -> Config:
    """The configuration, as a run was trained if one is named."""
    return config if run is None else as_trained(config, open_tracker(config).load(run).facts)


def _rolled(config: Config, data: Dataset, cuts: int, say: Say, **options: Any) -> Backtest:
    options = {"make": partial(new_model, config=config), "seed": config.model.seed, **options}
    return Backtest.of(data, cuts=cuts, say=say, **options)


def warning_time(
    config: Config,
    leads: Sequence[int],
    run: str | None = None,
    log: EventLog | None = None,
    say: Say = silent,
) -> WarningTime:
    """How early churn is known: a new model for each of `leads`, numbers of days of warning.

    All learn from the same snapshots and are judged on the same later ones: those of the
    configuration, or as `run` was trained if one is named. `log` takes the place of the
    configuration's. Raises ConfigError for no lead or a negative one, HistoryError for a log that
    is too short for the longest.
    """
    check_leads(leads)
    config = _config_of(config, run)
    activity = read_everybody(config, log, say)
    targets = {lead: _churn_alone(config, lead) for lead in sorted(set(leads))}
    longest = targets[max(targets)]
    days = snapshot_days(config, activity, longest)
    data = build(config, activity, days, longest, say)
    within = config.snapshots.active_within
    snapshots = {t: Snapshots.at(activity, days, within, of) for t, of in targets.items()}
    return WarningTime.of(
        data,
        {lead: at.frame["churned"].set_axis(data.X.index) for lead, at in snapshots.items()},
        config.target.churn_horizon,
        held_out_from(config, days, longest),
        make=partial(new_model, config=config),
        seed=config.model.seed,
        say=say,
    )


def _churn_alone(config: Config, lead: int) -> tuple[Target, ...]:
    """The targets of the configuration with another lead, without value."""
    target = config.target.model_copy(update={"lead": lead, "ltv_horizon": 0})
    return config.model_copy(update={"target": target}).targets(has_money=False)
