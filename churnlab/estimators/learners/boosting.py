"""LightGBM boosters: the only import of LightGBM.

Results are deterministic under a seed, for any number of threads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import lightgbm as lgb
import numpy as np

from churnlab.estimators.learners.chosen import TreeSize
from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.unlogged import UNLOGGED
from churnlab.kernels import forks
from churnlab.schema.progress import bar, counted, uncounted

MAX_ROUNDS = 800
_ROWS_A_STEP = 2048  # explained between two looks at the bar
PATIENCE = 60
FIXED_ROUNDS = 100
_SMALL_DATA = 50_000
forks.in_children(lambda: lgb.basic._LIB.LGBM_SetMaxThreads(1))
# A booster fitted on all rows, and out-of-fold raw scores float64[n] (None without folds).
GrownTrees: TypeAlias = tuple[lgb.Booster, np.ndarray | None]


@dataclass(frozen=True)
class Plan:
    """Settings of LightGBM. `rounds` is the number of trees; None lets the folds decide.

    `sizes` are those of the boosters of an earlier fit, which this one is to have; empty for a fit
    that chooses.
    """

    objective: str
    learning_rate: float
    num_leaves: int | None
    min_child_samples: int
    feature_fraction: float
    rounds: int | None
    seed: int
    threads: int
    sizes: tuple[TreeSize, ...] = ()

    def as_chosen(self, sizes: tuple[TreeSize, ...], booster: int = 0) -> Plan:
        """The plan of one booster, the first or the second, whose size was chosen before."""
        rounds, leaves = sizes[booster]
        return replace(self, rounds=rounds, num_leaves=leaves, sizes=sizes)

    def params(self, rows: int) -> dict[str, object]:
        """LightGBM's parameters for `rows` training rows.

        Leaves are smaller on small data, so that a model can be learnt from 30 rows.
        """
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
    """Small trees on small data; experiments/learners gives the reason."""
    return 7 if rows < _SMALL_DATA else 15


@UNLOGGED
def fit(
    plan: Plan,
    X: np.ndarray,
    y: np.ndarray,
    categorical: list[int],
    folds: Folds,
    start: np.ndarray | None = None,
    weight: np.ndarray | None = None,
) -> GrownTrees:
    """A booster fitted on all rows, and out-of-fold raw scores float64[n], or None without folds.

    The number of rounds is the one with the least mean loss over the folds; without folds it is
    fixed. A single fold is a holdout: the booster learns from its other rows alone, and rows that
    are not held out get NaN.

    X: float64[n, p]. y: float64[n]. categorical: positions of the columns with category codes.
    start: a score float64[n] that the trees add to; no raw score includes it. weight: how often a
    row counts in the losses, float64[n]; None for once.
    """
    training = _Training(plan, plan.params(len(y)), X, y, categorical, start, weight)
    if not folds:
        return training.grow(plan.rounds or FIXED_ROUNDS), None
    if len(folds) == 1:
        return training.held_out(*folds[0])
    rounds, unseen = training.cross_validated(folds)
    return training.grow(rounds), unseen


@dataclass(frozen=True)
class CustomLoss:
    """A loss that LightGBM does not have, with k raw scores a row.

    gradients: first and second derivatives, float64[n, k] each, of labels float64[n] and scores
    float64[n, k]. loss: the loss of each row, float64[n], of the same. start: the scores at which
    the trees begin, float64[k].
    """

    gradients: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray]
    start: np.ndarray

    def objective(self, scores: np.ndarray, data: lgb.Dataset) -> tuple[np.ndarray, np.ndarray]:
        """The derivatives, with the signature of LightGBM's `objective`."""
        labels = np.asarray(data.get_label(), np.float64)
        slope, bend = self.gradients(labels, scores + self.start)
        weight = data.get_weight()
        if weight is None:
            return slope, bend
        counts = np.asarray(weight, np.float64)[:, None]
        return slope * counts, bend * counts

    def measure(self, scores: np.ndarray, data: lgb.Dataset) -> tuple[str, float, bool]:
        """The mean loss, with the signature of LightGBM's `feval`."""
        labels = np.asarray(data.get_label(), np.float64)
        losses = self.loss(labels, scores + self.start)
        return "loss", float(np.average(losses, weights=data.get_weight())), False


@UNLOGGED
def fit_custom(
    plan: Plan,
    loss: CustomLoss,
    X: np.ndarray,
    y: np.ndarray,
    categorical: list[int],
    folds: Folds,
    weight: np.ndarray | None = None,
) -> GrownTrees:
    """`fit` with a CustomLoss; raw scores are float64[n, k]. A single fold is cross-validated."""
    params = plan.params(len(y)) | {
        "objective": loss.objective,
        "num_class": len(loss.start),
        "metric": "None",
    }
    training = _Training(plan, params, X, y, categorical, None, weight, loss.measure)
    rounds = plan.rounds or FIXED_ROUNDS
    unseen = None
    if folds:
        rounds, unseen = training.cross_validated(folds)
        unseen = unseen + loss.start
    return rescale(training.grow(rounds), 1.0, *loss.start.tolist()), unseen


@dataclass(frozen=True)
class _Training:
    """The data and parameters of one fit; `measure` is LightGBM's `feval`."""

    plan: Plan
    params: dict[str, object]
    X: np.ndarray
    y: np.ndarray
    categorical: list[int]
    start: np.ndarray | None = None
    weight: np.ndarray | None = None
    measure: Any = None

    def grow(self, rounds: int) -> lgb.Booster:
        """A booster of `rounds` rounds on all rows."""
        with _rounds("growing trees", rounds) as count:
            return lgb.train(self.params, self._data(), rounds, callbacks=count)

    def held_out(self, learn: np.ndarray, held_out: np.ndarray) -> GrownTrees:
        """A booster learnt from some rows and stopped by the others, and raw scores of these."""
        data = self._data(learn)
        unknown = _take_rows(self.X, held_out)
        start = None if self.start is None else self.start[held_out]
        weight = None if self.weight is None else self.weight[held_out]
        valid = data.create_valid(unknown, self.y[held_out], weight=weight, init_score=start)
        rounds = self._most_rounds()
        with _rounds("learning how many trees", rounds) as count:
            callbacks = [*self._stop(), *count]
            booster = lgb.train(self.params, data, rounds, valid_sets=[valid], callbacks=callbacks)
        if booster.best_iteration > 0:
            booster = from_text(booster.model_to_string(num_iteration=booster.best_iteration))
        unseen = np.full(len(self.y), np.nan)
        unseen[held_out] = raw(booster, unknown, self.plan.threads)
        return booster, unseen

    def cross_validated(self, folds: Folds) -> tuple[int, np.ndarray]:
        """The best number of rounds, and out-of-fold raw scores float64[n] or float64[n, k]."""
        rounds = self._most_rounds()
        with _rounds("learning how many trees", rounds) as count:
            run = lgb.cv(
                self.params,
                self._data(),
                rounds,
                folds=folds,
                callbacks=[*self._stop(), *count],
                feval=self.measure,
                return_cvbooster=True,
            )
        boosters = run["cvbooster"]
        if not self.plan.rounds and boosters.best_iteration > 0:
            rounds = boosters.best_iteration
        scores_a_row = [int(str(self.params["num_class"]))] if "num_class" in self.params else []
        unseen = np.full((len(self.y), *scores_a_row), np.nan)
        for booster, (_, held_out) in zip(boosters.boosters, folds, strict=True):
            rows = _take_rows(self.X, held_out)
            unseen[held_out] = booster.predict(
                rows, num_iteration=rounds, raw_score=True, num_threads=self.plan.threads
            )
        return rounds, unseen

    def _most_rounds(self) -> int:
        return self.plan.rounds or MAX_ROUNDS

    def _stop(self) -> list[Any]:
        return [] if self.plan.rounds else [lgb.early_stopping(PATIENCE, verbose=False)]

    def _data(self, rows: np.ndarray | None = None) -> lgb.Dataset:
        """LightGBM's dataset of some rows, or of all."""
        X, y, start, weight = self.X, self.y, self.start, self.weight
        if rows is not None:
            X = _take_rows(X, rows)
            y = y[rows]
            start = None if start is None else start[rows]
            weight = None if weight is None else weight[rows]
        return lgb.Dataset(
            X,
            y,
            weight=weight,
            categorical_feature=self.categorical,
            feature_name=[f"f{i}" for i in range(X.shape[1])],
            init_score=start,
            free_raw_data=False,
            params={"verbosity": -1},
        )


@contextmanager
def _rounds(what: str, rounds: int) -> Iterator[list[Any]]:
    """The callback that counts rounds, or none where no bar is shown."""
    with bar(what, rounds) as step:
        yield [] if step is uncounted else [lambda _: step(1)]


def _take_rows(X: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Some rows of X; column by column where X is stored by column, as a frame's matrix is."""
    return X.T.take(rows, axis=1, mode="clip").T if X.flags.f_contiguous else X[rows]


def rescale(booster: lgb.Booster, slope: float, *shifts: float) -> lgb.Booster:
    """A booster whose k raw scores are `slope * score + shift`, one shift a score.

    Calibration thus lives inside the model file. The first k trees hold the shifts.
    """
    trees = booster.num_trees()
    for tree, leaves in enumerate(_leaf_counts(booster)):
        shift = shifts[tree] if tree < len(shifts) else 0.0
        for leaf in range(leaves):
            value = booster.get_leaf_output(tree, leaf) * slope + shift
            booster.set_leaf_output(tree, leaf, value)
    return from_text(booster.model_to_string(num_iteration=trees))


def size(booster: lgb.Booster) -> TreeSize:
    """The size of a booster that was not put together by `merge`."""
    rounds = booster.num_trees() // booster.num_model_per_iteration()
    return TreeSize(rounds, int(booster.params["num_leaves"]))


def _leaf_counts(booster: lgb.Booster) -> list[int]:
    """The number of leaves of each tree."""
    text = booster.model_to_string(num_iteration=-1)
    return [int(count) for count in re.findall(r"^num_leaves=(\d+)$", text, re.MULTILINE)]


def merge(first: lgb.Booster, second: lgb.Booster) -> lgb.Booster:
    """One booster whose raw score is the sum of both.

    Both must have the same columns and one score a row. LightGBM cannot merge boosters, so the
    trees of both texts are put into one; tests/estimators/learners/test_boosting.py checks that
    the installed version reads such a text.
    """
    head, trees, tail = _text_parts(first)
    _, more, _ = _text_parts(second)
    both = [f"Tree={i}\n" + tree.split("\n", 1)[1] for i, tree in enumerate(trees + more)]
    sizes = "tree_sizes=" + " ".join(str(len(tree)) for tree in both)
    lines = [sizes if line.startswith("tree_sizes=") else line for line in head.split("\n")]
    return from_text("\n".join(lines) + "".join(both) + tail)


def _text_parts(booster: lgb.Booster) -> tuple[str, list[str], str]:
    """Head, trees and tail of a model's text."""
    text = booster.model_to_string(num_iteration=-1)
    body, mark, tail = text.partition("end of trees")
    head, *trees = body.split("Tree=")
    return head, ["Tree=" + tree for tree in trees], mark + tail


def raw(booster: lgb.Booster, X: np.ndarray, threads: int) -> np.ndarray:
    """Raw score of each row of X, float64[n]; float64[n, k] for a booster of a CustomLoss."""
    return np.asarray(booster.predict(X, raw_score=True, num_threads=threads))


def contributions(booster: lgb.Booster, X: np.ndarray, threads: int) -> np.ndarray:
    """SHAP values of the raw score, float64[n, p + 1]; the last column is the base."""

    def some(rows: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(rows, pred_contrib=True, num_threads=threads))

    with bar("explaining", len(X)) as step:
        if step is uncounted or len(X) <= _ROWS_A_STEP:
            return some(X)
        cuts = range(0, len(X), _ROWS_A_STEP)
        parts = counted((X[i : i + _ROWS_A_STEP] for i in cuts), step, len)
        return np.concatenate([some(rows) for rows in parts])


def to_text(booster: lgb.Booster) -> str:
    """The booster as LightGBM's text, which holds no code."""
    return str(booster.model_to_string())


def from_text(text: str) -> lgb.Booster:
    """The booster of a text. Check the text's digest before: a corrupt one crashes LightGBM."""
    return lgb.Booster(model_str=text)
