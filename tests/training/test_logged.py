"""From a notebook to a logged run and its card, without a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from churnlab.config.tables import Config
from churnlab.dataset.build import build_dataset
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors import ConfigError, ModelError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor
from churnlab.features.feature_set import FeatureSet
from churnlab.model_registry.tracking import Tracker
from churnlab.report.cards.record import Costs
from churnlab.schema.targets import Churn, LifetimeValue
from churnlab.training.approval import registry
from churnlab.training.card_files import check_card, write_card
from churnlab.training.judging import Judged, judge
from churnlab.training.logged import Run, card, log


@pytest.fixture(scope="module")
def sides(community: Any) -> tuple[Dataset, Dataset]:
    activity = community.log().daily()
    days = list(range(activity.start + 60, activity.end - 30, 15))
    targets = [Churn(horizon=30, lead=2), LifetimeValue(horizon=20)]
    snapshots = Snapshots.at(activity, days, active_within=45, targets=targets)
    features = FeatureSet.of(["Tenure", "LoginIntervals"])
    return build_dataset(activity, snapshots, features).split(days[-1])


@pytest.fixture(scope="module")
def judged(sides: tuple[Dataset, Dataset]) -> Judged:
    train, test = sides
    churn = ChurnClassifier("lightgbm", n_estimators=20).fit(train.X, train.y("churned"))
    value = LTVRegressor("lightgbm", n_estimators=20).fit(train.X, train.y("ltv"))
    forest = RandomForestClassifier(20, random_state=0).fit(train.X, train.y("churned"))
    return judge([churn, value], train, test, others={"a forest": forest})


@pytest.fixture(scope="module")
def run(judged: Judged, tmp_path_factory: pytest.TempPathFactory) -> Run:
    store = Tracker(tmp_path_factory.mktemp("runs"))
    costs = Costs(contact=1, offer=5, success=0.3)
    return log(judged.models, judged, "A shop", tracker=store, owner="Mei", costs=costs)


def test_the_run_holds_what_was_judged_and_its_models_predict_the_same(
    run: Run, judged: Judged
) -> None:
    stored = run.tracker.load(run.run_id)
    facts = stored.facts
    assert run.models == ("churned", "ltv") == facts.models
    assert (facts.name, facts.active_within, facts.timezone) == ("A shop", 45, "Asia/Shanghai")
    assert (facts.target.churn_horizon, facts.target.lead, facts.target.ltv_horizon) == (30, 2, 20)
    assert facts.features == ("Tenure", "LoginIntervals")
    assert facts.version == run.version
    assert stored.metrics.items() >= judged.metrics().items()
    assert judged.test is not None
    X = stored.models["churned"].select(judged.test.X)
    said = stored.models["churned"].predict_proba(X)[:, 1]
    assert said == pytest.approx(judged.predictions["churned"]["churnlab"])


def test_the_card_is_right_and_shows_itself_without_any_id(run: Run, judged: Judged) -> None:
    assert check_card(run.tracker, run.run_id) == ()
    made = card(run)
    assert str(made.title) == "A shop: who is about to leave"
    page, text = made._repr_html_(), made.markdown()
    assert "Mei" in text
    assert made.record.themes
    assert [lead.days for lead in made.record.leads] == [0]
    assert made.record.costs is not None
    assert judged.test is not None
    users = judged.test.X.index.get_level_values("user_id").unique()
    assert not any(str(user) in page for user in users)
    assert str(card(run.run_id, tracker=run.tracker).title) == str(made.title)


def test_the_run_shows_itself_and_is_a_draft_that_can_be_put_forward(run: Run) -> None:
    said = run._repr_html_()
    assert run.run_id in said
    assert "State: Draft" in said
    assert "churned, ltv" in said
    versions = registry(run.store, "a shop")
    assert versions.of_run(run.run_id) is None
    assert versions.submit(run.run_id).state.value == "PendingReview"


def test_the_command_line_finds_the_run(run: Run, tmp_path: Path) -> None:
    given = {"path": "x", "user": "u", "time": "t", "event": "e"}
    settings = Config.of({"log": given, "tracking": {"store": run.store}}, tmp_path)
    assert write_card(settings, run.run_id, "zh").card_html.is_file()


@pytest.fixture
def own_mlflow(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """MLflow's own store, of this test alone, with an experiment `mine`."""
    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{folder}/mlflow.db"
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    mlflow.create_experiment("mine", artifact_location=(folder / "mine").as_uri())
    yield uri
    mlflow.set_tracking_uri(before)


def test_a_run_is_nested_in_the_active_one_of_mlflow(judged: Judged, own_mlflow: str) -> None:
    mlflow.set_experiment("mine")
    with mlflow.start_run() as outer:
        inner = log(judged.models, judged)
    client = mlflow.MlflowClient(own_mlflow)
    found = client.get_run(inner.run_id)
    assert found.data.tags["mlflow.parentRunId"] == outer.info.run_id
    assert found.info.experiment_id == outer.info.experiment_id
    assert client.get_run(outer.info.run_id).data.metrics == {}
    assert str(card(inner.run_id).title) == "Model: who is about to leave"


def test_without_an_active_run_it_is_a_new_one(judged: Judged, own_mlflow: str) -> None:
    made = log(judged.models, judged)
    client = mlflow.MlflowClient(own_mlflow)
    found = client.get_run(made.run_id)
    assert client.get_experiment(found.info.experiment_id).name == "churnlab"
    assert "mlflow.parentRunId" not in found.data.tags


def test_a_model_of_another_library_is_judged_and_not_stored(
    sides: tuple[Dataset, Dataset], tmp_path: Path
) -> None:
    train, test = sides
    forest = RandomForestClassifier(20, random_state=0).fit(train.X, train.y("churned"))
    made = log(forest, judge(forest, train, test), tracker=Tracker(tmp_path / "runs"))
    assert made.models == ()
    assert "RandomForestClassifier is judged on the card and not stored" in made._repr_html_()
    assert card(made).record.themes == ()
    assert check_card(made.tracker, made.run_id) == ()
    with pytest.raises(ModelError, match="stores no model"):
        made.tracker.load(made.run_id)
    with pytest.raises(ModelError, match="no model that can be put forward"):
        registry(made.store).submit(made.run_id)


def test_what_cannot_be_logged_is_refused_in_one_line(
    judged: Judged, sides: tuple[Dataset, Dataset], tmp_path: Path
) -> None:
    train, test = sides
    churn, value = judged.models["churned"], judged.models["ltv"]
    other = ChurnClassifier("lightgbm", n_estimators=3).fit(train.X, train.y("churned"))
    store = Tracker(tmp_path / "runs")
    with pytest.raises(ModelError, match="is not the model of churned that was judged"):
        log(other, judged, tracker=store)
    with pytest.raises(ModelError, match="a card is about churn"):
        log(value, judge(value, train, test), tracker=store)
    undefined = replace(train, targets=()), replace(test, targets=())
    with pytest.raises(ModelError, match="these labels have no definition"):
        log(churn, judge(churn, *undefined), tracker=store)
    with pytest.raises(ConfigError, match="unknown language"):
        log(churn, judge(churn, train, test), tracker=store, language="xx")
    assert not (tmp_path / "runs").exists()


def test_rows_of_your_own_have_a_card_and_no_reasons(
    judged: Judged, sides: tuple[Dataset, Dataset], tmp_path: Path
) -> None:
    own = [replace(side, told_by=None, active_within=None) for side in sides]
    churn = judged.models["churned"]
    made = log(churn, judge(churn, *own), tracker=Tracker(tmp_path / "runs"))
    facts = made.tracker.load(made.run_id).facts
    assert (facts.active_within, facts.timezone, facts.features) == (0, "", ())
    assert check_card(made.tracker, made.run_id) == ()
    assert np.isfinite(card(made).record.told)
