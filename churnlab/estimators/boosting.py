"""LightGBM: the one import of it. Everything is deterministic under a seed, for any number of threads."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from churnlab.estimators.folds import Folds

MAX_ROUNDS, PATIENCE, FIXED_ROUNDS = 800, 60, 100


@dataclass(frozen=True)
class Plan:
    """How the trees are grown; `rounds` None lets the folds decide."""

    objective: str
    learning_rate: float
    num_leaves: int
    min_child_samples: int
    feature_fraction: float
    rounds: int | None
    seed: int
    threads: int

    def params(self, rows: int) -> dict[str, object]:
        """LightGBM's parameters; leaves shrink with the data so that 30 rows still learn."""
        params: dict[str, object] = {
            "objective": self.objective, "learning_rate": self.learning_rate, "num_leaves": self.num_leaves,
            "min_child_samples": max(1, min(self.min_child_samples, rows // 20)), "feature_fraction": self.feature_fraction,
            "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0 if rows >= 1000 else 0.1, "max_cat_to_onehot": 8,
            "seed": self.seed, "num_threads": self.threads, "deterministic": True, "force_row_wise": True, "verbosity": -1}
        return params | ({"tweedie_variance_power": 1.3} if self.objective == "tweedie" else {})


def fit(plan: Plan, X: np.ndarray, y: np.ndarray, categorical: list[int], folds: Folds) -> tuple[lgb.Booster, np.ndarray | None]:
    """A booster on all rows, and what models that had not seen the row's person said of it: raw scores float64[n].

    The number of rounds is where the mean loss over the folds is least; without folds it is fixed, and there is no second.
    """
    params = plan.params(len(y))
    if not folds:
        return lgb.train(params, _data(X, y, categorical), plan.rounds or FIXED_ROUNDS), None
    rounds, unseen = _rounds(plan, params, X, y, categorical, folds)
    return lgb.train(params, _data(X, y, categorical), rounds), unseen


def _data(X: np.ndarray, y: np.ndarray, categorical: list[int]) -> lgb.Dataset:
    return lgb.Dataset(X, y, categorical_feature=categorical, feature_name=[f"f{i}" for i in range(X.shape[1])],
                       free_raw_data=False, params={"verbosity": -1})


def _rounds(plan: Plan, params: dict[str, object], X: np.ndarray, y: np.ndarray, categorical: list[int],
            folds: Folds) -> tuple[int, np.ndarray]:
    stop = [] if plan.rounds else [lgb.early_stopping(PATIENCE, verbose=False)]
    run = lgb.cv(params, _data(X, y, categorical), plan.rounds or MAX_ROUNDS, folds=folds, callbacks=stop, return_cvbooster=True)
    boosters = run["cvbooster"]
    rounds = boosters.best_iteration if not plan.rounds and boosters.best_iteration > 0 else plan.rounds or MAX_ROUNDS
    unseen = np.full(len(y), np.nan)
    for booster, (_, out) in zip(boosters.boosters, folds, strict=True):
        unseen[out] = booster.predict(X[out], num_iteration=rounds, raw_score=True, num_threads=plan.threads)
    return rounds, unseen


def rescale(booster: lgb.Booster, slope: float, shift: float) -> lgb.Booster:
    """The booster whose raw score is `slope * score + shift`, so that calibration lives inside the model file."""
    trees = booster.num_trees()
    for tree, leaves in enumerate(_leaves(booster)):
        for leaf in range(leaves):
            value = booster.get_leaf_output(tree, leaf) * slope + (shift if tree == 0 else 0.0)
            booster.set_leaf_output(tree, leaf, value)
    return from_text(booster.model_to_string(num_iteration=trees))


def _leaves(booster: lgb.Booster) -> list[int]:
    return [tree["num_leaves"] for tree in booster.dump_model()["tree_info"]]


def raw(booster: lgb.Booster, X: np.ndarray, threads: int) -> np.ndarray:
    """Raw scores, float64[n]."""
    return np.asarray(booster.predict(X, raw_score=True, num_threads=threads))


def contributions(booster: lgb.Booster, X: np.ndarray, threads: int) -> np.ndarray:
    """SHAP values of the raw score, float64[n, p + 1]; the last column is the base."""
    return np.asarray(booster.predict(X, pred_contrib=True, num_threads=threads))


def to_text(booster: lgb.Booster) -> str:
    """The model as LightGBM's text, which holds no code."""
    return str(booster.model_to_string())


def from_text(text: str) -> lgb.Booster:
    """The model of a text whose digest was checked before: LightGBM itself does not survive a corrupt one."""
    return lgb.Booster(model_str=text)
