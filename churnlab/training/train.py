"""From a configuration to a reviewed model: cuts, features, models, evaluation, card, one MLflow run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from churnlab.config.tables import Config
from churnlab.errors import OutputError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import ChurnHazard
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.timing import Timing, judge_hazard
from churnlab.events.event_log import EventLog
from churnlab.model_registry.tracking import Tracker
from churnlab.report.card import ModelCard
from churnlab.schema.progress import Say, silent
from churnlab.training.card_facts import make_card
from churnlab.training.models import explain_sample, fit, fit_hazard, judge, tune_all, version_of
from churnlab.training.preparation import (
    Prepared,
    prepare,
)
from churnlab.training.tuning import Tuned, check_budget


@dataclass(frozen=True)
class TrainingResult:
    """Where a training went: run, artifacts, card; and how well it did, by target."""

    run_id: str
    version: str
    artifacts: str
    card: ModelCard
    card_html: Path
    card_markdown: Path
    evaluations: Mapping[str, Evaluation]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "run_id": self.run_id,
            "version": self.version,
            "artifacts": self.artifacts,
            "card_html": str(self.card_html),
            "card_markdown": str(self.card_markdown),
            "metrics": {k: v for e in self.evaluations.values() for k, v in e.metrics().items()},
        }


def train(config: Config, log: EventLog | None = None, say: Say = silent) -> TrainingResult:
    """Trains, judges, explains and logs. Nothing is written before everything is computed.

    `log` takes the place of the one in the configuration. Raises a ChurnlabError in one line for what cannot be learnt from.
    """
    check_budget(config.model.tune)
    ready = prepare(config, log, say)
    say("fitting models")
    tuned = tune_all(ready.train, config, say)
    models = {k: t.model for k, t in tuned.items()} if tuned else fit(ready.train, config)
    hazard = fit_hazard(ready.train, config)
    say("judging them beside the dumb things")
    evaluations = judge(models, ready)
    timing = judge_hazard(hazard, models["churned"], ready.train, ready.test) if hazard else None
    say("explaining")
    explanation = explain_sample(models["churned"], ready.test)
    version = version_of({**models, "when": hazard} if hazard else models, ready.train)
    card = make_card(config, ready, models, evaluations, explanation, version, timing, tuned)
    say("logging the run")
    return _log(config, ready, models, evaluations, card, version, hazard, timing, tuned)


def _log(
    config: Config,
    ready: Prepared,
    models: Mapping[str, TreeModel],
    evaluations: Mapping[str, Evaluation],
    card: ModelCard,
    version: str,
    hazard: ChurnHazard | None,
    timing: Timing | None,
    tuned: Mapping[str, Tuned],
) -> TrainingResult:
    about = {
        "name": config.name,
        "version": version,
        "models": sorted(models),
        "simulated": config.log.simulated,
        "dataset": {
            "name": Path(config.log.path).name,
            "digest": ready.train.digest,
            **ready.train.describe(),
        },
        "roles": ready.activity.roles.to_dict(),
        "timezone": ready.activity.timezone,
        "config": {
            "target": asdict(config.target),
            "snapshots": {"active_within": config.snapshots.active_within},
            "features": asdict(config.features),
        },
        "targets": [str(t.describe()) for t in ready.targets],
        "evaluations": {k: e.to_dict() for k, e in evaluations.items()},
    }
    params = {
        "algorithm": config.model.algorithm,
        "seed": config.model.seed,
        "active_within": config.snapshots.active_within,
        "churn_horizon": config.target.churn_horizon,
        "lead": config.target.lead,
        "features": ready.train.X.shape[1],
        "train_rows": len(ready.train.X),
        "test_rows": len(ready.test.X),
        "version": version,
        **{f"{target}_{k}": v for target, t in tuned.items() for k, v in t.params.items()},
    }
    tracker = Tracker(config.path(config.tracking.store), config.tracking.experiment)
    metrics = {k: v for e in evaluations.values() for k, v in e.metrics().items()} | (
        timing.metrics() if timing else {}
    )
    run = tracker.log_training(
        models,
        params=params,
        metrics=metrics,
        catalogue=ready.train.catalogue,
        about=about,
        artifacts={"card.html": card.html(), "card.md": card.markdown()},
        hazard=hazard,
        trials={k: t.trials for k, t in tuned.items()},
    )
    try:
        html, markdown = card.save(config.path(config.output.folder))
    except OutputError:
        tracker.discard(run)
        raise
    return TrainingResult(run, version, tracker.location(run), card, html, markdown, evaluations)
