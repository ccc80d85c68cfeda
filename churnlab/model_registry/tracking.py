"""Tracker: each training as one MLflow run, with its parameters, metrics, facts, card and models.

It writes nothing outside the store that the user names.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from churnlab.errors import ChurnlabError, ModelError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import ChurnHazard, Model
from churnlab.estimators.loading import load
from churnlab.model_registry.address import Address
from churnlab.model_registry.golden import GOLDEN, check_golden, golden_text
from churnlab.model_registry.manifest import MANIFEST, Manifest, VerifiedFiles, digest, sums_of
from churnlab.model_registry.mlflow_store import (
    MANIFEST_TAG,
    LoggedRun,
    MlflowStore,
    save_model,
    save_together,
)
from churnlab.model_registry.quiet import IMPATIENT, QUIET
from churnlab.model_registry.reaching import Reach
from churnlab.model_registry.run_facts import RunFacts
from churnlab.model_registry.run_folder import FILES, MODELS, RunRecord, Trial, keep
from churnlab.report.csv_text import csv_text
from churnlab.schema.files import check_path, scratch_folder

WHEN = "when"
JUDGED = "judged_"
TRAINING = "training"
FACTS = "about.json"
CATALOGUE = "catalogue.csv"
TOGETHER = "churn_and_value"


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
    """A store of runs: a folder (SQLite and artifacts inside it), or the address of an MLflow
    server or database.

    `experiment` names the MLflow experiment. `kept` is the folder for runs that the store did not
    take; without it they are kept in a temporary folder. Every method raises ModelError, with the
    store's name, when the store cannot be reached or does not have the run.

    A run is nested in the run that is active, or in the one that MLFLOW_RUN_ID names, where that
    is in the same store. No run but our own is changed, ended or deleted.

    >>> from churnlab.demo.example import trained_config  # a small community, trained once
    >>> config = trained_config()
    >>> tracker = Tracker(config.path(config.tracking.store))
    >>> tracker.load().facts.models
    ('churned',)
    """

    def __init__(
        self, store: str | Path, experiment: str = "churnlab", kept: str | Path | None = None
    ) -> None:
        check_path(store)
        self.address = Address.of(store)
        self.experiment = experiment
        self.kept = None if kept is None else Path(kept)
        self.folder = self.address.folder
        self.uri = self.address.uri
        self.reach = Reach(self.address, experiment)

    def check(self) -> None:
        """Raise ModelError where a run could not be logged now; for before a long training.

        In a folder nothing is made or changed, but that runs of killed processes are marked as
        failed. On a server or in a database the experiment is made if it is not there, and a run
        with an empty file is logged and deleted.

        >>> from churnlab.demo.example import tracker
        >>> tracker().check()
        """
        self.try_writing()
        if not self.address.holds_runs():
            return
        with self.reach.open(create=True) as store:
            if self.folder is None:
                self._try_logging(store)

    def try_writing(self) -> None:
        """Raise ModelError where a folder of runs cannot be written; nothing is made or changed.

        >>> from churnlab.demo.example import tracker
        >>> tracker().try_writing()
        """
        with self.reach.told():
            self.reach.check_experiment()
            self.address.try_writing()

    def log_training(
        self,
        models: Mapping[str, Model],
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

        `models` are by target; those whose name begins with `judged_` were judged, and the others
        were fitted again after it. `params` and `metrics` are flat. `artifacts` maps file names to
        text, such as the card. `hazard` is logged as the model `when`, each row of `trials` (by
        target, as in `Tuned`) as a nested run. No row of a person is stored: the input example of
        a model is made up. A training that cannot be logged leaves no run, and the ModelError
        names the folder that keeps it, for `log_kept`.

        >>> from churnlab.demo.example import tracker
        >>> run = tracker().load()
        >>> again = tracker().log_training(run.models, params={}, metrics={"churned_auc": 0.7},
        ...     catalogue=run.catalogue, facts=run.facts, artifacts={})
        >>> tracker().load(again).metrics
        {'churned_auc': 0.7}
        >>> tracker().discard(again)
        """
        tried = {f"{target} trial": rows for target, rows in (trials or {}).items()}
        dataset = (facts.dataset.name, facts.dataset.digest)
        record = RunRecord.of(params, metrics, dataset, tried)
        named: Mapping[str, Model] = {**models, **({WHEN: hazard} if hazard else {})}
        texts = {FACTS: _json(facts), CATALOGUE: csv_text(catalogue), GOLDEN: golden_text(named)}
        texts |= artifacts
        folder = Path(tempfile.mkdtemp(prefix="churnlab-run-"))
        with self.reach.told(), QUIET:
            record.write(folder, texts)
            for name, model in named.items():
                save_model(model, folder / MODELS / name)
            if facts.models:
                scoring: Any = {name: models[name] for name in facts.models}
                save_together(scoring, folder / MODELS / TOGETHER)
        return self._log_or_keep(folder)

    def log_kept(self, folder: str | Path) -> str:
        """Log a training that a folder keeps because the store did not take it.

        Returns the run's id. The folder stays.

        >>> from churnlab.demo.example import tracker
        >>> tracker().log_kept("nowhere")
        Traceback (most recent call last):
        ...
        churnlab.errors.models.ModelError: no model can be read from nowhere/run.json (...
        """
        folder = Path(folder)
        record = RunRecord.read(folder)
        with self._new_run(TRAINING) as (store, run):
            models = {p.name: store.log_model(run, p) for p in (folder / MODELS).glob("*")}
            store.log_record(run, record, models)
            content = _manifest(folder, models).to_bytes()
            (folder / FILES / MANIFEST).write_bytes(content)
            store.log_files(run, folder / FILES)
            store.log_tag(run, MANIFEST_TAG, digest(content))
            return run.run_id

    def log_trials(self, trials: pd.DataFrame) -> str:
        """Log the trials of a tuning as runs nested in a run `tuning`, and return its id.

        >>> from churnlab.demo.example import tracker
        >>> trials = pd.DataFrame({"trial": [0], "loss": [0.4], "seconds": [2.0], "leaves": [7]})
        >>> tracker().discard(tracker().log_trials(trials))
        """
        with self._new_run("tuning") as (store, run):
            store.log_trials(run, "trial", Trial.all_of(trials))
            return run.run_id

    def discard(self, run_id: str) -> None:
        """Delete a run and our runs nested in it, so that it is not the newest.

        Raises ModelError for a run that churnlab did not log.

        >>> from churnlab.demo.example import tracker
        >>> trials = pd.DataFrame({"trial": [0], "loss": [0.4], "seconds": [2.0]})
        >>> run_id = tracker().log_trials(trials)
        >>> tracker().discard(run_id)
        """
        with self.reach.open() as store:
            store.delete(store.run(run_id).run_id)

    def latest(self) -> str:
        """The id of the newest finished training.

        >>> from churnlab.demo.example import tracker
        >>> tracker().latest() == tracker().load().run_id
        True
        """
        with self.reach.open() as store:
            found = store.newest()
        if found is None:
            raise ModelError.from_no_run(str(self.address), "any finished training")
        return found.run_id

    def load(self, run_id: str | None = None, judged: bool = False) -> TrainedRun:
        """The models and facts of a run, the newest when `run_id` is None.

        The models are those that score, or those that were `judged` where the former were fitted
        again after it.

        A file is read only where its sha256 is the one that was noted when the run was logged;
        loading runs no code from it.

        >>> from churnlab.demo.example import tracker
        >>> run = tracker().load()
        >>> run.facts.dataset.people, run.facts.target.churn_horizon
        (131, 30)
        """
        run_id = run_id or self.latest()
        with self.reach.open() as store, scratch_folder() as folder:
            run = store.run(run_id)
            files = _files(store, run)
            facts = RunFacts.from_dict(json.loads(files.read(FACTS)))
            catalogue = pd.read_csv(io.BytesIO(files.read(CATALOGUE)), keep_default_na=False)
            names = [*facts.models, *([WHEN] if any(files.below(WHEN)) else [])]
            if not names:
                raise ModelError.from_no_models(str(run))
            before = JUDGED if judged and facts.served else ""
            wanted = [before + name for name in names]
            models = {name: _model(store, run, files, name, folder) for name in wanted}
            if GOLDEN in files.manifest.sums:  # not in a run of an earlier version
                check_golden(files.read(GOLDEN), models, str(run))
        models = {name.removeprefix(before): model for name, model in models.items()}
        hazard = models.pop(WHEN, None)
        return TrainedRun(run_id, models, facts, catalogue, run.metrics, hazard)

    def location(self, run_id: str) -> str:
        """The address of a run's artifacts.

        >>> from churnlab.demo.example import tracker
        >>> tracker().location(tracker().latest())
        'file:///.../artifacts/.../artifacts'
        """
        with self.reach.open() as store:
            return store.run(run_id).place

    def text(self, run_id: str, name: str) -> str:
        """A text artifact of a run, such as card.md, whose sha256 is verified.

        >>> from churnlab.demo.example import tracker
        >>> tracker().text(tracker().latest(), "card.md").splitlines()[0]
        '# Example: who is about to leave'
        """
        with self.reach.open() as store:
            return _files(store, store.run(run_id)).read(name).decode()

    def metrics(self, run_id: str) -> Mapping[str, float]:
        """The metrics of a run by name, without its models.

        >>> from churnlab.demo.example import tracker
        >>> tracker().metrics(tracker().latest())["churned_auc"] > 0.6
        True
        """
        with self.reach.open() as store:
            return store.run(run_id).metrics

    def facts(self, run_id: str) -> RunFacts:
        """What a run says of itself, whose sha256 is verified.

        >>> from churnlab.demo.example import tracker
        >>> tracker().facts(tracker().latest()).name
        'Example'
        """
        return RunFacts.from_dict(json.loads(self.text(run_id, FACTS)))

    def model_ids(self, run_id: str) -> dict[str, str]:
        """The ids of a run's logged models by name.

        >>> from churnlab.demo.example import tracker
        >>> sorted(tracker().model_ids(tracker().latest()))
        ['churn_and_value', 'churned', 'judged_churned']
        """
        with self.reach.open() as store:
            return dict(_files(store, store.run(run_id)).manifest.models)

    def verify(self, run_id: str) -> dict[str, str]:
        """The sha256 of every file of a run by its name, after each file was read and verified.

        Raises ModelError for a file that is missing or was changed.

        >>> from churnlab.demo.example import tracker
        >>> len(tracker().verify(tracker().latest())["card.html"])
        64
        """
        with self.reach.open() as store:
            files = _files(store, store.run(run_id))
            for name in files.manifest.sums:
                files.read(name)
            return dict(files.manifest.sums)

    def _log_or_keep(self, folder: Path) -> str:
        """Log a run from its folder, which is deleted then, and kept where that fails."""
        try:
            run_id = self.log_kept(folder)
        except ChurnlabError as error:
            kept = str(keep(folder, self.kept))
            tracker = f"churnlab.Tracker({str(self.folder or self.uri)!r}, {self.experiment!r})"
            way = f"{tracker}.log_kept({kept!r})"
            raise ModelError.from_not_logged(str(error), kept, way) from error
        shutil.rmtree(folder, ignore_errors=True)
        return run_id

    def _try_logging(self, store: MlflowStore) -> None:
        """Log a run with an empty file, and delete it."""
        run = store.start("check")
        try:
            with scratch_folder() as folder:
                (folder / "check.txt").touch()
                store.log_files(run, folder)
        finally:
            store.delete(run.run_id)

    @contextmanager
    def _new_run(self, name: str) -> Iterator[tuple[MlflowStore, LoggedRun]]:
        """Open a new run; an error deletes it."""
        with self.reach.open(create=True) as store:
            run = store.start(name, store.outer_run())
            try:
                yield store, run
                store.finish(run)
            except BaseException:
                with IMPATIENT, suppress(Exception):  # the first error is the one that is told
                    store.delete(run.run_id)
                raise


def _files(store: MlflowStore, run: LoggedRun) -> VerifiedFiles:
    """The files of a run, after its manifest was verified."""
    noted = run.tags.get(MANIFEST_TAG)
    if noted is None:
        raise ModelError.from_unverified(str(run))
    content = store.fetch(run, {}, MANIFEST)
    if digest(content) != noted:
        raise ModelError.from_digest(f"{MANIFEST} of {run}")
    manifest = Manifest.parse(content, str(run))
    return VerifiedFiles(str(run), manifest, partial(store.fetch, run, manifest.models))


def _model(
    store: MlflowStore, run: LoggedRun, files: VerifiedFiles, name: str, folder: Path
) -> Any:
    """A model of a run, from its verified files; ModelError where another lies beside them."""
    inside = f"{name}/data/{name}"
    place = files.copy(inside, folder / name)
    extra = store.listed(run, files.manifest.models, inside) - {*files.below(inside)}
    if extra:
        raise ModelError.from_extra_file(min(extra), str(run))
    return load(place)


def _manifest(folder: Path, models: Mapping[str, str]) -> Manifest:
    """The manifest of a run's folder; `models` are the ids of its models by name."""
    sums = sums_of(folder / FILES)
    sums.pop(MANIFEST, None)  # of an earlier try
    for name in models:
        sums |= sums_of(folder / MODELS / name, f"{name}/")
    return Manifest(sums, models)


def _json(facts: RunFacts) -> str:
    return json.dumps(facts.to_dict(), indent=1, sort_keys=True, allow_nan=False)
