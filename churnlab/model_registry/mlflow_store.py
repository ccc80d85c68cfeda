"""MlflowStore: what churnlab asks of MLflow, and the only module that imports it.

Everything goes through a client of the store that is named. MLflow's active run, its tracking
address and its environment belong to the user, and none of them is changed.
"""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import Any, Self

import numpy as np
import pandas as pd

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

with warnings.catch_warnings():  # mlflow 3.17 warns of its own type hints
    warnings.simplefilter("ignore")
    import mlflow  # after telemetry was switched off above
    import mlflow.pyfunc
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, Metric, Param, Run
from mlflow.exceptions import MlflowException
from mlflow.models import Model as LoggedModelFile
from mlflow.models import ModelSignature, infer_signature
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.tracking.context.registry import resolve_tags
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import AnyType
from mlflow.utils.uri import add_databricks_profile_info_to_artifact_uri

from churnlab import served
from churnlab.errors import ModelError, OutputError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import Model
from churnlab.estimators.learners.times import SNAPSHOT
from churnlab.model_registry.address import Address
from churnlab.model_registry.moved import settle
from churnlab.model_registry.process import is_gone, this_process
from churnlab.model_registry.run_folder import RunRecord, Trial, plain, short
from churnlab.schema.files import scratch_folder

PROCESS = "churnlab.process"  # the tag by which a run is known as ours
MANIFEST_TAG = "churnlab.manifest"
_PARENT = "mlflow.parentRunId"
_PINNED = ("scikit-learn", "lightgbm", "numpy", "pandas", "scipy")
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w-]{0,255}", re.ASCII)
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
_MOST_RUNS = 5000


@dataclass(frozen=True)
class LoggedRun:
    """A run as the store has it.

    `experiment` is its experiment's id, `started` in milliseconds since 1970, `place` the address
    of its artifacts.
    """

    run_id: str
    experiment: str
    started: int
    place: str
    tags: Mapping[str, str]
    metrics: Mapping[str, float]

    @classmethod
    def of(cls, run: Run, address: Address) -> Self:
        """A run of MLflow in the store at an address."""
        about = run.info
        place = address.here(str(about.artifact_uri), f"{about.run_id}/artifacts")
        started = int(about.start_time)
        tags, metrics = dict(run.data.tags), dict(run.data.metrics)
        return cls(str(about.run_id), str(about.experiment_id), started, place, tags, metrics)

    def __str__(self) -> str:
        return f"run {self.run_id}"


def users_place() -> tuple[str, str]:
    """The address of the user's store, and the experiment of the active run ("" without one).

    >>> len(users_place())
    2
    """
    uri, active = mlflow.get_tracking_uri(), mlflow.active_run()
    if active is None:
        return uri, ""
    found = mlflow.MlflowClient(uri).get_experiment(active.info.experiment_id)
    return uri, str(found.name)


def check_disk(error: Exception, place: str) -> None:
    """Raise OutputError where an error says that a disk of this machine is full.

    MLflow keeps the text of the system's errors and not their class.

    >>> check_disk(OSError("no route to host"), "the store")
    """
    full = os.strerror(errno.ENOSPC)
    if full in str(error):
        where = f"the temporary folder {tempfile.gettempdir()}, or {place}"
        raise OutputError.from_unwritable(where, full) from error


class MlflowStore:
    """A store of runs that was reached, and the id of its experiment ("" where there is none)."""

    def __init__(self, address: Address, experiment: str, create: bool) -> None:
        """Reach the store. Only where it may `create` is an experiment made that is not there."""
        address.try_opening()
        self.address = address
        self.client = mlflow.MlflowClient(address.uri)
        self.experiment = self._experiment(experiment, create)

    def _experiment(self, name: str, create: bool) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is None and create:
            try:
                return str(self.client.create_experiment(name, self.address.artifacts))
            except MlflowException:  # another process was faster, or it cannot be made
                found = self.client.get_experiment_by_name(name)
                if found is None:
                    raise
        if found is not None and create:
            if found.lifecycle_stage == "deleted":
                raise ModelError.from_deleted_experiment(str(self.address), name)
            settle(self.address, str(found.artifact_location))
        return "" if found is None else str(found.experiment_id)

    def settle(self) -> None:
        """Set the addresses of a folder that was moved or copied to where it is now."""
        if self.experiment:
            found = self.client.get_experiment(self.experiment)
            settle(self.address, str(found.artifact_location))

    def run(self, run_id: str) -> LoggedRun:
        """A run that was not deleted; ModelError where there is none."""
        absent = ModelError.from_no_run(str(self.address), f"run {plain(run_id)}")
        if not _RUN_ID.fullmatch(run_id):
            raise absent
        try:
            run = self.client.get_run(run_id)
        except MlflowException as error:
            raise absent if error.error_code in _ABSENT else error from error
        if run.info.lifecycle_stage == "deleted":
            raise absent
        return LoggedRun.of(run, self.address)

    def newest(self) -> LoggedRun | None:
        """The newest finished run with a manifest."""
        wanted = f"attributes.status = 'FINISHED' and tags.`{MANIFEST_TAG}` != ''"
        found = self._search(wanted, most=1) if self.experiment else []
        return found[0] if found else None

    def _search(self, wanted: str, most: int = _MOST_RUNS) -> list[LoggedRun]:
        order = ["attributes.start_time DESC"]
        found = self.client.search_runs([self.experiment], wanted, max_results=most, order_by=order)
        return [LoggedRun.of(run, self.address) for run in found]

    def end_killed(self) -> None:
        """Mark as failed our runs that are still running for the store, and whose process ended."""
        for run in self._search("attributes.status = 'RUNNING'"):
            if is_gone(run.tags.get(PROCESS, "")):
                self.client.set_terminated(run.run_id, "FAILED")

    def outer_run(self) -> str:
        """The id of the user's run that ours belongs in: the active one, or MLFLOW_RUN_ID's.

        It is empty without one, and where that run is of another store.
        """
        active = mlflow.active_run()
        run_id = active.info.run_id if active else os.environ.get("MLFLOW_RUN_ID", "")
        try:
            return self.run(run_id).run_id
        except ModelError:
            return ""

    def start(self, name: str, outer: str = "") -> LoggedRun:
        """Start a run of ours, nested in the run `outer` if there is one."""
        tags = {key: short(value) for key, value in resolve_tags().items()}
        tags |= {PROCESS: this_process()} | ({_PARENT: outer} if outer else {})
        run = self.client.create_run(self.experiment, run_name=name, tags=tags)
        return LoggedRun.of(run, self.address)

    def finish(self, run: LoggedRun) -> None:
        """Mark a run as finished."""
        self.client.set_terminated(run.run_id)

    def delete(self, run_id: str) -> None:
        """Delete a run of ours, its models and our runs in it; ModelError for a run of others."""
        run = self.client.get_run(run_id)
        if PROCESS not in run.data.tags:
            raise ModelError.from_others(f"run {run_id}")
        nested = f"tags.`{_PARENT}` = '{run_id}'"
        found = self.client.search_runs([run.info.experiment_id], nested, max_results=_MOST_RUNS)
        for inner in found:
            if PROCESS in inner.data.tags:
                self.delete(inner.info.run_id)
        for model in run.outputs.model_outputs if run.outputs else ():
            self.client.delete_logged_model(model.model_id)
        if run.info.status == "RUNNING":
            self.client.set_terminated(run_id, "FAILED")
        self.client.delete_run(run_id)

    def log_record(self, run: LoggedRun, record: RunRecord, models: Mapping[str, str]) -> None:
        """Log what a run says besides its files; `models` are the ids of its models by name.

        A metric whose name begins with a model's is that model's too.
        """
        metrics = [
            Metric(name, value, run.started, 0, models.get(name.partition("_")[0]))
            for name, value in record.metrics.items()
        ]
        self._log(run, record.params, metrics)
        name, digest = record.dataset
        made = Dataset(name, digest, "local", json.dumps({"uri": name}))
        tags = [InputTag("mlflow.data.context", "training")]
        self._log_dataset(run, DatasetInput(made, tags))
        for name, trials in record.trials.items():
            self.log_trials(run, name, trials)

    def _log_dataset(self, run: LoggedRun, given: DatasetInput) -> None:
        """Log a run's dataset; once more where another run logs the same one at the moment."""
        try:
            self.client.log_inputs(run.run_id, [given])
        except MlflowException:  # MLflow looks for it, then adds it, and the other was faster
            self.client.log_inputs(run.run_id, [given])

    def _log(self, run: LoggedRun, params: Mapping[str, str], metrics: list[Metric]) -> None:
        named = [Param(name, value) for name, value in params.items()]
        self.client.log_batch(run.run_id, metrics=metrics, params=named)

    def log_trials(self, run: LoggedRun, name: str, trials: Sequence[Trial]) -> None:
        """Log each trial as a run nested in a run of ours."""
        for trial in trials:
            inner = self.start(f"{name} {trial.number}", run.run_id)
            metrics = [Metric(k, value, inner.started, 0) for k, value in trial.metrics.items()]
            self._log(inner, trial.params, metrics)
            self.finish(inner)

    def log_model(self, run: LoggedRun, folder: Path) -> str:
        """Log a model from its folder, by the folder's name, and return the model's id.

        The file MLmodel is told the ids of the run and of the model.
        """
        made = self.client.create_logged_model(self.experiment, folder.name, run.run_id)
        self.client.log_outputs(run.run_id, [LoggedModelOutput(made.model_id, 0)])
        about = LoggedModelFile.load(str(folder))
        about.run_id, about.model_id = run.run_id, made.model_id
        about.model_uuid, about.artifact_path = made.model_id, made.artifact_location
        about.save(str(folder / "MLmodel"))
        self.client.log_model_artifacts(made.model_id, str(folder))
        self.client.finalize_logged_model(made.model_id, "READY")
        return str(made.model_id)

    def log_files(self, run: LoggedRun, folder: Path) -> None:
        """Log all files of a folder as artifacts of a run."""
        self.client.log_artifacts(run.run_id, str(folder))

    def log_tag(self, run: LoggedRun, name: str, value: str) -> None:
        """Set a tag of a run."""
        self.client.set_tag(run.run_id, name, value)

    def fetch(self, run: LoggedRun, models: Mapping[str, str], name: str) -> bytes:
        """The bytes of a file of a run, as they are now; ModelError where it is not there.

        `models` are the ids of the run's models by name; `<model>/<path>` is a file of a model.
        """
        place, path = self._place(run, models, name)
        try:
            with scratch_folder() as folder:
                found = Path(self._artifacts(place).download_artifacts(path, str(folder)))
                inner = [found, *found.parents][: len(PurePosixPath(path).parts)]
                if any(part.is_symlink() for part in inner):
                    raise ModelError.from_extra_file(name, str(run))
                return found.read_bytes()
        except ModelError:
            raise
        except Exception as error:  # of the library of any cloud
            check_disk(error, str(run))
            raise ModelError.from_lost_file(name, str(run), str(error)) from error

    def listed(self, run: LoggedRun, models: Mapping[str, str], folder: str) -> set[str]:
        """The names of what a folder of a run holds now, as `fetch` takes them."""
        place, path = self._place(run, models, folder)
        before = folder.removesuffix(path)
        return {f"{before}{found.path}" for found in self._artifacts(place).list_artifacts(path)}

    def source(self, model_id: str) -> str:
        """The address of a logged model, as a registered version takes it."""
        made = self.client.get_logged_model(model_id)
        return self.address.here(str(made.artifact_location), f"models/{model_id}/artifacts")

    def _place(self, run: LoggedRun, models: Mapping[str, str], name: str) -> tuple[str, str]:
        """The address of the artifacts that hold a file of a run, and the file's path there."""
        top, _, inner = name.partition("/")
        if top not in models:
            return run.place, name
        model = self.client.get_logged_model(models[top])
        tail = f"models/{model.model_id}/artifacts"
        return self.address.here(str(model.artifact_location), tail), inner

    def _artifacts(self, place: str) -> Any:
        place = add_databricks_profile_info_to_artifact_uri(place, self.address.uri)
        return get_artifact_repository(place, tracking_uri=self.address.uri)


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


def signature(example: pd.DataFrame, output: Any, *models: Model) -> ModelSignature:
    """What is served of one model or more, by an example of its input and output.

    A number is a double. Categories and the snapshot are of any type, because MLflow would refuse a
    category column where text was declared, and text or a date where the other was; the model reads
    all of them. MLflow may let the snapshot be absent: the model takes it from the index too, and
    refuses rows without it in one line, where MLflow would print all rows.
    """
    made = {SNAPSHOT} - {name for model in models for name in model.feature_names_in_}
    several = {name for model in models for name in model.categories_} | made
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


def save_model(model: Model, folder: Path) -> None:
    """Write a model into a new folder in MLflow's form, with the signature of what it serves.

    Its files, which `loading.load` reads, are below data/ in a folder of the same name.
    """
    with scratch_folder() as place:
        data = model.save(place / folder.name)
        _save(folder, data, synthetic_example(model), served.Served(model), model)


def save_together(models: Mapping[str, TreeModel], folder: Path) -> None:
    """Write the models of churn and value into a new folder, as one that serves both.

    `models` are by target; other targets are left out.
    """
    both = {name: models[name] for name in served.TOGETHER if name in models}
    examples = [synthetic_example(model) for model in both.values()]
    example = pd.concat(examples, axis=1)
    example = example.loc[:, ~example.columns.duplicated()]
    if SNAPSHOT in example:
        example.insert(len(example.columns) - 1, SNAPSHOT, example.pop(SNAPSHOT))
    predictor = served.ServedTogether(both["churned"], both.get("ltv"))
    with scratch_folder() as place:
        data = place / folder.name
        for name, model in both.items():
            model.save(data / name)
        _save(folder, data, example, predictor, *both.values())


def _save(folder: Path, data: Path, example: pd.DataFrame, predictor: Any, *models: Model) -> None:
    mlflow.pyfunc.save_model(
        path=str(folder),
        loader_module=served.__name__,
        data_path=str(data),
        signature=signature(example, predictor.predict(example), *models),
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
