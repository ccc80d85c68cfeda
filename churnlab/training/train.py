"""Train: from a configuration to models, judged, explained on a card and logged as one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.config.as_trained import target_facts
from churnlab.config.inputs import open_tracker
from churnlab.config.tables import Config
from churnlab.errors import OutputError
from churnlab.errors.secrets import shown_name
from churnlab.evaluation.evaluation import Evaluation
from churnlab.events.event_log import EventLog
from churnlab.events.receipt import time_notes
from churnlab.model_registry.run_facts import DatasetFacts, RunFacts
from churnlab.report.card import ModelCard
from churnlab.schema.progress import Say, silent, watched
from churnlab.training.card_facts import make_card
from churnlab.training.judging import Judged, explain_sample, judge, sample_size
from churnlab.training.models import Fitted, fit
from churnlab.training.preparation import (
    SplitRows,
    label,
    read_everybody,
    split,
    with_varying_columns,
)
from churnlab.training.tuning import check_budget


@dataclass(frozen=True)
class TrainingResult:
    """Addresses of a training's run, artifacts and card, and its evaluations by target.

    `notes` say how many columns the leavers support, and which events lie outside the log's
    observed days.
    """

    run_id: str
    version: str
    artifacts: str
    card: ModelCard
    card_html: Path
    card_markdown: Path
    evaluations: Mapping[str, Evaluation]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: addresses as text, the evaluations as flat metrics."""
        return {
            "run_id": self.run_id,
            "version": self.version,
            "artifacts": self.artifacts,
            "card_html": str(self.card_html),
            "card_markdown": str(self.card_markdown),
            "metrics": {k: v for e in self.evaluations.values() for k, v in e.metrics().items()},
            **({"notes": list(self.notes)} if self.notes else {}),
        }


def train(
    config: Config,
    log: EventLog | None = None,
    say: Say = silent,
    progress: bool | None = None,
) -> TrainingResult:
    """Train, judge and explain the models of a configuration, and log them as one run.

    `log` takes the place of the configuration's. `progress` says whether bars show how far it is
    (None: where somebody watches). Whether a run can be logged is tried first, and
    nothing else is written before everything is computed. Raises a ChurnlabError in one line for a
    log that cannot be learnt from. Where the run cannot be logged afterwards, the error names the
    folder that keeps what was trained.

    >>> from churnlab.demo.example import trained_config  # a small community, trained once
    >>> from churnlab import train
    >>> train(trained_config()).to_dict()["metrics"]["churned_auc"] > 0.6
    True
    """
    with watched(progress):
        return _train(config, log, say)


def _train(config: Config, log: EventLog | None, say: Say) -> TrainingResult:
    check_budget(config.model.tune)
    open_tracker(config).check()
    activity = read_everybody(config, log, say)
    rows = split(config, with_varying_columns(config, label(config, activity, say), say))
    fitted = fit(config, rows.train, say)
    judged = judge(fitted, rows, say)
    explanation = explain_sample(fitted.churn, rows.test, say)
    card = make_card(config, rows, fitted, judged, explanation)
    say("logging the run")
    return _log(config, rows, fitted, judged, card)


def _log(
    config: Config, rows: SplitRows, fitted: Fitted, judged: Judged, card: ModelCard
) -> TrainingResult:
    """Log the run and write its card; a card that cannot be written takes the run back."""
    tracker = open_tracker(config)
    run_id = tracker.log_training(
        fitted.models,
        params=_params(config, rows, fitted),
        metrics=judged.metrics(),
        catalogue=rows.train.catalogue,
        facts=_facts(config, rows, fitted, judged),
        artifacts={"card.html": card.html(), "card.md": card.markdown()},
        hazard=fitted.hazard,
        trials={target: tuned.trials for target, tuned in fitted.tuned.items()},
    )
    try:
        html, markdown = card.save(config.path(config.output.folder))
    except OutputError:
        tracker.discard(run_id)
        raise
    artifacts = tracker.location(run_id)
    leavers = sample_size(rows, judged.evaluations).words()
    notes = tuple(map(str, (leavers, *time_notes(rows.activity.describe()))))
    return TrainingResult(
        run_id, fitted.version, artifacts, card, html, markdown, judged.evaluations, notes
    )


def _facts(config: Config, rows: SplitRows, fitted: Fitted, judged: Judged) -> RunFacts:
    """The facts that the run says of itself."""
    return RunFacts(
        name=config.name,
        version=fitted.version,
        models=tuple(sorted(fitted.models)),
        simulated=config.log.simulated,
        dataset=DatasetFacts.of(
            shown_name(config.log.path),
            {**rows.train.describe(), "version": rows.activity.source.get("version")},
        ),
        roles=rows.activity.roles.to_dict(),
        timezone=rows.activity.timezone,
        active_within=config.snapshots.active_within,
        target=target_facts(config.target),
        features=tuple(config.features.builders),
        look_back=config.features.look_back,
        targets=tuple(str(target.describe()) for target in rows.targets),
        evaluations={target: e.to_dict() for target, e in judged.evaluations.items()},
    )


def _params(config: Config, rows: SplitRows, fitted: Fitted) -> dict[str, Any]:
    """The parameters of the run, flat, with the settings that tuning chose."""
    params = {
        "algorithm": config.model.algorithm,
        "seed": config.model.seed,
        "active_within": config.snapshots.active_within,
        "churn_horizon": config.target.churn_horizon,
        "lead": config.target.lead,
        "features": rows.train.X.shape[1],
        "train_rows": len(rows.train.X),
        "test_rows": len(rows.test.X),
        "version": fitted.version,
    }
    for target, tuned in fitted.tuned.items():
        params |= {f"{target}_{name}": value for name, value in tuned.params.items()}
    return params
