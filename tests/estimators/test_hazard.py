"""The hazard: against a simulated curve, against the classifier on the same rows, refusals."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

import churnlab as cl
from churnlab.demo.datasets import make_community
from churnlab.errors import ConfigError, FrameError, HistoryError, ModelError
from churnlab.estimators.hazard import survival
from churnlab.estimators.loading import load
from churnlab.evaluation import metrics
from churnlab.nightly import scoring

WEEKS = 6


def learner(**options: object) -> cl.ChurnClassifier:
    return cl.ChurnClassifier("lightgbm", n_estimators=60, learning_rate=0.1, **options)


def simulated(
    rows: int, seed: int, last: int = WEEKS
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """X, labels and the true curve, whose hazard is high in week 0 and rises slowly after it.

    A person has four snapshots; a third of them, at random, are observed for fewer weeks.
    """
    rng = np.random.default_rng(seed)
    people = pd.MultiIndex.from_arrays(
        [
            np.arange(rows) // 4,
            pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(rows) % 4, "D"),
        ],
        names=["user_id", "snapshot"],
    )
    X = pd.DataFrame(
        {
            "a__x__all": rng.normal(size=rows),
            "noise__x__all": rng.normal(size=rows),
            "profile__c__static": pd.Categorical(rng.choice(["p", "q"], rows)),
        },
        index=people,
    )
    week = np.arange(WEEKS + 1)
    start = (
        -2.5 + 1.2 * X["a__x__all"].to_numpy() + 0.8 * (X["profile__c__static"] == "q").to_numpy()
    )
    hazard = expit(start[:, None] + np.where(week == 0, 1.0, 0.1 * week))
    leaves = rng.random(hazard.shape) < hazard
    first = np.where(leaves.any(axis=1), leaves.argmax(axis=1), 99.0)
    known = np.where(rng.random(rows) < 1 / 3, rng.integers(1, last + 1, rows), last + 1).astype(
        float
    )
    return (
        X,
        pd.DataFrame(
            {"leaves_week": np.where(first < known, first, np.nan), "known_weeks": known},
            index=people,
        ),
        np.cumprod(1 - hazard, axis=1),
    )


@pytest.fixture(scope="module")
def fitted() -> cl.ChurnHazard:
    X, y, _ = simulated(6000, 0)
    return cl.ChurnHazard(WEEKS, learner=learner(), most=99).fit(X, y)


@pytest.mark.parametrize("most", [99, 2.0])
def test_the_curve_is_the_true_one_with_all_rows_and_with_some(
    fitted: cl.ChurnHazard, most: float
) -> None:
    X, y, _ = simulated(6000, 0)
    model = fitted if most > 9 else cl.ChurnHazard(WEEKS, learner=learner(), most=most).fit(X, y)
    new, _, truth = simulated(2000, 1)
    curve = model.predict_curve(new)
    assert (
        curve.shape == (2000, WEEKS + 1)
        and curve.index.equals(new.index)
        and list(curve.columns) == list(range(WEEKS + 1))
    )
    assert np.abs(curve.mean() - truth.mean(axis=0)).max() < 0.02
    assert np.abs(curve.to_numpy() - truth).mean() < 0.05
    same = np.tile(truth.mean(axis=0), (2000, 1))
    assert np.abs(curve.to_numpy() - truth).mean() < 0.35 * np.abs(same - truth).mean()


def test_the_curve_never_rises_and_begins_at_the_hazard_of_week_0(fitted: cl.ChurnHazard) -> None:
    new = simulated(300, 2)[0]
    curve, churn = fitted.predict_curve(new), fitted.predict_proba(new)
    assert (
        (np.diff(curve.to_numpy(), axis=1) <= 0).all()
        and curve.min(axis=None) >= 0
        and curve.max(axis=None) <= 1
    )
    np.testing.assert_allclose(churn.sum(axis=1), 1)
    np.testing.assert_allclose(churn[:, 1], 1 - curve[0])
    risk = np.linspace(0, 1, 300)
    from_risk = fitted.predict_curve(new, risk)
    np.testing.assert_allclose(from_risk[0], 1 - risk)
    np.testing.assert_allclose(from_risk[3] * curve[0], curve[3] * from_risk[0])


def test_the_churn_probability_is_as_good_as_the_classifiers_and_calibrated() -> None:
    """The days on which the simulated people leave are known."""
    community = make_community(users=300, days=260, seed=3)
    table = community.log().daily()
    days = range(table.start + 70, table.end - 30, 20)
    targets = [cl.Churn(30), cl.TimeToChurn(30, weeks=WEEKS)]
    data = cl.build_dataset(
        table,
        cl.Snapshots.at(table, days, targets=targets),
        cl.FeatureSet.of(["LoginIntervals", "Tenure", "SessionShortening"]),
    )
    train, test = data.split(table.start + 170)
    hazard = cl.ChurnHazard(WEEKS, learner=learner()).fit(train.X, train.labels)
    risk, other = (
        hazard.predict_proba(test.X)[:, 1],
        learner().fit(train.X, train.y("churned")).predict_proba(test.X)[:, 1],
    )
    y = test.y("churned").to_numpy()
    assert metrics.auc(y, risk) > metrics.auc(y, other) - 0.01
    assert metrics.log_loss(y, risk) < metrics.log_loss(y, other) + 0.01
    assert abs(risk.mean() - other.mean()) < 0.02 and np.abs(risk - other).mean() < 0.03
    left = test.X.join(community.truth.set_index("user_id")["left_on"], on="user_id")["left_on"]
    at = test.X.index.get_level_values("snapshot")
    true = np.array([1 - np.mean(left <= at + pd.Timedelta(days=7 * w)) for w in range(WEEKS + 1)])
    assert np.abs(hazard.predict_curve(test.X).mean() - true).max() < 0.04
    assert np.abs(survival(test.labels) - true).max() < 0.02


def test_weeks_that_nobody_was_observed_to_reach_are_missing() -> None:
    X, y, _ = simulated(800, 4, last=3)
    model = cl.ChurnHazard(WEEKS, learner=learner()).fit(X, y)
    curve = model.predict_curve(X)
    assert (
        model.weeks_ == 3
        and curve[[4, 5, 6]].isna().all(axis=None)
        and curve[[0, 1, 2, 3]].notna().all(axis=None)
    )


def test_rows_are_sampled_with_the_first_week_kept_and_blind_to_who_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y, _ = simulated(3000, 5)
    seen = {}
    fit = cl.ChurnClassifier.fit
    monkeypatch.setattr(
        cl.ChurnClassifier,
        "fit",
        lambda self, X, y, **rest: seen.update(X=X, y=y, **rest) or fit(self, X, y, **rest),
    )
    at_risk = [
        (week, leaves == week)
        for leaves, known in y.itertuples(index=False)
        for week in range(int(known))
        if not leaves < week
    ]
    later = [left for week, left in at_risk if week > 0]
    rate = np.mean(later)
    for options, rows in (({"most": 2.0}, 6000), ({"max_rows": 4000}, 4000)):
        cl.ChurnHazard(WEEKS, learner=learner(), **options).fit(X, y)  # type: ignore[arg-type]
        first = seen["X"]["weeks_ahead"] == 0
        assert len(seen["y"]) == rows
        assert first.sum() == min(3000, max(rows // 2, rows - len(later)))
        assert seen["y"][~first.to_numpy()].mean() == pytest.approx(rate, abs=0.02)
        assert seen["groups"] is None and list(seen["X"].index.names) == ["user_id", "snapshot"]


def test_the_same_twice_whatever_the_threads_and_the_order_of_calls(fitted: cl.ChurnHazard) -> None:
    X, y, _ = simulated(1000, 6)
    one, many = (
        cl.ChurnHazard(WEEKS, learner=learner(), n_jobs=n).fit(X, y).predict_curve(X)
        for n in (1, -1)
    )
    pd.testing.assert_frame_equal(one, many)
    pd.testing.assert_frame_equal(
        pd.concat([fitted.predict_curve(X[:7]), fitted.predict_curve(X[7:])]),
        fitted.predict_curve(X),
    )
    pd.testing.assert_frame_equal(
        fitted.predict_curve(X[X.columns[::-1]].assign(more=1.0)), fitted.predict_curve(X)
    )


def test_snapshots_of_a_person_stay_together_without_an_index(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y, _ = simulated(400, 7)
    seen = []
    fit = cl.ChurnClassifier.fit
    monkeypatch.setattr(
        cl.ChurnClassifier,
        "fit",
        lambda self, X, y, **rest: seen.append(rest["groups"]) or fit(self, X, y, **rest),
    )
    matrix = X[["a__x__all", "noise__x__all"]].to_numpy()
    model = cl.ChurnHazard(WEEKS, learner=learner(), most=99).fit(matrix, y.reset_index(drop=True))
    assert len(np.unique(seen[0])) == 400 and model.predict_curve(matrix).shape == (400, WEEKS + 1)
    cl.ChurnHazard(WEEKS, learner=learner()).fit(matrix, y, groups=np.arange(400) // 4)
    assert len(np.unique(seen[1])) == 100


def test_a_saved_hazard_predicts_the_same_and_is_written_the_same(
    fitted: cl.ChurnHazard, tmp_path: Path
) -> None:
    X = simulated(50, 8)[0]
    again = load(fitted.save(tmp_path / "when"))
    assert isinstance(again, cl.ChurnHazard)
    assert again.get_params(deep=False).keys() == fitted.get_params(deep=False).keys()
    pd.testing.assert_frame_equal(again.predict_curve(X), fitted.predict_curve(X))
    assert again.save(tmp_path / "again") and {
        p.name: p.read_bytes() for p in (tmp_path / "again").iterdir()
    } == {p.name: p.read_bytes() for p in (tmp_path / "when").iterdir()}
    pd.testing.assert_frame_equal(
        scoring.unpack(pickle.loads(pickle.dumps(scoring.pack(fitted)))).predict_curve(X),
        fitted.predict_curve(X),
    )


@pytest.mark.parametrize("file", ["hazard.json", "model.json", "model.lgb"])
def test_a_changed_file_is_refused(fitted: cl.ChurnHazard, tmp_path: Path, file: str) -> None:
    fitted.save(tmp_path)
    (tmp_path / file).write_text((tmp_path / file).read_text().replace("6", "5", 1))
    with pytest.raises(ModelError):
        load(tmp_path)
    (tmp_path / file).write_text("{")
    with pytest.raises(ModelError):
        load(tmp_path)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 9)), min_size=1, max_size=30))
def test_the_observed_curve_is_kaplan_meiers(made: list[tuple[int, int]]) -> None:
    y = pd.DataFrame(
        {
            "leaves_week": [w if w < k else np.nan for k, w in made],
            "known_weeks": [k for k, _ in made],
        }
    )
    there, expected = survival(y), 1.0
    for week in range(len(there)):
        at_risk = [(k, w) for k, w in made if k > week and w >= week]
        expected *= 1 - sum(w == week for _, w in at_risk) / len(at_risk)
        assert there[week] == pytest.approx(expected)
    assert not [k for k, w in made if k > len(there) and w >= len(there)]


def test_impossible_labels_and_options_are_refused_in_one_line(fitted: cl.ChurnHazard) -> None:
    X, y, _ = simulated(200, 10)
    refused = [
        (FrameError, "y lacks 1 column.*'known_weeks'", X, y[["leaves_week"]]),
        (FrameError, "y has 199 values for 200 rows", X, y[1:]),
        (FrameError, "'leaves_week' of the snapshots is 9.0", X, y.assign(leaves_week=9.0)),
        (FrameError, "'known_weeks' of the snapshots is -1", X, y.assign(known_weeks=-1)),
        (HistoryError, "one class only", X, y.assign(leaves_week=np.nan)),
        (FrameError, "weeks_ahead", X.assign(weeks_ahead=1), y),
    ]
    for kind, says, given_X, given_y in refused:
        with pytest.raises(kind, match=says):
            cl.ChurnHazard(WEEKS, learner=learner()).fit(given_X, given_y)
    for wrong in ({"weeks": 0}, {"max_rows": 10}, {"most": 0.5}):
        with pytest.raises(ConfigError):
            cl.ChurnHazard(**wrong).fit(X, y)
    with pytest.raises(FrameError, match="'a__x__all'"):
        fitted.predict_curve(X.drop(columns="a__x__all"))
    with pytest.raises(FrameError, match="risk has 3 values"):
        fitted.predict_curve(X, np.zeros(3))
