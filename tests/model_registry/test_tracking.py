"""Runs in a real MLflow store on SQLite."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from support.facts import made_up_facts

from churnlab.errors import ModelError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import ChurnHazard
from churnlab.estimators.regressor import LTVRegressor
from churnlab.model_registry.mlflow_store import MlflowStore, synthetic_example
from churnlab.model_registry.tracking import Tracker
from churnlab.served import _load_pyfunc

CANARY = "canary-person-7c1"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_arrays(
        [[CANARY] + [f"u{i}" for i in range(299)], pd.to_datetime(["2026-01-01"] * 300)],
        names=["user_id", "snapshot"],
    )
    return pd.DataFrame(
        {
            "a__x__all": rng.normal(size=300),
            "b__x__all": rng.normal(size=300),
            "profile__c__static": pd.Categorical(rng.choice(["p", "q"], 300)),
        },
        index=index,
    )


@pytest.fixture(scope="module")
def models(frame: pd.DataFrame) -> dict[str, object]:
    y = (frame["a__x__all"] > 0).astype(float)
    return {
        "churned": ChurnClassifier().fit(frame, y),
        "ltv": LTVRegressor("random_forest", n_estimators=20).fit(frame, y * 10),
    }


@pytest.fixture(scope="module")
def store(
    models: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Tracker, str]:
    tracker = Tracker(tmp_path_factory.mktemp("store") / "runs")
    catalogue = pd.DataFrame({"name": ["a__x__all"], "says": ["a is {value}"]})
    run = tracker.log_training(
        models,
        params={"seed": 0},
        metrics={"churned_auc": 0.9},
        catalogue=catalogue,
        facts=made_up_facts(models=("churned", "ltv")),
        artifacts={"card.html": "<p>card</p>"},
    )
    return tracker, run


def test_a_run_comes_back_with_models_that_score_the_same(
    store: tuple[Tracker, str], models: dict, frame: pd.DataFrame
) -> None:
    tracker, run = store
    again = tracker.load()
    assert again.run_id == run == tracker.latest()
    assert again.facts == made_up_facts(models=("churned", "ltv"))
    np.testing.assert_array_equal(
        again.models["churned"].predict_proba(frame), models["churned"].predict_proba(frame)
    )
    np.testing.assert_array_equal(again.models["ltv"].predict(frame), models["ltv"].predict(frame))
    assert again.metrics == {"churned_auc": 0.9} and again.catalogue["says"].tolist() == [
        "a is {value}"
    ]


def test_the_hazard_of_a_run_comes_back_and_serves_its_curve(
    models: dict, frame: pd.DataFrame, tmp_path: Path
) -> None:
    labels = pd.DataFrame(
        {"leaves_week": np.where(frame["a__x__all"] > 0, 1.0, np.nan), "known_weeks": 3.0},
        index=frame.index,
    )
    hazard = ChurnHazard(2, learner=ChurnClassifier("lightgbm", n_estimators=10)).fit(frame, labels)
    tracker = Tracker(tmp_path / "runs")
    run = tracker.log_training(
        {},
        params={},
        metrics={},
        catalogue=pd.DataFrame({"name": []}),
        facts=made_up_facts(models=()),
        artifacts={},
        hazard=hazard,
    )
    again = tracker.load(run).hazard
    assert again is not None
    pd.testing.assert_frame_equal(again.predict_curve(frame), hazard.predict_curve(frame))
    served = _load_pyfunc(str(hazard.save(tmp_path / "saved"))).predict(
        frame.astype({"profile__c__static": str})
    )
    np.testing.assert_array_equal(served, hazard.predict_curve(frame).to_numpy())


def test_mlflows_own_client_sees_the_run(store: tuple[Tracker, str]) -> None:
    tracker, run = store
    client = mlflow.MlflowClient(tracker.uri)
    found = client.get_run(run)
    assert found.data.params == {"seed": "0"} and found.info.status == "FINISHED"
    assert found.inputs.dataset_inputs[0].dataset.name == "made up"
    assert {a.path for a in client.list_artifacts(run)} >= {
        "about.json",
        "catalogue.csv",
        "card.html",
    }


def test_pyfunc_gives_the_probability_without_unpickling_anything(
    store: tuple[Tracker, str], models: dict, frame: pd.DataFrame, tmp_path: Path
) -> None:
    tracker, run = store
    frame.reset_index(drop=True).astype({"profile__c__static": str}).to_parquet(
        tmp_path / "x.parquet"
    )
    code = (
        f"import mlflow, pandas as pd; mlflow.set_tracking_uri({tracker.uri!r}); m = mlflow.pyfunc.load_model('runs:/{run}/churned');"
        f"x = pd.read_parquet('x.parquet'); pd.DataFrame({{'p': m.predict(x[x.columns[::-1]])}}).to_parquet('p.parquet')"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        check=True,
        env={**os.environ, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"},
    )
    np.testing.assert_array_equal(
        pd.read_parquet(tmp_path / "p.parquet")["p"], models["churned"].predict_proba(frame)[:, 1]
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "p.parquet",
        "x.parquet",
    ]  # no stray mlruns or mlflow.db


def test_nothing_pickled_and_no_person_is_in_the_store(store: tuple[Tracker, str]) -> None:
    files = [p for p in store[0].folder.rglob("*") if p.is_file()]  # type: ignore[union-attr]
    assert not [p for p in files if p.suffix in (".pkl", ".pickle", ".joblib", ".cloudpickle")]
    assert not [p for p in files if CANARY.encode() in p.read_bytes()]


def test_signature_is_double_and_the_example_is_made_up(
    store: tuple[Tracker, str], models: dict
) -> None:
    info = mlflow.models.Model.load(str(next(store[0].folder.rglob("MLmodel"))))  # type: ignore[union-attr]
    types = {c.name: str(c.type) for c in info.signature.inputs}  # type: ignore[union-attr]
    assert types == {
        "a__x__all": "DataType.double",
        "b__x__all": "DataType.double",
        "profile__c__static": "Any",
    }
    assert synthetic_example(models["churned"])["a__x__all"].tolist() == [0, 1, 2]


def test_a_changed_model_file_is_refused(models: dict, tmp_path: Path) -> None:
    tracker = Tracker(tmp_path / "runs")
    tracker.log_training(
        {"churned": models["churned"]},
        params={},
        metrics={},
        catalogue=pd.DataFrame({"name": []}),
        facts=made_up_facts(),
        artifacts={},
    )
    file = next((tmp_path / "runs").rglob("data/churned/model.lgb"))
    file.write_bytes(file.read_bytes().replace(b"leaf_value=", b"leaf_valve=", 1))
    with pytest.raises(ModelError, match="sha256 differs"):
        tracker.load()


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    tracker = Tracker(tmp_path / "runs")
    with pytest.raises(ModelError, match="does not have any finished training"):
        tracker.latest()
    assert not (tmp_path / "runs").exists()  # looking makes nothing


def test_an_unknown_run_is_said(store: tuple[Tracker, str]) -> None:
    for call in (store[0].load, store[0].discard, store[0].location):
        with pytest.raises(ModelError, match="does not have run 123"):
            call("123")
    assert store[0].latest() == store[1]


def test_a_text_of_a_run_and_what_is_nested_in_it(store: tuple[Tracker, str]) -> None:
    tracker, run = store
    assert tracker.text(run, "card.html") == "<p>card</p>"
    trials = pd.DataFrame({"trial": [0, 1], "loss": [0.5, 0.4], "seconds": 1.0, "num_leaves": 7})
    tuning = tracker.log_trials(trials)
    assert tracker.latest() == run  # a tuning is not a training
    client = mlflow.MlflowClient(tracker.uri)
    where = [client.get_run(run).info.experiment_id]
    nested = client.search_runs(where, f"tags.`mlflow.parentRunId` = '{tuning}'")
    assert {r.data.metrics["loss"] for r in nested} == {0.5, 0.4}
    tracker.discard(tuning)
    assert [r.info.run_id for r in client.search_runs(where)] == [run]


def test_a_training_that_cannot_be_logged_leaves_no_run_and_is_kept(
    store: tuple[Tracker, str],
    models: dict,
    frame: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    tracker = Tracker(store[0].folder, kept=tmp_path / "kept")  # type: ignore[arg-type]
    with monkeypatch.context() as broken:
        broken.setattr(MlflowStore, "log_files", lambda *given: 1 / 0)
        with pytest.raises(ModelError, match="ZeroDivisionError.* is kept in ") as error:
            tracker.log_training(
                models,
                params={"seed": 0},
                metrics={"churned_auc": 0.9},
                catalogue=pd.DataFrame({"name": ["a"]}),
                facts=made_up_facts(models=("churned", "ltv")),
                artifacts={"card.md": "# Card"},
                trials={"churned": pd.DataFrame({"trial": [0], "loss": [0.5], "seconds": 1.0})},
            )
    assert len(str(error.value).splitlines()) == 1
    assert tracker.latest() == store[1]
    client = mlflow.MlflowClient(tracker.uri)
    where = [client.get_run(store[1]).info.experiment_id]
    assert [r.info.run_id for r in client.search_runs(where)] == [store[1]]
    assert len(client.search_logged_models(where)) == 3  # those of the run that was there
    [kept] = (tmp_path / "kept").iterdir()
    assert f"log_kept('{kept}')" in str(error.value)
    run = tracker.load(tracker.log_kept(kept))
    np.testing.assert_array_equal(
        run.models["churned"].predict_proba(frame), models["churned"].predict_proba(frame)
    )
    assert run.metrics == {"churned_auc": 0.9} and tracker.text(run.run_id, "card.md") == "# Card"
    tracker.discard(run.run_id)
