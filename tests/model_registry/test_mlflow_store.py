"""Runs beside the user's own: nested, never ended, never deleted; on SQLite and on a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from support.small_runs import ROWS, log_small, new_store, small_hazard, small_models

from churnlab.errors import ConfigError, ModelError
from churnlab.model_registry.mlflow_store import MlflowStore
from churnlab.model_registry.tracking import Tracker

PARENT = "mlflow.parentRunId"
ADDRESS = "MLFLOW_TRACKING_URI"


@pytest.fixture(params=["folder", "server"])
def tracker(request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path) -> Tracker:
    """A tracker of a new folder, and one of a new experiment of a server."""
    if request.param == "folder":
        return new_store(tmp_path / "runs", empty_database)
    return Tracker(request.getfixturevalue("mlflow_server"), experiment=request.node.name)


@pytest.fixture
def client(tracker: Tracker) -> MlflowClient:
    return MlflowClient(tracker.uri)


@pytest.fixture
def users_mlflow(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """MLflow as a user set it up: with the same store, and an experiment of the user's own."""
    before = mlflow.get_tracking_uri()
    monkeypatch.setenv(ADDRESS, "set back")
    mlflow.set_tracking_uri(tracker.uri)
    if not mlflow.get_experiment_by_name("theirs"):
        MlflowClient(tracker.uri).create_experiment("theirs")
    yield
    mlflow.set_tracking_uri(before)


def theirs(client: MlflowClient) -> str:
    return client.get_experiment_by_name("theirs").experiment_id


@pytest.mark.usefixtures("users_mlflow")
def test_a_run_is_nested_in_the_active_one_which_goes_on(
    tracker: Tracker, client: MlflowClient
) -> None:
    before = dict(os.environ)
    with mlflow.start_run(experiment_id=theirs(client), run_name="outer") as outer:
        run = log_small(tracker, artifacts={"card.md": "# Card"})
        assert mlflow.active_run().info.run_id == outer.info.run_id
        mlflow.log_metric("mine", 1.0)
        tracker.check()
        tracker.load()
    assert dict(os.environ) == before and mlflow.get_tracking_uri() == tracker.uri
    inner = client.get_run(run)
    assert inner.data.tags[PARENT] == outer.info.run_id and inner.info.status == "FINISHED"
    after = client.get_run(outer.info.run_id)
    assert after.info.status == "FINISHED" and after.data.metrics == {"mine": 1.0}
    assert tracker.latest() == run


@pytest.mark.usefixtures("users_mlflow")
def test_a_failure_leaves_the_active_run_and_deletes_ours_alone(
    tracker: Tracker, client: MlflowClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tracker.kept = tmp_path / "kept"
    with mlflow.start_run(experiment_id=theirs(client)) as outer:
        with monkeypatch.context() as broken:
            broken.setattr(MlflowStore, "log_record", lambda *given: 1 / 0)
            with pytest.raises(ModelError, match="ZeroDivisionError"):
                log_small(tracker)
        assert client.get_run(outer.info.run_id).info.status == "RUNNING"
        run = tracker.log_kept(next(tracker.kept.iterdir()))
    assert client.get_run(outer.info.run_id).info.lifecycle_stage == "active"
    where = [client.get_run(run).info.experiment_id]
    assert [r.info.run_id for r in client.search_runs(where)] == [run]


@pytest.mark.parametrize("fails", [False, True])
def test_the_run_of_a_job_is_the_parent_and_is_never_touched(
    tracker: Tracker, client: MlflowClient, fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = client.create_experiment("jobs" + tracker.experiment + str(fails))
    job = client.get_run(client.create_run(experiment, run_name="job").info.run_id)
    monkeypatch.setenv("MLFLOW_RUN_ID", job.info.run_id)
    if fails:
        monkeypatch.setattr(MlflowStore, "log_files", lambda *given: 1 / 0)
        with pytest.raises(ModelError, match="what was trained is kept"):
            log_small(tracker)
    else:
        assert client.get_run(log_small(tracker)).data.tags[PARENT] == job.info.run_id
    assert os.environ["MLFLOW_RUN_ID"] == job.info.run_id
    after = client.get_run(job.info.run_id)
    assert after.to_dictionary() == job.to_dictionary()


def test_a_run_id_of_another_store_is_no_parent(
    tracker: Tracker, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in ("0" * 32, "no id'", ""):
        monkeypatch.setenv("MLFLOW_RUN_ID", given)
        assert PARENT not in client.get_run(tracker.log_trials(TRIALS)).data.tags


TRIALS = pd.DataFrame({"trial": [0, 1], "loss": [0.5, 0.4], "seconds": 1.0, "leaves": [7, 8]})


def test_nothing_of_mlflow_is_printed(tracker: Tracker, capfd: pytest.CaptureFixture) -> None:
    tracker.check()
    run = log_small(tracker, trials={"churned": TRIALS})
    tracker.load(run)
    tracker.discard(run)
    assert capfd.readouterr() == ("", "")


def test_everything_of_a_run_comes_back(tracker: Tracker, client: MlflowClient) -> None:
    run_id = log_small(tracker, hazard=small_hazard(), trials={"churned": TRIALS})
    run = tracker.load()
    assert run.run_id == run_id and run.metrics == {"churned_auc": 0.9}
    expected = small_models()["ltv"].predict(ROWS)
    np.testing.assert_array_equal(run.models["ltv"].predict(ROWS), expected)
    curve = small_hazard().predict_curve(ROWS)
    pd.testing.assert_frame_equal(run.hazard.predict_curve(ROWS), curve)
    logged = client.get_run(run_id)
    models = [client.get_logged_model(m.model_id) for m in logged.outputs.model_outputs]
    assert {m.name: str(m.status) for m in models} == dict.fromkeys(
        ["churn_and_value", "churned", "ltv", "when"], "READY"
    )
    assert {m.name: [x.value for x in m.metrics or ()] for m in models} == {
        "churn_and_value": [],
        "churned": [0.9],
        "ltv": [],
        "when": [],
    }
    nested = client.search_runs([logged.info.experiment_id], f"tags.`{PARENT}` = '{run_id}'")
    assert {r.info.run_name for r in nested} == {"churned trial 0", "churned trial 1"}
    assert logged.inputs.dataset_inputs[0].dataset.name == "made up"


def test_runs_of_two_threads_do_not_meet(tracker: Tracker, client: MlflowClient) -> None:
    found: list[str] = []
    tracker.check()
    threads = [threading.Thread(target=lambda: found.append(log_small(tracker))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {client.get_run(run).info.status for run in found} == {"FINISHED"} and len(found) == 2


def test_a_run_of_somebody_else_is_not_deleted(tracker: Tracker, client: MlflowClient) -> None:
    ours = tracker.log_trials(TRIALS)
    experiment = client.get_run(ours).info.experiment_id
    other = client.create_run(experiment, tags={PARENT: ours}).info.run_id
    with pytest.raises(ModelError, match="was not logged by churnlab and stays"):
        tracker.discard(other)
    tracker.discard(ours)
    assert [r.info.run_id for r in client.search_runs([experiment])] == [other]
    with pytest.raises(ModelError, match="does not have run"):
        tracker.discard(ours)


@pytest.mark.parametrize("run_id", ["", " ", "no'id", "../x", "\ud800", "a\nb", "0" * 32])
def test_an_id_that_no_run_has_is_told_in_one_line(tracker: Tracker, run_id: str) -> None:
    log_small(tracker)
    for call in (tracker.discard, tracker.location, lambda given: tracker.text(given, "card.md")):
        with pytest.raises(ModelError, match="does not have run") as error:
            call(run_id)
        assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\ud800", "a\0"])
def test_a_name_that_no_experiment_can_have(name: str, tmp_path: Path) -> None:
    tracker = Tracker(tmp_path / "runs", experiment=name)
    with pytest.raises(ConfigError, match="experiment is"):
        tracker.check()
    assert not (tmp_path / "runs").exists()


def test_a_deleted_experiment_is_told(tracker: Tracker, client: MlflowClient) -> None:
    log_small(tracker)
    client.delete_experiment(client.get_experiment_by_name(tracker.experiment).experiment_id)
    with pytest.raises(ModelError, match="was deleted; restore it"):
        tracker.check()


def test_text_of_any_kind_in_what_is_logged(tracker: Tracker, client: MlflowClient) -> None:
    odd = "渠道 \ud800\x00\r\n'\"`;%"
    run = log_small(tracker, params={"name": odd}, artifacts={"card.md": odd})
    assert client.get_run(run).data.params["name"] == "渠道 \\ud800\\x00\\r\\n'\"`;%"
    assert tracker.text(run, "card.md") == odd.replace("\ud800", "\\ud800")


KILLED = """
import os, signal, sys
from support.small_runs import log_small
from churnlab.model_registry.mlflow_store import MlflowStore
from churnlab.model_registry.tracking import Tracker
MlflowStore.log_files = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
log_small(Tracker(sys.argv[1], sys.argv[2]))
"""


def test_runs_of_killed_processes_are_marked_and_no_others(
    tracker: Tracker, client: MlflowClient
) -> None:
    path = os.pathsep.join(filter(None, sys.path))
    words = [sys.executable, "-c", KILLED, str(tracker.folder or tracker.uri), tracker.experiment]
    done = subprocess.run(words, env={**os.environ, "PYTHONPATH": path}, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    experiment = client.get_experiment_by_name(tracker.experiment).experiment_id
    [killed] = client.search_runs([experiment])
    assert killed.info.status == "RUNNING"
    others = client.create_run(experiment).info.run_id
    elsewhere = client.create_run(experiment, tags={"churnlab.process": '["x", "y", 1, "2"]'})
    with tracker._new_run("of a process that lives") as (_, alive):
        tracker.check()
        status = {r.info.run_id: r.info.status for r in client.search_runs([experiment])}
    assert status == {
        killed.info.run_id: "FAILED",
        others: "RUNNING",
        elsewhere.info.run_id: "RUNNING",
        alive.run_id: "RUNNING",
    }
