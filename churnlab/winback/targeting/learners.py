"""Uplift learners: what each treatment would do to each person, learnt from an experiment.

The two-model learner takes the difference of two outcome models (the T-learner of S. Künzel,
J. Sekhon, P. Bickel and B. Yu, 2019, Metalearners for estimating heterogeneous treatment effects,
PNAS 116). The doubly robust learner regresses doubly robust scores, of models that did not see the
person, on what was known of the person (E. Kennedy, 2023, Towards optimal doubly robust estimation
of heterogeneous causal effects, EJS 17).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor
from churnlab.winback.targeting.effect_trees import ALGORITHMS, EffectTrees
from churnlab.winback.targeting.scores import effect_scores, fitted
from churnlab.winback.targeting.trial import Trial

LearnerName: TypeAlias = Literal["doubly_robust", "two_model"]
LEARNERS = ("doubly_robust", "two_model")
_INNER_FOLDS = 3
_FAST = {"learning_rate": 0.1, "calibrate": False}
_LEAST_ROWS = 20  # of an arm, below which its outcome is the mean


class Learnt(Protocol):
    """What a learner has learnt."""

    def expected(self, X: pd.DataFrame) -> np.ndarray:
        """The outcome expected under each arm, float64[n, k + 1], nothing first."""
        ...

    def effects(self, X: pd.DataFrame) -> np.ndarray:
        """The effect of each treatment against nothing, float64[n, k]; above 0 is good."""
        ...


class UpliftLearner(Protocol):
    """What can learn effects. A learner of another library, such as econml's, needs no more."""

    def fit(self, X: pd.DataFrame, trial: Trial) -> Learnt:
        """What was learnt from the people of a trial, X one row each."""
        ...


@dataclass(frozen=True)
class Outcomes:
    """One outcome model for each arm, nothing first."""

    models: tuple[Any, ...]

    @classmethod
    def fit(cls, X: pd.DataFrame, trial: Trial, learner: Learner) -> Outcomes:
        """A model of each arm's people: ChurnClassifier for outcomes of 0 and 1, LTVRegressor for
        amounts, EffectTrees where an outcome is below zero. An arm of fewer than 20 people, or with
        one outcome only, has its mean; an arm without people that of everybody.

        >>> X = pd.DataFrame({"visits": np.arange(200.0)})
        >>> trial = Trial.checked(np.ones(200), np.repeat(["none", "gift"], 100))
        >>> Outcomes.fit(X, trial, Learner(n_estimators=5)).expected(X.head(1)).tolist()
        [[1.0, 1.0]]
        """
        return cls(tuple(_arm(X, trial, k, learner) for k in range(len(trial.arms) + 1)))

    def expected(self, X: pd.DataFrame) -> np.ndarray:
        """The outcome expected under each arm, float64[n, k + 1]."""
        return np.column_stack([_predict(model, X) for model in self.models])


@dataclass(frozen=True)
class TwoModel:
    """Learnt as differences of outcome models."""

    outcomes: Outcomes

    def expected(self, X: pd.DataFrame) -> np.ndarray:
        """The outcome expected under each arm, float64[n, k + 1]."""
        return self.outcomes.expected(X)

    def effects(self, X: pd.DataFrame) -> np.ndarray:
        """The effect of each treatment against nothing, float64[n, k]."""
        found = self.expected(X)
        return found[:, 1:] - found[:, [0]]


@dataclass(frozen=True)
class DoublyRobust:
    """Learnt as regressions of doubly robust scores."""

    outcomes: Outcomes
    trees: tuple[EffectTrees, ...]

    def expected(self, X: pd.DataFrame) -> np.ndarray:
        """The outcome expected under each arm, float64[n, k + 1]."""
        return self.outcomes.expected(X)

    def effects(self, X: pd.DataFrame) -> np.ndarray:
        """The effect of each treatment against nothing, float64[n, k]."""
        return np.column_stack([trees.predict(X) for trees in self.trees])


@dataclass(frozen=True)
class Learner:
    """How effects are learnt.

    - kind: "doubly_robust" or "two_model".
    - algorithm: "lightgbm" or "random_forest".
    - n_estimators: trees of each model; None lets folds decide how many trees of effects there are,
      or takes 100 in a forest.
    - outcome_trees: trees of the outcome models. They need not be the best: with the chances of
      an experiment, scores are right on average whatever these models say.
    - seed: of every random choice.

    >>> X = pd.DataFrame({"visits": np.arange(600.0)})
    >>> w = np.tile(["none", "gift"], 300)
    >>> kept = np.where((w == "gift") & (X["visits"] < 300), 1.0, X["visits"] % 7 < 2)
    >>> found = Learner(n_estimators=30).fit(X, Trial.checked(kept, w)).effects(X.iloc[[0, 599]])
    >>> bool(found[0, 0] > found[1, 0] + 0.2)
    True
    """

    kind: LearnerName = "doubly_robust"
    algorithm: Literal["lightgbm", "random_forest"] = "lightgbm"
    n_estimators: int | None = None
    outcome_trees: int = 40
    seed: int = 0

    def __post_init__(self) -> None:
        for what, given, known in (
            ("learner", self.kind, LEARNERS),
            ("algorithm", self.algorithm, ALGORITHMS),
        ):
            if given not in known:
                raise ConfigError.from_unknown(what, given, known)

    def fit(self, X: pd.DataFrame, trial: Trial) -> Learnt:
        """What was learnt from the people of a trial, X one row each."""
        outcomes = Outcomes.fit(X, trial, self)
        if self.kind == "two_model":
            return TwoModel(outcomes)
        fold = folds_of(trial, _INNER_FOLDS, self.seed)
        scores = unseen_scores(X, trial, self, fold)
        trees = tuple(
            EffectTrees(self.algorithm, self.n_estimators, self.seed).fit(X, score, trial.cluster)
            for score in scores.T
        )
        return DoublyRobust(outcomes, trees)


def unseen_scores(
    X: pd.DataFrame,
    trial: Trial,
    learner: Learner,
    fold: np.ndarray,
    group: np.ndarray | None = None,
) -> np.ndarray:
    """Doubly robust scores of effects, float64[n, k], from outcome models of the other folds.

    fold: int64[n], as `folds_of` gives them. group: int64[n], the groups whose mean scores are
    wanted; `scores.fitted` then fits the models to each of them.
    """
    expected = np.empty((len(trial), len(trial.arms) + 1))
    for one in np.unique(fold):
        learn, held_out = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        models = Outcomes.fit(X.iloc[learn], trial.take(learn), learner)
        expected[held_out] = models.expected(X.iloc[held_out])
    if group is not None:
        expected = fitted(expected, trial.y, trial.w, group, fold)
    return effect_scores(trial.y, trial.w, trial.p, expected)


def folds_of(trial: Trial, count: int, seed: int) -> np.ndarray:
    """A fold of each person, int64[n], with the same share of each arm; clusters stay whole.

    >>> trial = Trial.checked(np.ones(200), np.repeat(["none", "gift"], 100))
    >>> np.bincount(folds_of(trial, 4, seed=0)[:100]).tolist()
    [25, 25, 25, 25]
    """
    first = np.unique(trial.cluster, return_index=True)[1]
    chance = np.random.default_rng(seed)
    fold = np.empty(len(first), np.int64)
    arm = trial.w[first]
    for k in np.unique(arm):
        mine = chance.permutation(np.flatnonzero(arm == k))
        fold[mine] = np.arange(len(mine)) % count
    return fold[np.unique(trial.cluster, return_inverse=True)[1]]


def _arm(X: pd.DataFrame, trial: Trial, arm: int, learner: Learner) -> Any:
    """The outcome model of an arm, or a number."""
    mine = np.flatnonzero(trial.w == arm)
    y = trial.y[mine]
    if not len(mine):
        return float(trial.y.mean())
    if len(mine) < _LEAST_ROWS or y.min() == y.max():
        return float(y.mean())
    settings: dict[str, Any] = {
        "n_estimators": learner.outcome_trees,
        "random_state": learner.seed,
    } | _FAST
    if np.isin(y, (0, 1)).all():
        model: Any = ChurnClassifier(learner.algorithm, **settings)
    elif y.min() >= 0:
        model = LTVRegressor(learner.algorithm, **settings)
    else:
        model = EffectTrees(learner.algorithm, learner.outcome_trees, learner.seed)
        return model.fit(X.iloc[mine], y, trial.cluster[mine])
    return model.fit(X.iloc[mine], y, groups=trial.cluster[mine])


def _predict(model: Any, X: pd.DataFrame) -> np.ndarray:
    if isinstance(model, float):
        return np.full(len(X), model)
    if isinstance(model, ChurnClassifier):
        return np.asarray(model.predict_proba(X)[:, 1])
    return np.asarray(model.predict(X))
