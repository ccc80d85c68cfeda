"""Uplift: people are judged by models of earlier folds, and what is planted is found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.planted import planted
from support.uplifted import QUICK, fitted

from churnlab.errors import ConfigError, TrialError
from churnlab.winback.experiments.experiment import Experiment
from churnlab.winback.targeting.budget import BudgetCurve
from churnlab.winback.targeting.gain import auuc, qini
from churnlab.winback.targeting.trial import Trial
from churnlab.winback.targeting.uplift import Uplift, as_features


class Watched:
    """A learner that notes who taught and who was asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[set[int], set[int]]] = []

    def fit(self, X: pd.DataFrame, trial: Trial) -> Watched.Model:
        return Watched.Model(self, set(X.index), len(trial.arms))

    class Model:
        def __init__(self, watched: Watched, rows: set[int], arms: int) -> None:
            self.watched, self.rows, self.arms = watched, rows, arms

        def expected(self, X: pd.DataFrame) -> np.ndarray:
            return np.zeros((len(X), self.arms + 1))

        def effects(self, X: pd.DataFrame) -> np.ndarray:
            self.watched.calls.append((self.rows, set(X.index)))
            return np.tile(X[["noise"]].to_numpy(), (1, self.arms))


def test_each_fold_is_ranked_by_a_model_of_earlier_folds_alone() -> None:
    made, learner = planted(600), Watched()
    found = Uplift.fit(made.trial, made.X, learner, folds=4)
    assert len(learner.calls) == 3
    for one, (taught, asked) in enumerate(learner.calls, start=1):
        assert taught == set(np.flatnonzero(found.fold < one))
        assert asked == set(np.flatnonzero(found.fold == one))
    assert np.isnan(found.effect[found.fold == 0]).all()
    assert found.predict(made.X.head(3)).shape == (3, 3)


def test_what_is_planted_is_found_and_noise_is_not() -> None:
    found = fitted()
    rates = found.rates[found.rates["weighting"] == "autoc"].set_index("arm")
    assert rates.loc["gift", "low"] > 0 and rates.loc["gift", "p_holm"] < 0.05
    assert (found.rates["p_holm"] >= found.rates["p"]).all()
    made = planted(2000, seed=1)
    noise = Uplift.fit(made.trial, made.X, Watched())
    assert not noise.rate("gift").something_to_target


def test_gain_qini_and_auuc_are_those_of_the_people_held_out() -> None:
    found = fitted()
    assert found.judged.mean() == pytest.approx(0.8, abs=0.01)
    mine = found.judged & np.isin(found.trial.w, (0, 1))
    folds = [found.effect[mine & (found.fold == k), 0] for k in range(1, 5)]
    place = np.empty(mine.sum())
    for k, effect in enumerate(folds, start=1):
        rank = pd.Series(-effect).rank(method="average").to_numpy() - 0.5
        place[found.fold[mine] == k] = rank / len(effect)
    y, treated = found.trial.y[mine], found.trial.w[mine] == 1
    chance = np.where(treated, 0.2, 0.4)
    assert found.qini("gift") == pytest.approx(qini(y, treated, -place, chance), abs=1e-12)
    assert found.auuc("gift") == pytest.approx(auuc(y, treated, -place, chance), abs=1e-12)
    table = found.gain("gift")
    assert table["people"].iloc[-1] == found.judged.sum()
    assert table["kept"].iloc[-1] == pytest.approx(1000 * found.scores[found.judged, 0].mean())
    assert table["per_money"].iloc[-1] == pytest.approx(table["kept"].iloc[-1] / 4000)


def test_the_budget_curve_is_that_of_the_people_held_out() -> None:
    found = fitted()
    mine = found.judged
    curve = found.curve([0.5, 1.0])
    folds = [np.flatnonzero(mine & (found.fold == k)) for k in range(1, 5)]
    cost = found.trial.costs()
    each = [
        BudgetCurve.of(found.effect[at], cost[at], found.scores[at], budgets=[0.5]) for at in folds
    ]
    mean = sum(len(at) * one.at(0.5).value for at, one in zip(folds, each, strict=True))
    assert curve.at(0.5).value == pytest.approx(mean / mine.sum(), abs=1e-12)
    with pytest.raises(ConfigError, match="at least 0"):
        found.curve([-1.0])


def test_all_outcomes_equal_leave_nothing_to_target() -> None:
    made = planted(600)
    flat = Trial.checked(np.ones(600), np.tile(["none", "gift"], 300), cost={"gift": 1.0})
    found = Uplift.fit(flat, made.X, QUICK, folds=3)
    assert found.rate("gift").value == 0 and found.rates["p_holm"].tolist() == [1.0, 1.0]
    assert found.curve().needed == 0


def test_an_experiment_brings_its_trial_and_what_was_known() -> None:
    made = planted(900)
    names = np.array(["none", *made.trial.arms], object)
    table = made.X.assign(
        user_id=np.arange(900), treatment=names[made.trial.w], left=1 - made.trial.y, city="x"
    )
    given = {"worse": ["left"], "known": ["silent_days", "noise", "city"]}
    experiment = Experiment.from_frame(table, ["left"], **given)
    found = Uplift.of_experiment(experiment, "left", Watched())
    assert found.trial.outcome == "kept" and found.trial.y.tolist() == made.trial.y.tolist()
    assert list(found.X) == ["silent_days", "noise", "city"]
    with pytest.raises(TrialError, match="cost of"):
        found.curve()
    watched = Experiment.from_frame(table, ["left"], randomised=False, **given)
    with pytest.raises(TrialError, match="not randomised"):
        Uplift.of_experiment(watched, "left", Watched())


def test_what_does_not_fit_is_refused() -> None:
    made = planted(600)
    with pytest.raises(TrialError, match="X has the shape 3"):
        Uplift.fit(made.trial, made.X.head(3), QUICK)
    with pytest.raises(ConfigError, match="folds is 1"):
        Uplift.fit(made.trial, made.X, QUICK, folds=1)
    with pytest.raises(TrialError, match="600 people cannot be split into 200"):
        Uplift.fit(made.trial, made.X, QUICK, folds=200)
    with pytest.raises(ConfigError, match="unknown treatment 'gft'"):
        fitted().rate("gft")


def test_text_and_truth_values_become_features() -> None:
    X = as_features(pd.DataFrame({"a": ["x", None], "b": [True, False], "c": [1, 2]}, index=[5, 6]))
    assert [str(kind) for kind in X.dtypes] == ["category", "float64", "int64"]
    assert X.index.tolist() == [0, 1]


def test_it_says_in_short_what_it_is_and_shows_nobody() -> None:
    found = fitted()
    assert repr(found) == "Uplift(4,000 people, kept: gift, update, message)"
    assert repr(found.trial).startswith("Trial(kept: {'none': ")
    curve = found.curve([0.5, 1.0])
    assert repr(curve).startswith("BudgetCurve(2 budgets, up to ")
    assert "<table" in curve._repr_html_() and "per 1,000" in curve.plot().ax_.get_ylabel()
