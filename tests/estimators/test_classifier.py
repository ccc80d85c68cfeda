"""The churn classifier: calibration, contributions, seasons, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.metrics import log_loss, roc_auc_score
from support import poor_rows
from support.made_models import churn_tides, fitted_on_mixed, mixed

from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.learners import season
from churnlab.estimators.learners.season import SeasonalShift
from churnlab.estimators.loading import load
from churnlab.evaluation import metrics
from churnlab.explanation.explanation import explain

X, Y, _ = mixed()
ROWS = len(X)


@pytest.fixture(scope="module")
def seasonal() -> tuple[ChurnClassifier, pd.DataFrame, np.ndarray]:
    X, y, _ = churn_tides()
    return ChurnClassifier(n_estimators=12, learning_rate=0.2, n_jobs=1).fit(X, y), X, y


def test_probabilities_are_calibrated_on_people_not_used_in_fitting() -> None:
    half = ROWS // 2
    for algorithm in ("blend", "lightgbm", "random_forest"):
        model = ChurnClassifier(algorithm).fit(X[:half], Y[:half])
        p = model.predict_proba(X[half:])[:, 1]
        assert metrics.auc(Y[half:].to_numpy(), p) > 0.78
        assert metrics.calibration_slope(Y[half:].to_numpy(), p) == pytest.approx(1, abs=0.3)
        assert p.mean() == pytest.approx(Y[half:].mean(), abs=0.05)


@pytest.mark.parametrize("algorithm", ChurnClassifier.algorithms)
def test_contributions_add_up_to_the_calibrated_log_odds(algorithm: str) -> None:
    model = ChurnClassifier(algorithm).fit(X, Y)
    values, base = model.contributions(X)
    p = model.predict_proba(X)[:, 1]
    np.testing.assert_allclose(values.sum(axis=1) + base, np.log(p / (1 - p)), atol=1e-9)


def test_classes_keep_their_labels_and_the_larger_one_is_churn() -> None:
    words = np.where(Y == 1, "left", "here")
    model = ChurnClassifier("lightgbm", n_estimators=60).fit(X, words)
    assert model.classes_.tolist() == ["here", "left"]
    numbers = fitted_on_mixed(ChurnClassifier, "lightgbm")
    np.testing.assert_array_equal(model.predict_proba(X), numbers.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X) == "left", numbers.predict(X) == 1)


def test_one_class_and_an_unknown_algorithm_are_refused() -> None:
    with pytest.raises(HistoryError, match="one class only"):
        ChurnClassifier().fit(X, np.zeros(ROWS))
    with pytest.raises(ConfigError, match="unknown algorithm 'lightgmb': did you mean 'lightgbm'"):
        ChurnClassifier("lightgmb").fit(X, Y)


def test_contributions_of_a_blend_with_season_and_made_columns_add_up(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray],
) -> None:
    model, X, _ = seasonal
    assert model.season_ is not None and model.btyd_ is not None
    values, base = model.contributions(X)
    np.testing.assert_allclose(values.sum(axis=1) + base, model.raw_score(X), atol=1e-9)
    np.testing.assert_allclose(expit(model.raw_score(X)), model.predict_proba(X)[:, 1], atol=1e-12)
    own = list(model.own_catalogue()["name"])
    assert list(model.widened(X)) == [*X, *own] and values.shape[1] == len(X.columns) + len(own)
    assert own[-1] == season.shift_name("log-odds") and own[0].startswith("btyd__")
    np.testing.assert_array_equal(values[:, -1], model.widened(X)[season.shift_name("log-odds")])
    np.testing.assert_array_equal(model.prepare(X), model.widened(X).iloc[:, :-1].to_numpy())
    assert list(model.own_catalogue().columns) == [
        "name",
        "signal",
        "builder",
        "unit",
        "window",
        "says",
        "missing",
        "templates",
        "about",
        "topic",
        "theme",
    ]


def test_a_blend_is_explained_in_sentences_with_its_made_columns(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray],
) -> None:
    model, X, _ = seasonal
    catalogue = pd.DataFrame(
        {
            "name": list(X),
            "signal": ["a", "b", "cadence", "lifecycle", "cadence"],
            "builder": "b",
            "unit": "x",
            "window": "all",
            "says": "{value:.1f}",
            "missing": "nothing",
        }
    )
    found = explain(model, X[:200], catalogue)
    assert list(found.values) == list(found.X) == list(model.widened(X))
    assert set(found.groups()) == {"a", "b", "cadence", "lifecycle", "btyd", "calendar"}
    assert {"other", "silence", "day"} <= set(found.themes())


def test_the_seasonal_shift_comes_from_training(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray],
) -> None:
    model, X, _ = seasonal
    snapshots = pd.DatetimeIndex(X.index.get_level_values("snapshot"))
    shift = SeasonalShift(**model.season_).at(snapshots)
    assert shift.std() > 0.3 and model.needs_time_
    next_year = X.rename(index=lambda day: day + pd.Timedelta(days=365), level="snapshot")
    assert np.corrcoef(model.raw_score(next_year), model.raw_score(X))[0, 1] > 0.98


def test_the_time_of_a_season_comes_from_the_index_a_column_or_the_argument(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray],
) -> None:
    model, X, _ = seasonal
    days = pd.DatetimeIndex(X.index.get_level_values("snapshot"))
    bare = X.reset_index(drop=True)
    right = model.predict_proba(X)
    times = {
        "dates": list(days.date),
        "text": days.strftime("%Y-%m-%d").to_numpy(),
        "zoned": days.tz_localize("Asia/Kolkata"),
        "zoned text": [f"{day:%Y-%m-%d}T00:00:00+08:00" for day in days],
        "categories": pd.Series(days.strftime("%Y%m%d")).astype("category"),
        "numpy": days.to_numpy("datetime64[D]"),
    }
    for name, time in times.items():
        np.testing.assert_array_equal(model.predict_proba(bare, time=time), right, err_msg=name)
        with_column = bare.assign(snapshot=time)
        np.testing.assert_array_equal(model.predict_proba(with_column), right, err_msg=name)
        np.testing.assert_array_equal(model.predict_proba(model.select(with_column)), right)
    text = bare.assign(snapshot=times["text"])
    for method in ("predict", "raw_score"):
        one, other = getattr(model, method)(text), getattr(model, method)(X)
        np.testing.assert_array_equal(one, other)
    pd.testing.assert_frame_equal(model.widened(text), model.widened(X).reset_index(drop=True))
    values, base = model.contributions(text)
    np.testing.assert_allclose(values.sum(axis=1) + base, model.raw_score(X), atol=1e-9)
    day = days[0]
    np.testing.assert_array_equal(
        model.predict_proba(bare[:5], time=str(day)), model.predict_proba(bare[:5], time=[day] * 5)
    )


@pytest.mark.parametrize(
    ("time", "told"),
    [
        (None, "needs the snapshot of each row"),
        ("yesterday", "of 9 rows is 'yesterday'; give dates"),
        ("now", "of 9 rows is 'now'; give dates"),
        (20260301, "of 9 rows is 20260301; give dates"),
        ([None] * 9, "of 9 rows is missing"),
        (["2026-03-01"] * 8, "time has 8 values for 9 rows of X"),
        (["2026-03-01"] * 8 + ["2026-02-30"], "of 1 rows is '2026-02-30'"),
    ],
)
def test_a_season_without_a_readable_time_is_refused_in_one_line(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray], time: Any, told: str
) -> None:
    model, X, _ = seasonal
    bare = X[:9].reset_index(drop=True)
    for ask in (model.predict, model.predict_proba, model.raw_score, model.contributions):
        with pytest.raises(FrameError, match=re.escape(told)) as refused:
            ask(bare, time=time)
        assert "\n" not in str(refused.value)


def test_a_column_of_snapshots_teaches_what_an_index_level_teaches() -> None:
    X, y, _ = churn_tides(40)
    model = ChurnClassifier(n_estimators=3, n_jobs=1).fit(X, y)
    as_text = X.reset_index("snapshot")
    as_text["snapshot"] = as_text["snapshot"].dt.strftime("%Y-%m-%d")
    again = ChurnClassifier(n_estimators=3, n_jobs=1).fit(as_text, y)
    assert list(again.feature_names_in_) == list(X) and again.season_ == model.season_
    np.testing.assert_array_equal(again.predict_proba(as_text), model.predict_proba(X))


def test_a_saved_model_predicts_the_same_bits_whole_or_in_parts(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray], tmp_path: Path
) -> None:
    model, X, _ = seasonal
    again = load(model.save(tmp_path))
    assert isinstance(again, ChurnClassifier)
    assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert again.contributions(X)[0].tobytes() == model.contributions(X)[0].tobytes()
    pd.testing.assert_frame_equal(again.own_catalogue(), model.own_catalogue())
    pd.testing.assert_frame_equal(again.widened(X), model.widened(X))
    parts = [model.predict_proba(X[i : i + 97]) for i in range(0, len(X), 97)]
    assert np.concatenate(parts).tobytes() == model.predict_proba(X).tobytes()


def test_threads_and_the_source_of_people_and_days_change_nothing() -> None:
    X, y, _ = churn_tides(40)
    options = {"n_estimators": 5, "learning_rate": 0.2}
    one, two = (ChurnClassifier(**options, n_jobs=n).fit(X, y).predict_proba(X) for n in (1, 2))
    assert one.tobytes() == two.tobytes()
    person, day = (X.index.get_level_values(name) for name in ("user_id", "snapshot"))
    told = ChurnClassifier(**options, n_jobs=1).fit(
        X.reset_index(drop=True), y, groups=person, time=day
    )
    assert told.predict_proba(X).tobytes() == one.tobytes()
    with pytest.raises(FrameError, match="time has 3 values"):
        ChurnClassifier().fit(X, y, time=[1, 2, 3])


def test_a_model_of_an_array_makes_no_columns(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray],
) -> None:
    _, X, y = seasonal
    array = X.to_numpy()
    model = ChurnClassifier(n_estimators=20, learning_rate=0.1, n_jobs=1).fit(array, y)
    assert model.btyd_ is None and model.season_ is None and len(model.own_catalogue()) == 0
    values, base = model.contributions(array)
    assert values.shape == array.shape
    np.testing.assert_allclose(
        values.sum(axis=1) + base, logit(model.predict_proba(array)[:, 1]), atol=1e-9
    )
    assert roc_auc_score(y, model.predict_proba(array)[:, 1]) > 0.7


def test_a_blend_is_no_worse_than_its_trees_where_truth_is_a_line_and_people_are_few() -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(4300, 12))
    y = (rng.random(4300) < expit(X @ rng.normal(size=12) * 0.5)).astype(int)
    said = {
        a: ChurnClassifier(a, n_jobs=1).fit(X[:300], y[:300]).predict_proba(X[300:])[:, 1]
        for a in ("blend", "lightgbm")
    }
    assert roc_auc_score(y[300:], said["blend"]) > roc_auc_score(y[300:], said["lightgbm"]) + 0.002
    assert log_loss(y[300:], said["blend"]) < log_loss(y[300:], said["lightgbm"])


@pytest.mark.parametrize("algorithm", ChurnClassifier.algorithms)
@pytest.mark.parametrize("name", poor_rows.FRAMES)
def test_columns_that_say_nothing_do_not_hurt(name: str, algorithm: str) -> None:
    frame = poor_rows.FRAMES[name](poor_rows.X)
    model = ChurnClassifier(algorithm, n_estimators=20, n_jobs=1).fit(frame, poor_rows.Y)
    p = model.predict_proba(frame)[:, 1]
    poor_rows.check_sound(p, len(frame))
    assert p.max() <= 1 and abs(p.mean() - poor_rows.Y.mean()) < 0.05
    values, base = model.contributions(frame)
    np.testing.assert_allclose(values.sum(axis=1) + base, model.raw_score(frame), atol=1e-9)


@pytest.mark.parametrize("algorithm", ChurnClassifier.algorithms)
@pytest.mark.parametrize("name", poor_rows.LABELS)
def test_labels_that_are_one_sided_give_a_number(name: str, algorithm: str) -> None:
    y = np.asarray(poor_rows.LABELS[name], float)
    p = ChurnClassifier(algorithm, n_jobs=1).fit(poor_rows.X, y).predict_proba(poor_rows.X)[:, 1]
    poor_rows.check_sound(p, len(poor_rows.X))
    assert p.max() <= 1 and abs(p.mean() - y.mean()) < 0.1


@pytest.mark.parametrize("algorithm", ChurnClassifier.algorithms)
def test_folds_of_one_class_are_not_learnt_from(algorithm: str) -> None:
    groups = np.where(
        poor_rows.Y == 1, 0, 1 + np.arange(len(poor_rows.Y)) % 40
    )  # whoever churns is one person: a fold without them has none to learn from
    p = (
        ChurnClassifier(algorithm, n_jobs=1)
        .fit(poor_rows.X, poor_rows.Y, groups=groups)
        .predict_proba(poor_rows.X)[:, 1]
    )
    poor_rows.check_sound(p, len(poor_rows.X))
    assert p[poor_rows.Y == 1].mean() > p[poor_rows.Y == 0].mean()


@pytest.mark.parametrize("algorithm", ChurnClassifier.algorithms)
@pytest.mark.parametrize("rows", [2, 3, 10, 19, 60])
def test_few_rows_are_few_and_no_fault(rows: int, algorithm: str) -> None:
    y = np.arange(rows) % 2
    poor_rows.check_sound(
        ChurnClassifier(algorithm, n_jobs=1)
        .fit(poor_rows.X[:rows], y)
        .predict_proba(poor_rows.X)[:, 1],
        len(poor_rows.X),
    )
