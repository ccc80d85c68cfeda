"""Tuning with Optuna: better settings are found, judged on later days and other people."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from support.command import TOML, call, write

from churnlab.demo import datasets
from churnlab.errors import ConfigError, HistoryError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor
from churnlab.evaluation import metrics
from churnlab.model_registry.tracking import Tracker
from churnlab.training.tuning import SPACE, Tuned, TuningRows, tune

optuna = pytest.importorskip("optuna")
DAYS = pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"])


@pytest.fixture(scope="module")
def xor() -> tuple[pd.DataFrame, pd.Series]:
    """Two columns that say nothing alone, of 150 people on four days."""
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([range(150), DAYS], names=["user_id", "snapshot"])
    X = pd.DataFrame(
        rng.normal(size=(len(index), 3)),
        columns=["a__x__all", "b__x__all", "c__x__all"],
        index=index,
    )
    y = ((X["a__x__all"] > 0) ^ (X["b__x__all"] > 0) ^ (rng.random(len(X)) < 0.05)).astype(float)
    return X, y


def stunted() -> ChurnClassifier:
    """A model that cannot see pairs, because no leaf of a pair is large enough."""
    return ChurnClassifier(
        "lightgbm", num_leaves=2, min_child_samples=250, n_estimators=40, n_jobs=1
    )


@pytest.fixture(scope="module")
def tuned(xor: tuple[pd.DataFrame, pd.Series]) -> Tuned:
    return tune(stunted(), *xor, trials=8, purge=28)


def test_the_first_trial_is_what_was_given_and_better_settings_are_found(
    tuned: Tuned, xor: tuple[pd.DataFrame, pd.Series]
) -> None:
    X, y = xor
    first, best = tuned.trials.iloc[0], tuned.trials["loss"].min()
    assert (
        first["num_leaves"] == 2
        and first["min_child_samples"] == 250
        and first["learning_rate"] == 0.03
    )
    assert len(tuned.trials) == 8 and list(tuned.trials) == ["trial", "loss", "seconds", *SPACE]
    assert best < first["loss"] - 0.02
    assert (
        metrics.auc(y, tuned.model.predict_proba(X)[:, 1])
        > metrics.auc(y, stunted().fit(X, y).predict_proba(X)[:, 1]) + 0.1
    )


def test_a_loss_is_that_of_models_fitted_by_hand(
    tuned: Tuned, xor: tuple[pd.DataFrame, pd.Series]
) -> None:
    X, y = xor
    pairs, judged = TuningRows(X, y.to_numpy()).folds(purge=28, seed=0)
    assert judged == tuned.judged == "later days, for people not seen"
    row, by_hand = tuned.trials.iloc[-1], []
    for learn, out in pairs:
        settings = {
            name: row[name] if name in ("learning_rate", "feature_fraction") else int(row[name])
            for name in SPACE
        }
        model = ChurnClassifier("lightgbm", n_estimators=40, n_jobs=1, **settings).fit(
            X.iloc[learn], y.iloc[learn]
        )
        by_hand.append(metrics.log_loss(y.iloc[out], model.predict_proba(X.iloc[out])[:, 1]))
    assert row["loss"] == pytest.approx(np.mean(by_hand), abs=1e-12)


def test_the_same_seed_gives_the_same_trials_and_the_estimator_given_is_left_alone(
    tuned: Tuned, xor: tuple[pd.DataFrame, pd.Series]
) -> None:
    given = stunted()
    again = tune(given, *xor, trials=8, purge=28)
    pd.testing.assert_frame_equal(
        again.trials.drop(columns="seconds"), tuned.trials.drop(columns="seconds")
    )
    np.testing.assert_array_equal(
        again.model.predict_proba(xor[0]), tuned.model.predict_proba(xor[0])
    )
    assert given.num_leaves == 2 and not hasattr(given, "booster_")
    other = tune(stunted().set_params(random_state=1), *xor, trials=2, purge=28).trials
    assert (
        other["loss"][0] != tuned.trials["loss"][0]
        and other["learning_rate"][1] != tuned.trials["learning_rate"][1]
    )


@pytest.mark.parametrize(("purge", "cuts"), [(0, 3), (31, 3), (59, 2), (60, 1), (90, 1)])
def test_folds_learn_on_days_whose_labels_have_ended_from_other_people(
    xor: tuple[pd.DataFrame, pd.Series], purge: int, cuts: int
) -> None:
    X, y = xor
    pairs, _ = TuningRows(X, y.to_numpy()).folds(purge, seed=0)
    person, day = X.index.get_level_values("user_id"), X.index.get_level_values("snapshot")
    assert len(pairs) == cuts
    for learn, out in pairs:
        assert len(set(day[out])) == 1 and day[learn].max() < day[out][0]
        assert (day[out][0] - day[learn].max()).days >= purge
        assert not set(person[learn]) & set(person[out])


def test_without_earlier_days_folds_go_by_person(xor: tuple[pd.DataFrame, pd.Series]) -> None:
    X, y = xor
    plain = X.to_numpy(), y.to_numpy()
    for pairs, judged in (
        TuningRows(X, plain[1]).folds(400, seed=0),
        TuningRows(*plain, groups=np.repeat(np.arange(150), 4)).folds(0, seed=0),
    ):
        assert judged == "people not seen"
        assert sorted(np.concatenate([out for _, out in pairs]).tolist()) == list(range(600))
        assert all(not set(learn // 4) & set(out // 4) for learn, out in pairs)


def test_plain_arrays_are_tuned_with_groups_and_time_as_frames_are(
    xor: tuple[pd.DataFrame, pd.Series],
) -> None:
    X, y = xor
    person, day = X.index.get_level_values("user_id"), X.index.get_level_values("snapshot")
    named = tune(stunted(), X, y, trials=2, purge=28)
    plain = tune(stunted(), X.to_numpy(), y.to_numpy(), trials=2, purge=28, groups=person, time=day)
    np.testing.assert_array_equal(named.trials["loss"], plain.trials["loss"])


@pytest.mark.parametrize("objective", ["tweedie", "mae"])
def test_amounts_are_judged_by_the_loss_of_their_objective(
    xor: tuple[pd.DataFrame, pd.Series], objective: str
) -> None:
    X, _ = xor
    y = np.maximum(X["a__x__all"], 0) * 50
    model = LTVRegressor("lightgbm", objective=objective, n_estimators=40, n_jobs=1)
    rows = TuningRows(X, y.to_numpy())
    pairs, _ = rows.folds(purge=0, seed=0)
    found, wanted = rows.loss(model, pairs), []
    for learn, out in pairs:
        p, t = model.fit(X.iloc[learn], y.iloc[learn]).predict(X.iloc[out]), y.iloc[out].to_numpy()
        # M. Dunn and G. Smyth (2005), Series evaluation of Tweedie exponential dispersion model densities, for 1 < power < 2
        q = np.maximum(p, 1e-3 * t.mean())
        deviance = 2 * (t**0.7 / (-0.3 * 0.7) - t * q**-0.3 / -0.3 + q**0.7 / 0.7)
        wanted.append(np.mean(deviance if objective == "tweedie" else abs(t - p)))
    assert found == pytest.approx(np.mean(wanted), rel=1e-9)


def test_the_budget_ends_the_search(xor: tuple[pd.DataFrame, pd.Series]) -> None:
    assert len(tune(stunted(), *xor, budget_seconds=0.001).trials) == 1


def test_what_cannot_be_tuned_is_refused_in_one_line(
    xor: tuple[pd.DataFrame, pd.Series], monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = xor
    for wrong, says in (
        ({"trials": 0}, "trials is 0"),
        ({"budget_seconds": 0}, "budget_seconds is 0"),
    ):
        with pytest.raises(ConfigError, match=says):
            tune(stunted(), X, y, **wrong)
    with pytest.raises(ConfigError, match="algorithm to tune"):
        tune(ChurnClassifier("random_forest"), X, y)
    with pytest.raises(HistoryError, match=r"2 person\(s\)"):
        tune(stunted(), X.iloc[:8], y.iloc[:8])
    with pytest.raises(HistoryError, match="both classes"):
        tune(stunted(), X, y * 0)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"pip install churnlab\[tune\]") as error:
        tune(stunted(), X, y)
    assert "\n" not in str(error.value)


def test_optunas_own_verbosity_is_given_back(
    xor: tuple[pd.DataFrame, pd.Series], capfd: pytest.CaptureFixture[str]
) -> None:
    before = optuna.logging.get_verbosity()
    tune(stunted(), *xor, trials=1)
    assert optuna.logging.get_verbosity() == before and capfd.readouterr().err == ""


def test_trials_are_logged_as_nested_runs_and_none_is_taken_for_a_training(
    xor: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    tracker = Tracker(tmp_path / "runs")
    found = tune(stunted(), *xor, trials=3)
    tracker.log_trials(found.trials)
    runs = runs_of(tracker)
    parent = runs.pop("tuning")
    assert {name: r.data.metrics["loss"] for name, r in runs.items()} == {
        f"trial {i}": loss for i, loss in enumerate(found.trials["loss"])
    }
    assert {r.data.tags["mlflow.parentRunId"] for r in runs.values()} == {parent.info.run_id}
    with pytest.raises(ValueError, match="any finished training"):
        tracker.latest()


def runs_of(tracker: Tracker) -> dict:
    client = mlflow.MlflowClient(tracker.uri)
    ids = [e.experiment_id for e in client.search_experiments()]
    return {r.info.run_name: r for r in client.search_runs(ids)}


def test_the_command_tunes_and_keeps_the_trials_under_its_run(tmp_path: Path) -> None:
    community = datasets.make_community(users=150, days=120, seed=2)
    toml = (
        TOML.replace("ltv_horizon = 60", "ltv_horizon = 0")
        + '\n[model]\nalgorithm = "lightgbm"\nwhen = false\ntune = 2\n'
    )
    config = write(tmp_path, community.events, community.users, toml)
    result = json.loads(call("train", "--config", config, "--json"))
    tracker = Tracker(tmp_path / "runs")
    runs = runs_of(tracker)
    assert (
        set(runs) == {"training", "churned trial 0", "churned trial 1"}
        and tracker.latest() == result["run_id"]
    )
    assert runs["churned trial 1"].data.tags["mlflow.parentRunId"] == result["run_id"]
    assert float(runs["training"].data.params["churned_learning_rate"]) in [
        float(runs[f"churned trial {i}"].data.params["learning_rate"]) for i in (0, 1)
    ]
    assert "2 trials judged on" in Path(result["card_markdown"]).read_text()
    tracker.discard(result["run_id"])
    assert runs_of(tracker) == {}


def test_a_budget_that_cannot_be_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "churnlab.toml").write_text(TOML + "\n[model]\ntune = -1\n")
    assert "model.tune is -1" in call("train", "--config", tmp_path / "churnlab.toml", code=2)
    monkeypatch.setitem(sys.modules, "optuna", None)
    (tmp_path / "churnlab.toml").write_text(TOML + "\n[model]\ntune = 5\n")
    assert "pip install churnlab[tune]" in call(
        "train", "--config", tmp_path / "churnlab.toml", code=2
    )
