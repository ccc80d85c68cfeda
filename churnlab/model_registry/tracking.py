"""Tracker: each training as one MLflow run, with its parameters, metrics, facts, card and models.

The only module that imports mlflow. It writes nothing outside the store that the user names.
"""

from __future__ import annotations

import io
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

with warnings.catch_warnings():  # mlflow 3.17 warns of its own type hints
    warnings.simplefilter("ignore")
    import mlflow  # after telemetry was switched off above
    import mlflow.data
    import mlflow.pyfunc
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import AnyType

from churnlab import served
from churnlab.errors import ModelError
from churnlab.errors.secrets import without_secrets
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import ChurnHazard, Model
from churnlab.estimators.learners.times import SNAPSHOT
from churnlab.estimators.loading import load
from churnlab.model_registry.run_facts import DatasetFacts, RunFacts
from churnlab.report.csv_text import csv_text
from churnlab.schema.files import check_path

_PINNED = ("scikit-learn", "lightgbm", "numpy", "pandas", "skops", "scipy")
WHEN = "when"
TRAINING = "training"
FACTS = "about.json"
CATALOGUE = "catalogue.csv"
_HAS_HAZARD = "churnlab.when"
_NOISY = ("mlflow", "alembic", "mlflow.store.db.utils")


@dataclass(frozen=True)
class TrainedRun:
    """A run as it was logged.

    `models` are by target (`churned`, `ltv`), `catalogue` has a row for each feature, `metrics`
    are flat. `hazard` says when people leave; None if none was trained.
    """

    run_id: str
    models: Mapping[str, TreeModel]
    facts: RunFacts
    catalogue: pd.DataFrame
    metrics: Mapping[str, float]
    hazard: ChurnHazard | None = None


class Tracker:
    """A store of runs: a folder (SQLite and artifacts inside it), or the URI of an MLflow server
    or database.

    Every method raises ModelError, with the store's name, when the store cannot be reached or does
    not have the run.

    >>> from churnlab.demo.example import trained_config  # a small community, trained once
    >>> config = trained_config()
    >>> tracker = Tracker(config.path(config.tracking.store))
    >>> tracker.load().facts.models
    ('churned',)
    """

    def __init__(self, store: str | Path, experiment: str = "churnlab") -> None:
        check_path(store)
        self.experiment = experiment
        self.folder = None if "://" in str(store) else Path(store).resolve()
        self.uri = str(store) if self.folder is None else f"sqlite:///{self.folder / 'mlflow.db'}"

    def log_training(
        self,
        models: Mapping[str, TreeModel],
        *,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        catalogue: pd.DataFrame,
        facts: RunFacts,
        artifacts: Mapping[str, str],
        hazard: ChurnHazard | None = None,
        trials: Mapping[str, pd.DataFrame] | None = None,
    ) -> str:
        """Log one training and return the run's id.

        `models` are by target. `params` and `metrics` are flat. `artifacts` maps file names to
        text, such as the card. `hazard` is logged as the model `when`, each row of `trials` (by
        target, as in `Tuned`) as a nested run. No row of a person is stored: the input example of
        a model is made up. A training that fails half-way leaves no run.

        >>> from churnlab.demo.example import tracker
        >>> run = tracker().load()
        >>> again = tracker().log_training(run.models, params={}, metrics={"churned_auc": 0.7},
        ...     catalogue=run.catalogue, facts=run.facts, artifacts={})
        >>> tracker().load(again).metrics
        {'churned_auc': 0.7}
        >>> tracker().discard(again)
        """
        with self._new_run(TRAINING) as (experiment, run):
            mlflow.log_params({k: _short(v) for k, v in params.items()})
            mlflow.log_metrics(dict(metrics))
            mlflow.log_input(_dataset(facts.dataset), context="training")
            mlflow.log_text(_json(facts), FACTS)
            mlflow.log_text(csv_text(catalogue), CATALOGUE)
            for name, text in artifacts.items():
                mlflow.log_text(text, name)
            for target, model in models.items():
                _log_model(target, model)
            if hazard is not None:
                _log_model(WHEN, hazard)
            mlflow.set_tag(_HAS_HAZARD, str(hazard is not None).lower())
            for target, frame in (trials or {}).items():
                _log_trials(experiment, f"{target} trial", frame)
            return run

    def log_trials(self, trials: pd.DataFrame) -> str:
        """Log the trials of a tuning as runs nested in a run `tuning`, and return its id.

        >>> from churnlab.demo.example import tracker
        >>> trials = pd.DataFrame({"trial": [0], "loss": [0.4], "seconds": [2.0], "leaves": [7]})
        >>> tracker().discard(tracker().log_trials(trials))
        """
        with self._new_run("tuning") as (experiment, run):
            _log_trials(experiment, "trial", trials)
            return run

    def discard(self, run_id: str) -> None:
        """Delete a run and the runs nested in it, so that it is not the newest.

        >>> from churnlab.demo.example import tracker
        >>> trials = pd.DataFrame({"trial": [0], "loss": [0.4], "seconds": [2.0]})
        >>> run_id = tracker().log_trials(trials)
        >>> tracker().discard(run_id)
        """
        with self._open():
            self._run(run_id)
            _delete(run_id)

    def latest(self) -> str:
        """The id of the newest finished training.

        >>> from churnlab.demo.example import tracker
        >>> tracker().latest() == tracker().load().run_id
        True
        """
        wanted = f"attributes.status = 'FINISHED' and attributes.run_name = '{TRAINING}'"
        with self._open() as experiment:
            found = mlflow.search_runs(
                [experiment],
                filter_string=wanted,
                max_results=1,
                order_by=["attributes.start_time DESC"],
                output_format="list",
            )
        if not found:
            raise ModelError.from_no_run(self._name(), "any finished training")
        return str(found[0].info.run_id)

    def load(self, run_id: str | None = None) -> TrainedRun:
        """The models and facts of a run, the newest when `run_id` is None.

        Model files are checked by their sha256 before they are read; loading runs no code from
        them.

        >>> from churnlab.demo.example import tracker
        >>> run = tracker().load()
        >>> run.facts.dataset.people, run.facts.target.churn_horizon
        (131, 30)
        """
        run_id = run_id or self.latest()
        with self._open(), tempfile.TemporaryDirectory() as folder:
            run = self._run(run_id)
            facts = RunFacts.from_dict(json.loads(self._text(run, FACTS)))
            catalogue = pd.read_csv(io.StringIO(self._text(run, CATALOGUE)), keep_default_na=False)
            models = {target: self._model(run_id, target, folder) for target in facts.models}
            has_hazard = run.data.tags.get(_HAS_HAZARD) == "true"
            hazard = self._model(run_id, WHEN, folder) if has_hazard else None
        return TrainedRun(run_id, models, facts, catalogue, dict(run.data.metrics), hazard)

    def location(self, run_id: str) -> str:
        """The address of a run's artifacts.

        >>> from churnlab.demo.example import tracker
        >>> tracker().location(tracker().latest())
        'file:///.../artifacts/.../artifacts'
        """
        with self._open():
            return str(self._run(run_id).info.artifact_uri)

    def text(self, run_id: str, name: str) -> str:
        """A text artifact of a run, such as card.md.

        >>> from churnlab.demo.example import tracker
        >>> tracker().text(tracker().latest(), "card.md").splitlines()[0]
        '# Example: who is about to leave'
        """
        with self._open():
            return self._text(self._run(run_id), name)

    @staticmethod
    def _text(run: Run, name: str) -> str:
        return str(mlflow.artifacts.load_text(f"{run.info.artifact_uri}/{name}"))

    def _run(self, run_id: str) -> Run:
        try:
            return mlflow.get_run(run_id)
        except MlflowException as error:
            raise ModelError.from_no_run(self._name(), f"run {run_id}") from error

    def _model(self, run_id: str, target: str, folder: str) -> Any:
        local = mlflow.artifacts.download_artifacts(
            f"runs:/{run_id}/{target}", dst_path=str(Path(folder) / target)
        )
        return load(Path(local) / "data" / target)

    def _name(self) -> str:
        return str(self.folder or self.uri.split("@")[-1])

    @contextmanager
    def _new_run(self, name: str) -> Iterator[tuple[str, str]]:
        """Open a new run; yields the experiment's id and the run's. An error deletes the run."""
        run_id = ""
        with self._open(create=True) as experiment:
            try:
                with mlflow.start_run(experiment_id=experiment, run_name=name) as run:
                    run_id = str(run.info.run_id)
                    yield experiment, run_id
            except BaseException:
                if run_id:  # it has ended by now, as MLflow wants of a run that is deleted
                    _delete(run_id)
                raise

    @contextmanager
    def _open(self, create: bool = False) -> Iterator[str]:
        """Point mlflow at the store for a while; yields the experiment's id.

        Only logging may `create` a store that does not exist.
        """
        if not create and self.folder is not None and not (self.folder / "mlflow.db").exists():
            raise ModelError.from_no_run(self._name(), "any finished training")
        before = mlflow.get_tracking_uri()
        quiet = {name: logging.getLogger(name).level for name in _NOISY}
        try:
            for name in _NOISY:
                logging.getLogger(name).setLevel(logging.ERROR)
            mlflow.set_tracking_uri(self.uri)
            yield self._experiment()
        except MlflowException as error:
            raise ModelError.from_store(self._name(), str(error)) from error
        finally:
            mlflow.set_tracking_uri(before)
            for name, level in quiet.items():
                logging.getLogger(name).setLevel(level)

    def _experiment(self) -> str:
        """The id of the experiment, which is created when the store does not have it."""
        if self.folder is None:
            return self._found_or_created()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock"):
                return self._found_or_created((self.folder / "artifacts").as_uri())
        except OSError as error:
            raise ModelError.from_store(self._name(), str(error)) from error

    def _found_or_created(self, artifacts: str | None = None) -> str:
        found = mlflow.get_experiment_by_name(self.experiment)
        if found:
            return found.experiment_id
        return str(mlflow.create_experiment(self.experiment, artifact_location=artifacts))


def _delete(run_id: str) -> None:
    """Delete a run and the runs nested in it."""
    where = [mlflow.get_run(run_id).info.experiment_id]
    nested = f"tags.`mlflow.parentRunId` = '{run_id}'"
    for inner in mlflow.search_runs(where, filter_string=nested, output_format="list"):
        mlflow.delete_run(inner.info.run_id)
    mlflow.delete_run(run_id)


def _log_trials(experiment: str, name: str, trials: pd.DataFrame) -> None:
    """Log each trial as a run nested in the open one: its settings, its loss, its seconds."""
    for row in trials.to_dict("records"):
        number = int(row.pop("trial"))
        metrics = {"loss": row.pop("loss"), "seconds": row.pop("seconds")}
        with mlflow.start_run(experiment_id=experiment, run_name=f"{name} {number}", nested=True):
            mlflow.log_params({str(k): _short(v) for k, v in row.items()})
            mlflow.log_metrics(metrics)


def _short(value: Any) -> str:
    """A parameter as text that every MLflow store takes."""
    return without_secrets(str(value))[:500]


def _json(facts: RunFacts) -> str:
    return json.dumps(facts.to_dict(), indent=1, sort_keys=True, allow_nan=False)


def _dataset(facts: DatasetFacts) -> Any:
    """The dataset's name and digest as an MLflow input, without its rows."""
    source = mlflow.data.sources.LocalArtifactDatasetSource(facts.name)  # type: ignore[attr-defined]
    return mlflow.data.meta_dataset.MetaDataset(
        source, name=facts.name[:200], digest=facts.digest[:32]
    )


def synthetic_example(model: Model, rows: int = 3) -> pd.DataFrame:
    """A made-up input of a model: the numbers 0, 1, 2 and known categories, no person's row.

    A model that learnt a season gets a column `snapshot` of ISO text, which lives through JSON.
    """
    columns = {
        str(name): _made_up(model.categories_.get(name), rows) for name in model.feature_names_in_
    }
    if model.needs_time_:
        columns[SNAPSHOT] = [f"2026-{1 + i % 12:02d}-01" for i in range(rows)]
    return pd.DataFrame(columns)


def signature(model: Model, example: pd.DataFrame, output: np.ndarray) -> ModelSignature:
    """What a served model takes and gives.

    A number is a double. Categories and the snapshot are of any type, because MLflow would refuse a
    category column where text was declared, and text or a date where the other was; the model reads
    all of them. MLflow may let the snapshot be absent: the model takes it from the index too, and
    refuses rows without it in one line, where MLflow would print all rows.
    """
    made = {SNAPSHOT} - {*model.feature_names_in_}
    several = {*model.categories_} | made
    columns = [
        ColSpec(AnyType() if n in several else DataType.double, n, required=n not in made)
        for n in map(str, example)
    ]
    return ModelSignature(Schema(columns), infer_signature(example, output).outputs)


def _made_up(categories: Sequence[str] | None, rows: int) -> Any:
    """A column of categories in turn, or of the numbers from 0 on where there are none."""
    if categories:
        return [categories[i % len(categories)] for i in range(rows)]
    return np.arange(rows, dtype=np.float64)


def _log_model(target: str, model: Model) -> None:
    """Log a model as its files, with the signature of what it serves."""
    example = synthetic_example(model)
    predictor = served.Served(model)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / target)
        mlflow.pyfunc.log_model(
            name=target,
            loader_module=served.__name__,
            data_path=str(Path(folder) / target),
            signature=signature(model, example, predictor.predict(example)),
            input_example=example,
            pip_requirements=requirements(),
        )


def requirements() -> list[str]:
    """The packages and versions that a model was made with, for MLflow."""
    pins = [f"{name}=={version(name)}" for name in _PINNED]
    try:
        return [f"churnlab=={version('churnlab')}", *pins]
    except PackageNotFoundError:
        return pins
