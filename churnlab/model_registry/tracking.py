"""One MLflow run a training: parameters, metrics, the catalogue, the card, and models that run no code when loaded.

The one import of mlflow. Nothing is written but in the store that the user names.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
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
    import mlflow  # telemetry is to be off before the import
    import mlflow.data
    import mlflow.pyfunc
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature

from churnlab import served
from churnlab.errors import ModelError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.loading import load
from churnlab.estimators.hazard import ChurnHazard, Model

_PINNED = ("scikit-learn", "lightgbm", "numpy", "pandas", "skops", "scipy")
WHEN = "when"
TRAINING = "training"
_NOISY = ("mlflow", "alembic", "mlflow.store.db.utils")


@dataclass(frozen=True)
class TrainedRun:
    """What a run holds: its models by target (`churned`, `ltv`), `about`, the JSON that was logged beside them, and the hazard that says when
    people leave, if one was trained."""

    run_id: str
    models: Mapping[str, TreeModel]
    about: Mapping[str, Any]
    catalogue: pd.DataFrame
    metrics: Mapping[str, float]
    hazard: ChurnHazard | None = None


class Tracker:
    """A store of runs: a folder (SQLite and artifacts inside it), or the URI of an MLflow server or database.

    Raises ModelError with the store's name when it cannot be reached or has no such run.
    """

    def __init__(self, store: str | Path, experiment: str = "churnlab") -> None:
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
        about: Mapping[str, Any],
        artifacts: Mapping[str, str],
        hazard: ChurnHazard | None = None,
        trials: Mapping[str, pd.DataFrame] | None = None,
    ) -> str:
        """Logs one training and returns the run's id.

        `params` and `metrics` are flat; `about` is JSON (dataset with name and digest, evaluations, how to score); `artifacts` maps
        file names to text (the card). `hazard` is logged as the model `when`; `trials` by target, as in `Tuned`, each as a nested run. No row of
        a person is stored: the input example is made up.
        """
        with (
            self._open(create=True) as experiment,
            mlflow.start_run(experiment_id=experiment, run_name=TRAINING) as run,
            _undo(run.info.run_id),
        ):
            mlflow.log_params({k: _short(v) for k, v in params.items()})
            mlflow.log_metrics(dict(metrics))
            mlflow.log_input(_dataset(about), context="training")
            mlflow.log_text(
                json.dumps(about, indent=1, sort_keys=True, allow_nan=False), "about.json"
            )
            mlflow.log_text(catalogue.to_csv(index=False), "catalogue.csv")
            for name, text in artifacts.items():
                mlflow.log_text(text, name)
            for target, model in models.items():
                _log_model(target, model)
            if hazard is not None:
                _log_model(WHEN, hazard)
            mlflow.set_tag("churnlab.when", str(hazard is not None).lower())
            for target, frame in (trials or {}).items():
                _log_trials(experiment, f"{target} trial", frame)
            return str(run.info.run_id)

    def log_trials(self, trials: pd.DataFrame) -> str:
        """Logs the trials of a tuning outside a training, nested in a run `tuning`, and returns the id of that."""
        with (
            self._open(create=True) as experiment,
            mlflow.start_run(experiment_id=experiment, run_name="tuning") as run,
            _undo(run.info.run_id),
        ):
            _log_trials(experiment, "trial", trials)
            return str(run.info.run_id)

    def discard(self, run_id: str) -> None:
        """Takes a run back that must not be the newest, and what is nested in it."""
        with self._open():
            _delete(run_id)

    def latest(self) -> str:
        """The id of the newest finished training."""
        with self._open() as experiment:
            found = mlflow.search_runs(
                [experiment],
                filter_string=f"attributes.status = 'FINISHED' and attributes.run_name = '{TRAINING}'",
                max_results=1,
                order_by=["attributes.start_time DESC"],
                output_format="list",
            )
        if not found:
            raise ModelError.from_no_run(self._name(), "any finished training")
        return str(found[0].info.run_id)

    def load(self, run_id: str | None = None) -> TrainedRun:
        """The models and facts of a run, the newest by default; model files are checked by their sha256 before they are read."""
        run_id = run_id or self.latest()
        with self._open(), tempfile.TemporaryDirectory() as folder:
            run = self._run(run_id)
            about = json.loads(mlflow.artifacts.load_text(f"{run.info.artifact_uri}/about.json"))
            path = mlflow.artifacts.download_artifacts(
                f"{run.info.artifact_uri}/catalogue.csv", dst_path=folder
            )
            catalogue = pd.read_csv(path, keep_default_na=False)
            models = {target: self._model(run_id, target, folder) for target in about["models"]}
            hazard = (
                self._model(run_id, WHEN, folder)
                if run.data.tags.get("churnlab.when") == "true"
                else None
            )
        return TrainedRun(run_id, models, about, catalogue, dict(run.data.metrics), hazard)

    def location(self, run_id: str) -> str:
        """Where the artifacts of a run are."""
        with self._open():
            return str(self._run(run_id).info.artifact_uri)

    def text(self, run_id: str, name: str) -> str:
        """A text artifact of a run, such as card.html."""
        with self._open():
            return str(mlflow.artifacts.load_text(f"{self._run(run_id).info.artifact_uri}/{name}"))

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
    def _open(self, create: bool = False) -> Iterator[str]:
        """Points mlflow at the store for a while; gives the experiment's id. Only logging creates a store that is not there."""
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
        if self.folder is None:
            found = mlflow.get_experiment_by_name(self.experiment)
            return found.experiment_id if found else str(mlflow.create_experiment(self.experiment))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock"):
                found = mlflow.get_experiment_by_name(self.experiment)
                where = (self.folder / "artifacts").as_uri()
                return (
                    found.experiment_id
                    if found
                    else str(mlflow.create_experiment(self.experiment, artifact_location=where))
                )
        except OSError as error:
            raise ModelError.from_store(self._name(), str(error)) from error


@contextmanager
def _undo(run_id: str) -> Iterator[None]:
    """A training that fails half-way leaves no run that looks like one."""
    try:
        yield
    except BaseException:
        _delete(run_id)
        raise


def _delete(run_id: str) -> None:
    """Deletes a run and what is nested in it."""
    where = [mlflow.get_run(run_id).info.experiment_id]
    for inner in mlflow.search_runs(
        where, filter_string=f"tags.`mlflow.parentRunId` = '{run_id}'", output_format="list"
    ):
        mlflow.delete_run(inner.info.run_id)
    mlflow.delete_run(run_id)


def _log_trials(experiment: str, name: str, trials: pd.DataFrame) -> None:
    """Each trial as a run nested in the one that is open: its settings, its loss, its seconds."""
    for row in trials.to_dict("records"):
        number, loss, seconds = int(row.pop("trial")), row.pop("loss"), row.pop("seconds")
        with mlflow.start_run(experiment_id=experiment, run_name=f"{name} {number}", nested=True):
            mlflow.log_params({str(k): _short(v) for k, v in row.items()})
            mlflow.log_metrics({"loss": loss, "seconds": seconds})


def _short(value: Any) -> str:
    return str(value)[:500]


def _dataset(about: Mapping[str, Any]) -> Any:
    """The dataset's name and digest as an MLflow input, without a row of it."""
    facts = about["dataset"]
    source = mlflow.data.sources.LocalArtifactDatasetSource(str(facts["name"]))  # type: ignore[attr-defined]
    return mlflow.data.meta_dataset.MetaDataset(
        source, name=str(facts["name"])[:200], digest=str(facts["digest"])[:32]
    )


def synthetic_example(model: Model, rows: int = 3) -> pd.DataFrame:
    """A made-up input: numbers 0, 1, 2 and known categories, no person's row."""
    names = [str(n) for n in model.feature_names_in_]
    columns = {
        n: [model.categories_[n][i % len(model.categories_[n])] for i in range(rows)]
        if model.categories_.get(n)
        else np.arange(rows, dtype=np.float64)
        for n in names
    }
    return pd.DataFrame(columns)


def _log_model(target: str, model: Model) -> None:
    example = synthetic_example(model)
    predictor = served.Served(model)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / target)
        mlflow.pyfunc.log_model(
            name=target,
            loader_module=served.__name__,
            data_path=str(Path(folder) / target),
            signature=infer_signature(example, predictor.predict(example)),
            input_example=example,
            pip_requirements=requirements(),
        )


def requirements() -> list[str]:
    """The versions that a model was made with, for MLflow."""
    pins = [f"{name}=={version(name)}" for name in _PINNED]
    try:
        return [f"churnlab=={version('churnlab')}", *pins]
    except PackageNotFoundError:
        return pins
