"""Train: from a configuration to models, judged, explained on a card and logged as one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from churnlab.config.as_trained import target_facts
from churnlab.config.inputs import open_tracker
from churnlab.config.tables import Config
from churnlab.dataset.dataset import Dataset
from churnlab.errors import ModelError, OutputError
from churnlab.errors.secrets import shown_name
from churnlab.evaluation.evaluation import Evaluation
from churnlab.events.event_log import EventLog
from churnlab.events.receipt import time_notes
from churnlab.model_registry.run_facts import DatasetFacts, RunFacts, ServedFacts
from churnlab.model_registry.tracking import JUDGED
from churnlab.model_registry.versions import Version
from churnlab.report.cards.card import ModelCard
from churnlab.schema.progress import Say, silent, watched
from churnlab.training.approval import registry
from churnlab.training.card_facts import make_record
from churnlab.training.champion import beside_champion
from churnlab.training.judging import Judged, explain_sample, judge, leavers
from churnlab.training.models import Fitted, fit
from churnlab.training.preparation import (
    SplitRows,
    label,
    read_everybody,
    split,
    with_varying_columns,
    without_names,
)
from churnlab.training.reference import reference_of
from churnlab.training.refit import Refitted, refit
from churnlab.training.tuning import check_budget


@dataclass(frozen=True)
class TrainingResult:
    """Addresses of a training's run, artifacts and card, and its evaluations by target.

    `registered` is the version that was put forward, which waits for approval.
    `notes` say how many columns the leavers support, up to which day models learnt, and which
    events lie outside the log's observed days.
    """

    run_id: str
    version: str
    artifacts: str
    card: ModelCard
    card_html: Path
    card_markdown: Path
    evaluations: Mapping[str, Evaluation]
    registered: Version
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: addresses as text, the evaluations as flat metrics."""
        return {
            "run_id": self.run_id,
            "version": self.version,
            "registered_model": self.registered.model,
            "registered_version": self.registered.number,
            "state": self.registered.state.value,
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

    The run is put forward as a version of the configuration's registered model, in state
    PendingReview; it scores once a person has approved it. Today's champion is judged beside it.

    After judging they are fitted again, as judged, on all snapshots whose labels are closed
    (`training.refit`); these models score. With `[model] refit = false` the judged ones do.
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


def rehearse(config: Config, say: Say = silent) -> RehearsedTraining:
    """Everything that `train` does but the writing: no run is logged and no card is written.

    Raises as `train` does.

    >>> from churnlab.demo.example import trained_config
    >>> rehearse(trained_config()).to_dict()["would_write"][0].endswith("card.html")
    True
    """
    check_budget(config.model.tune)
    tracker = open_tracker(config)
    tracker.try_writing()
    learnt = _learn(config, None, say)
    folder = Path(config.path(config.output.folder))
    files = tuple(str(folder / name) for name in learnt.card.files(config.lang))
    return RehearsedTraining(str(tracker.address), files, learnt.judged.evaluations)


@dataclass(frozen=True)
class RehearsedTraining:
    """A training that was not written: where its run would go, and the files of its card."""

    store: str
    files: tuple[str, ...]
    evaluations: Mapping[str, Evaluation]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with flat metrics."""
        return {
            "would_log": self.store,
            "would_write": list(self.files),
            "metrics": {k: v for e in self.evaluations.values() for k, v in e.metrics().items()},
        }


@dataclass(frozen=True)
class _Learnt:
    """What a training found, before anything of it is written."""

    rows: SplitRows
    fitted: Fitted
    judged: Judged
    card: ModelCard
    served: Refitted | None


def _train(config: Config, log: EventLog | None, say: Say) -> TrainingResult:
    check_budget(config.model.tune)
    open_tracker(config).check()
    registry(config).champion()
    learnt = _learn(config, log, say)
    say("logging the run")
    found = (learnt.rows, learnt.fitted, learnt.judged, learnt.card, learnt.served)
    return _log(config, *found)


def _learn(config: Config, log: EventLog | None, say: Say) -> _Learnt:
    activity = read_everybody(config, log, say)
    labelled = without_names(label(config, activity, say), say)
    everything = with_varying_columns(config, labelled, say)
    rows = split(config, everything)
    fitted = fit(config, rows.train, say)
    judged = judge(fitted.named, rows.train, rows.test, say=say)
    judged = replace(judged, champion=beside_champion(config, rows, fitted.models, say))
    served = refit(config, everything, fitted, say) if config.model.refit else None
    scoring = fitted if served is None else served.fitted
    explanation = explain_sample(scoring.churn, rows.test, say)
    card = ModelCard.of(make_record(config, rows, fitted, judged, explanation, served))
    return _Learnt(rows, fitted, judged, card, served)


def _log(
    config: Config,
    rows: SplitRows,
    fitted: Fitted,
    judged: Judged,
    card: ModelCard,
    served: Refitted | None,
) -> TrainingResult:
    """Log the run and write its card; a card that cannot be written takes the run back."""
    tracker = open_tracker(config)
    scoring = fitted if served is None else served.fitted
    both = {} if served is None else {JUDGED + name: m for name, m in fitted.named.items()}
    run_id = tracker.log_training(
        {**scoring.models, **both},
        params=_params(config, rows, fitted, served),
        metrics=judged.metrics(),
        catalogue=rows.train.catalogue,
        facts=_facts(config, rows, fitted, judged, served),
        artifacts=card.files(config.lang),
        hazard=scoring.hazard,
        trials={target: tuned.trials for target, tuned in fitted.tuned.items()},
    )
    try:
        html, markdown, _ = card.save(config.path(config.output.folder), config.lang)
    except OutputError:
        tracker.discard(run_id)
        raise
    registered = _put_forward(config, run_id)
    artifacts = tracker.location(run_id)
    left = leavers(fitted.churn, rows.train, judged.evaluations["churned"])
    again = [] if served is None else [served.note(rows.train)]
    notes = tuple(map(str, (left, *again, *time_notes(rows.activity.describe()))))
    return TrainingResult(
        run_id,
        scoring.version,
        artifacts,
        card,
        html,
        markdown,
        judged.evaluations,
        registered,
        notes,
    )


def _put_forward(config: Config, run_id: str) -> Version:
    """The run as a version that waits; a run that cannot be registered stays, as a draft."""
    try:
        return registry(config).submit(run_id)
    except ModelError as error:
        raise ModelError.from_not_put_forward(run_id, str(error)) from error


def _facts(
    config: Config, rows: SplitRows, fitted: Fitted, judged: Judged, served: Refitted | None
) -> RunFacts:
    """The facts that the run says of itself."""
    about = partial(_dataset_facts, config, rows)
    scoring = fitted if served is None else served.fitted
    return RunFacts(
        name=config.name,
        version=scoring.version,
        models=tuple(sorted(fitted.models)),
        simulated=config.log.simulated,
        dataset=about(rows.train),
        judged_on=about(rows.test),
        served=None if served is None else _served_facts(served, about),
        roles=rows.activity.roles.to_dict(),
        timezone=rows.activity.timezone,
        active_within=config.snapshots.active_within,
        target=target_facts(config.target),
        features=tuple(config.features.builders),
        look_back=config.features.look_back,
        targets=tuple(str(target.describe()) for target in rows.targets),
        evaluations={target: e.to_dict() for target, e in judged.evaluations.items()},
        champion=judged.champion,
        reference=reference_of(scoring.churn, rows.test),
    )


def _served_facts(served: Refitted, about: Callable[[Dataset], DatasetFacts]) -> ServedFacts:
    """The facts of the models that were fitted again; `about` gives those of their rows."""
    rows = {name: about(learnt) for name, learnt in served.rows.items()}
    return ServedFacts(served.trained_on, served.judged, rows)


def _dataset_facts(config: Config, rows: SplitRows, data: Dataset) -> DatasetFacts:
    """The facts of some rows of the log."""
    version = rows.activity.source.get("version")
    return DatasetFacts.of(shown_name(config.log.path), {**data.describe(), "version": version})


def _params(
    config: Config, rows: SplitRows, fitted: Fitted, served: Refitted | None
) -> dict[str, Any]:
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
        "refit": served is not None,
    }
    if served is not None:
        params |= {
            "version": served.fitted.version,
            "judged_version": served.judged,
            **{f"{name}_served_rows": len(data.X) for name, data in served.rows.items()},
        }
    for target, tuned in fitted.tuned.items():
        params |= {f"{target}_{name}": value for name, value in tuned.params.items()}
    return params
