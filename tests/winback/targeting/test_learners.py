"""Uplift learners: what is planted is learnt, and nobody is scored by a model of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.planted import planted

from churnlab.errors import ConfigError
from churnlab.winback.targeting import learners
from churnlab.winback.targeting.learners import Learner, Outcomes, folds_of, unseen_scores
from churnlab.winback.targeting.trial import Trial

SMALL = {"n_estimators": 15, "outcome_trees": 10}


@pytest.mark.parametrize("kind", ["doubly_robust", "two_model"])
@pytest.mark.parametrize("algorithm", ["lightgbm", "random_forest"])
def test_planted_effects_are_found(kind: str, algorithm: str) -> None:
    made = planted(3000)
    found = Learner(kind, algorithm, **SMALL).fit(made.X, made.trial).effects(made.X)
    gift, update, message = (pd.Series(e).groupby(made.stage).mean() for e in found.T)
    assert gift["fading"] > max(gift[""], gift["gone"]) + 0.03
    assert update["gone"] > update[""]
    assert message["fading"] < message[""]


def test_scores_come_from_models_of_other_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    made, seen = planted(600), []
    fold = folds_of(made.trial, 3, 0)

    class Watched:
        def __init__(self, rows: set[int]) -> None:
            self.rows = rows

        def expected(self, X: pd.DataFrame) -> np.ndarray:
            seen.append((self.rows, set(X.index)))
            return np.zeros((len(X), 4))

    def fit(X: pd.DataFrame, trial: Trial, learner: Learner) -> Watched:
        return Watched(set(X.index))

    monkeypatch.setattr(learners.Outcomes, "fit", fit)
    unseen_scores(made.X, made.trial, Learner(), fold)
    assert len(seen) == 3
    assert all(not learnt & scored for learnt, scored in seen)
    assert set().union(*(scored for _, scored in seen)) == set(range(600))


def test_an_arm_with_one_outcome_or_few_people_has_its_mean() -> None:
    made = planted(600)
    flat = Trial.checked(np.ones(600), np.tile(["none", "gift"], 300))
    assert Outcomes.fit(made.X, flat, Learner()).expected(made.X.head(2)).tolist() == [[1, 1]] * 2
    few = flat.take(np.r_[0:300:2, 1:20:2])
    found = Outcomes.fit(made.X.iloc[: len(few)], few, Learner(**SMALL))
    assert isinstance(found.models[1], float)
    nobody = flat.take(np.arange(0, 600, 2))
    assert Outcomes.fit(made.X.iloc[:300], nobody, Learner(**SMALL)).models[1] == 1.0


@pytest.mark.parametrize("low", [0.0, -3.0])
def test_amounts_are_learnt_above_and_below_zero(low: float) -> None:
    chance = np.random.default_rng(0)
    X = pd.DataFrame({"size": chance.uniform(0, 1, 800)})
    w = chance.choice(["none", "gift"], 800)
    y = low + 5 * X["size"].to_numpy() + 2 * (w == "gift") + chance.uniform(0, 1, 800)
    found = Outcomes.fit(X, Trial.checked(y, w, outcome="money"), Learner(**SMALL)).expected(X)
    assert (found[:, 1] - found[:, 0]).mean() == pytest.approx(2, abs=0.7)


def test_folds_have_the_same_share_of_each_arm_and_clusters_stay_whole() -> None:
    made = planted(1000)
    fold = folds_of(made.trial, 5, 0)
    for k in range(4):
        sizes = np.bincount(fold[made.trial.w == k], minlength=5)
        assert sizes.max() - sizes.min() <= 1
    w = np.repeat(np.tile(["none", "gift"], 60), 3)
    whole = Trial.checked(np.ones(360), w, cluster=np.repeat(np.arange(120), 3))
    assert (np.diff(folds_of(whole, 4, 0).reshape(120, 3), axis=1) == 0).all()


def test_unknown_learners_and_algorithms_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown learner 'x_learner'"):
        Learner("x_learner")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="unknown algorithm"):
        Learner(algorithm="forest")  # type: ignore[arg-type]
