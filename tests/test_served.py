"""The served model gives what the local one gives: by hand, by pyfunc, and by a real server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from support.facts import made_up_facts
from support.made_models import churn_tides, fitted_on_mixed, mixed, predicted

import churnlab as cl
from churnlab import served
from churnlab.errors import FrameError, ModelError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import ChurnHazard
from churnlab.estimators.regressor import LTVRegressor
from churnlab.model_registry.mlflow_store import save_together, signature, synthetic_example
from churnlab.model_registry.tracking import Tracker

X, Y, _ = mixed()
PLANS = ["free", "paid", "trial"]
_STARTS_WITHIN_SECONDS = 300


@pytest.mark.parametrize("kind", [ChurnClassifier, LTVRegressor])
def test_a_loaded_model_serves_probabilities_or_amounts(kind: type, tmp_path: Path) -> None:
    model = fitted_on_mixed(kind, "lightgbm")
    loaded = served._load_pyfunc(str(model.save(tmp_path)))
    np.testing.assert_array_equal(loaded.predict(X), predicted(model, X))


def test_categories_may_come_as_text_and_unknown_ones_are_missing() -> None:
    model = fitted_on_mixed(ChurnClassifier, "lightgbm")
    text = X.assign(c=X["c"].astype(str))
    np.testing.assert_array_equal(served.Served(model).predict(text), predicted(model, X))
    unknown = served.Served(model).predict(text.assign(c="new"))
    missing = X.assign(c=pd.Categorical([None] * len(X), categories=["x", "y", "z"]))
    np.testing.assert_array_equal(unknown, predicted(model, missing))


def test_a_hazard_serves_its_curve() -> None:
    y = pd.DataFrame({"leaves_week": np.where(Y == 1, 1.0, np.nan), "known_weeks": 3})
    learner = ChurnClassifier("lightgbm", n_estimators=5)
    hazard = cl.ChurnHazard(2, learner=learner).fit(X, y)
    curve = served.Served(hazard).predict(X, params={"ignored": 1})
    np.testing.assert_array_equal(curve, hazard.predict_curve(X).to_numpy())


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model can be read"):
        served._load_pyfunc(str(tmp_path))


@dataclass(frozen=True)
class Logged:
    """A model with a season and categories, its rows, and the folder that MLflow made of it."""

    model: ChurnClassifier
    X: pd.DataFrame
    folder: str

    @property
    def columns(self) -> pd.DataFrame:
        """The rows with the snapshot as a column, as a server takes them."""
        return self.X.reset_index("snapshot").reset_index(drop=True)

    @property
    def text(self) -> pd.DataFrame:
        """The same with the snapshot and the categories as text."""
        X = self.columns
        plan = X["plan"].astype(object).where(X["plan"].notna(), None)
        return X.assign(snapshot=X["snapshot"].dt.strftime("%Y-%m-%d"), plan=plan)

    @property
    def right(self) -> np.ndarray:
        """The local model's probabilities."""
        return self.model.predict_proba(self.X)[:, 1]


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Logged:
    X, y, _ = churn_tides()
    plans = np.where(np.arange(len(X)) % 7 == 3, None, np.take(PLANS, np.arange(len(X)) % 3))
    X = X.assign(plan=pd.Categorical(plans, categories=PLANS))
    model = ChurnClassifier(n_estimators=12, learning_rate=0.2, n_jobs=1).fit(X, y)
    assert model.needs_time_
    tracker = Tracker(tmp_path_factory.mktemp("served") / "runs")
    run = tracker.log_training(
        {"churned": model},
        params={},
        metrics={},
        catalogue=pd.DataFrame({"name": ["a"], "says": ["a"]}),
        facts=made_up_facts(),
        artifacts={},
    )
    mlflow.set_tracking_uri(tracker.uri)
    folder = mlflow.artifacts.download_artifacts(
        f"runs:/{run}/churned", dst_path=str(tmp_path_factory.mktemp("model"))
    )
    spread = np.linspace(0, len(X) - 1, 60).astype(int)
    rows = X.iloc[spread].copy()
    rows["plan"] = rows["plan"].cat.add_categories("unseen")
    rows.iloc[5, rows.columns.get_loc("plan")] = "unseen"
    return Logged(model, rows, folder)


def test_pyfunc_takes_dates_text_and_category_columns(logged: Logged) -> None:
    loaded = mlflow.pyfunc.load_model(logged.folder)
    days = logged.columns["snapshot"]
    for given in (
        logged.X,
        logged.columns,
        logged.text,
        logged.columns.assign(snapshot=days.dt.date),
        logged.columns.assign(snapshot=days.dt.tz_localize("Asia/Shanghai")),
        logged.columns.assign(snapshot=days.dt.strftime("%Y%m%d").astype("category")),
        logged.text.assign(more="columns are left out"),
    ):
        np.testing.assert_allclose(loaded.predict(given), logged.right, rtol=0, atol=1e-12)


def test_the_snapshot_is_in_the_signature_and_its_absence_is_told_in_one_line(
    logged: Logged,
) -> None:
    loaded = mlflow.pyfunc.load_model(logged.folder)
    inputs = loaded.metadata.signature.inputs
    assert inputs.input_names() == [*logged.X.columns, "snapshot"]
    assert inputs.required_input_names() == list(logged.X.columns)
    made_up = ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert list(synthetic_example(logged.model)["snapshot"]) == made_up
    with pytest.raises(FrameError, match="learnt a season and needs the snapshot") as refused:
        loaded.predict(logged.columns.drop(columns="snapshot"))
    assert "\n" not in str(refused.value)
    with pytest.raises(FrameError, match="rows is 'last week'; give dates, or ISO text"):
        loaded.predict(logged.text.assign(snapshot="last week"))


def test_a_model_without_a_season_declares_no_snapshot() -> None:
    X, y, _ = churn_tides(40)
    model = ChurnClassifier("lightgbm", n_estimators=3, n_jobs=1).fit(X, y)
    example = synthetic_example(model)
    names = signature(example, model.predict_proba(example)[:, 1], model).inputs.input_names()
    assert names == list(example) == list(X)


def test_a_hazard_with_a_season_takes_the_snapshot_too() -> None:
    X, y, _ = churn_tides()
    weeks = pd.DataFrame({"leaves_week": np.where(y == 1, 0.0, np.nan), "known_weeks": 1})
    learner = ChurnClassifier(n_estimators=5, n_jobs=1)
    hazard = ChurnHazard(2, learner=learner, n_jobs=1).fit(X, weeks)
    assert hazard.needs_time_ and "snapshot" in synthetic_example(hazard)
    text = X.reset_index("snapshot").assign(snapshot=lambda t: t["snapshot"].astype(str))
    pd.testing.assert_frame_equal(
        hazard.predict_curve(text).reset_index(drop=True),
        hazard.predict_curve(X).reset_index(drop=True),
    )


def test_both_are_served_by_one_pyfunc_with_the_columns_of_both(
    logged: Logged, tmp_path: Path
) -> None:
    y = np.linspace(0, 9, len(logged.X))
    other = logged.X[["plan"]].assign(money=y, more=y[::-1])
    value = LTVRegressor("lightgbm", n_estimators=5, n_jobs=1).fit(other, y)
    save_together({"churned": logged.model, "ltv": value}, tmp_path / "both")
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "both"))
    names = loaded.metadata.signature.inputs.input_names()
    assert names == [*logged.X.columns, "money", "more", "snapshot"]
    rows = logged.text.assign(money=y, more=y[::-1], name="left out")
    found = loaded.predict(rows)
    np.testing.assert_allclose(found["churn_probability"], logged.right, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["expected_value"], value.predict(other), rtol=0, atol=1e-9)
    save_together({"churned": logged.model}, tmp_path / "alone")
    alone = mlflow.pyfunc.load_model(str(tmp_path / "alone")).predict(logged.text)
    assert list(alone) == ["churn_probability", "expected_value"]
    assert alone["expected_value"].isna().all()


@pytest.fixture(scope="module")
def address(logged: Logged, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", logged.folder]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    here = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with log.open("w") as said:
        server = subprocess.Popen(
            [*command, "--workers", "1"],
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": here, "PATH": tools},
            start_new_session=True,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/ping", server, log)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _STARTS_WITHIN_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text()[-2000:])


def _asked(address: str, body: Any) -> np.ndarray:
    content = json.dumps(body).encode()
    request = urllib.request.Request(address, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return np.array(json.loads(answer.read())["predictions"])


def test_a_server_gives_what_the_local_model_gives(logged: Logged, address: str) -> None:
    records = json.loads(logged.text.to_json(orient="records", double_precision=15))
    exact = logged.text.astype(object).where(logged.text.notna(), None)
    rows = exact.to_dict("records")
    split = {"columns": list(exact), "data": exact.to_numpy().tolist()}
    dated = [row | {"snapshot": row["snapshot"] + "T00:00:00.000Z"} for row in rows]
    for body in ({"dataframe_records": rows}, {"dataframe_split": split}):
        np.testing.assert_allclose(_asked(address, body), logged.right, rtol=0, atol=1e-12)
    for body in ({"dataframe_records": dated}, {"dataframe_records": records}):
        np.testing.assert_allclose(_asked(address, body), logged.right, rtol=0, atol=1e-9)
    with pytest.raises(urllib.error.HTTPError) as refused:
        _asked(address, {"dataframe_records": [row | {"snapshot": "soon"} for row in rows]})
    assert "rows is 'soon'; give dates" in refused.value.read().decode()
