"""LightGBM: the one import of it. Everything is deterministic under a seed, for any number of threads."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from churnlab.estimators.learners.folds import Folds

MAX_ROUNDS = 800
PATIENCE = 60
FIXED_ROUNDS = 100
_SMALL = 50_000


@dataclass(frozen=True)
class Plan:
    """How the trees are grown; `rounds` None lets the folds decide."""

    objective: str
    learning_rate: float
    num_leaves: int | None
    min_child_samples: int
    feature_fraction: float
    rounds: int | None
    seed: int
    threads: int

    def params(self, rows: int) -> dict[str, object]:
        """LightGBM's parameters; leaves shrink with the data so that 30 rows still learn."""
        params: dict[str, object] = {
            "objective": self.objective,
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves or _leaves_for(rows),
            "min_child_samples": max(1, min(self.min_child_samples, rows // 20)),
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "lambda_l2": 5.0 if rows >= 1000 else 0.1,
            "max_cat_to_onehot": 8,
            "seed": self.seed,
            "num_threads": self.threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        return params | ({"tweedie_variance_power": 1.3} if self.objective == "tweedie" else {})


def _leaves_for(rows: int) -> int:
    """Small trees on small data: experiments/learners says why."""
    return 7 if rows < _SMALL else 15


def fit(
    plan: Plan,
    X: np.ndarray,
    y: np.ndarray,
    categorical: list[int],
    folds: Folds,
    start: np.ndarray | None = None,
) -> tuple[lgb.Booster, np.ndarray | None]:
    """A booster on all rows, and what models that had not seen the row's person said of it: raw scores float64[n].

    The number of rounds is where the mean loss over the folds is least; without folds it is fixed, and there is no second. One fold alone is
    held out for good: the booster learns from the others. `start` float64[n] is a score that the trees add to and that theirs is without.
    """
    params = plan.params(len(y))
    if not folds:
        return lgb.train(params, _data(X, y, categorical, start), plan.rounds or FIXED_ROUNDS), None
    if len(folds) == 1:
        return _held_out(plan, params, X, y, categorical, folds[0], start)
    rounds, unseen = _rounds(plan, params, X, y, categorical, folds, start=start)
    return lgb.train(params, _data(X, y, categorical, start), rounds), unseen


def _data(
    X: np.ndarray, y: np.ndarray, categorical: list[int], start: np.ndarray | None = None
) -> lgb.Dataset:
    return lgb.Dataset(
        X,
        y,
        categorical_feature=categorical,
        feature_name=[f"f{i}" for i in range(X.shape[1])],
        init_score=start,
        free_raw_data=False,
        params={"verbosity": -1},
    )


def _held_out(
    plan: Plan,
    params: dict[str, object],
    X: np.ndarray,
    y: np.ndarray,
    categorical: list[int],
    fold: tuple[np.ndarray, np.ndarray],
    start: np.ndarray | None,
) -> tuple[lgb.Booster, np.ndarray]:
    learn, out = fold
    data = _data(_taken(X, learn), y[learn], categorical, None if start is None else start[learn])
    unknown = _taken(X, out)
    held = data.create_valid(unknown, y[out], init_score=None if start is None else start[out])
    stop = [] if plan.rounds else [lgb.early_stopping(PATIENCE, verbose=False)]
    booster = lgb.train(params, data, plan.rounds or MAX_ROUNDS, valid_sets=[held], callbacks=stop)
    best = (
        booster
        if booster.best_iteration <= 0
        else from_text(booster.model_to_string(num_iteration=booster.best_iteration))
    )
    unseen = np.full(len(y), np.nan)
    unseen[out] = raw(best, unknown, plan.threads)
    return best, unseen


def _taken(X: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Some rows of X; where its columns lie one behind another, as those of a frame do, a column at a time."""
    return X.T.take(rows, axis=1, mode="clip").T if X.flags.f_contiguous else X[rows]


def _rounds(
    plan: Plan,
    params: dict[str, object],
    X: np.ndarray,
    y: np.ndarray,
    categorical: list[int],
    folds: Folds,
    measure: Any = None,
    start: np.ndarray | None = None,
) -> tuple[int, np.ndarray]:
    stop = [] if plan.rounds else [lgb.early_stopping(PATIENCE, verbose=False)]
    run = lgb.cv(
        params,
        _data(X, y, categorical, start),
        plan.rounds or MAX_ROUNDS,
        folds=folds,
        callbacks=stop,
        feval=measure,
        return_cvbooster=True,
    )
    boosters = run["cvbooster"]
    rounds = (
        boosters.best_iteration
        if not plan.rounds and boosters.best_iteration > 0
        else plan.rounds or MAX_ROUNDS
    )
    unseen = np.full(
        (len(y), *([int(str(params["num_class"]))] if "num_class" in params else [])), np.nan
    )
    for booster, (_, out) in zip(boosters.boosters, folds, strict=True):
        unseen[out] = booster.predict(
            _taken(X, out), num_iteration=rounds, raw_score=True, num_threads=plan.threads
        )
    return rounds, unseen


def rescale(booster: lgb.Booster, slope: float, *shifts: float) -> lgb.Booster:
    """The booster whose k raw scores are `slope * score + shift`, so that calibration lives inside the model file; the first k trees
    hold the shifts."""
    trees = booster.num_trees()
    for tree, leaves in enumerate(_leaves(booster)):
        for leaf in range(leaves):
            value = booster.get_leaf_output(tree, leaf) * slope + (
                shifts[tree] if tree < len(shifts) else 0.0
            )
            booster.set_leaf_output(tree, leaf, value)
    return from_text(booster.model_to_string(num_iteration=trees))


def _leaves(booster: lgb.Booster) -> list[int]:
    return [
        int(leaves)
        for leaves in re.findall(
            r"^num_leaves=(\d+)$", booster.model_to_string(num_iteration=-1), re.MULTILINE
        )
    ]


@dataclass(frozen=True)
class Custom:
    """A loss of our own with as many scores a row as `start` has: first and second derivatives, the loss, and where the trees begin.

    The functions take labels float64[n] and scores float64[n, k].
    """

    gradients: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray]
    start: np.ndarray

    def objective(self, scores: np.ndarray, data: lgb.Dataset) -> tuple[np.ndarray, np.ndarray]:
        """As LightGBM asks for it."""
        return self.gradients(np.asarray(data.get_label(), np.float64), scores + self.start)

    def measure(self, scores: np.ndarray, data: lgb.Dataset) -> tuple[str, float, bool]:
        """The mean loss, as LightGBM asks for it."""
        return (
            "loss",
            float(self.loss(np.asarray(data.get_label(), np.float64), scores + self.start).mean()),
            False,
        )


def fit_custom(
    plan: Plan, task: Custom, X: np.ndarray, y: np.ndarray, categorical: list[int], folds: Folds
) -> tuple[lgb.Booster, np.ndarray | None]:
    """`fit` with a loss of our own; raw scores are float64[n, k]."""
    params = plan.params(len(y)) | {
        "objective": task.objective,
        "num_class": len(task.start),
        "metric": "None",
    }
    rounds, unseen = plan.rounds or FIXED_ROUNDS, None
    if folds:
        rounds, unseen = _rounds(plan, params, X, y, categorical, folds, task.measure)
        unseen = unseen + task.start
    booster = lgb.train(params, _data(X, y, categorical), rounds)
    return rescale(booster, 1.0, *task.start.tolist()), unseen


def merge(first: lgb.Booster, second: lgb.Booster) -> lgb.Booster:
    """One booster whose raw score is the sum of both, which have the same columns and one score a row."""
    (head, trees, tail), (_, more, _) = _pieces(first), _pieces(second)
    both = [f"Tree={i}\n" + tree.split("\n", 1)[1] for i, tree in enumerate(trees + more)]
    sizes = "tree_sizes=" + " ".join(str(len(tree)) for tree in both)
    lines = [sizes if line.startswith("tree_sizes=") else line for line in head.split("\n")]
    return from_text("\n".join(lines) + "".join(both) + tail)


def _pieces(booster: lgb.Booster) -> tuple[str, list[str], str]:
    """A model's text as its head, its trees and its tail."""
    text = booster.model_to_string(num_iteration=-1)
    body, mark, tail = text.partition("end of trees")
    head, *trees = body.split("Tree=")
    return head, ["Tree=" + tree for tree in trees], mark + tail


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
