"""LightGBM boosters: the only import of LightGBM.

Results are deterministic under a seed, for any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, repeat
from typing import Any, TypeAlias

import lightgbm as lgb
import numpy as np

from churnlab.estimators.learners import booster_text, later, leaves, side_by_side
from churnlab.estimators.learners.chosen import TreeSize
from churnlab.estimators.learners.custom_loss import CustomLoss
from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.plan import TWEEDIE_POWER, Plan
from churnlab.estimators.learners.training_rows import TrainingRows
from churnlab.estimators.learners.unlogged import UNLOGGED
from churnlab.kernels import forks
from churnlab.schema.progress import bar, uncounted

MAX_ROUNDS = 800
PATIENCE = 60
FIXED_ROUNDS = 100
_STEP_OF_ROUNDS = 10
_PROOF = 2.0  # standard errors by which later days must speak against more rounds
LATER_LOSSES = {
    "binary": later.log_losses,
    "tweedie": later.deviances(TWEEDIE_POWER),
    "poisson": later.deviances(1.0),
    "gamma": later.deviances(2.0),
}
forks.in_children(lambda: lgb.basic._LIB.LGBM_SetMaxThreads(1))
# A booster fitted on all rows, and out-of-fold raw scores float64[n] (None without folds).
GrownTrees: TypeAlias = tuple[lgb.Booster, np.ndarray | None]


@UNLOGGED
def fit(
    plan: Plan,
    X: np.ndarray,
    y: np.ndarray,
    categorical: list[int],
    folds: Folds,
    start: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    cut: np.ndarray | None = None,
) -> GrownTrees:
    """A booster fitted on all rows, and out-of-fold raw scores float64[n], or None without folds.

    The number of rounds is the one with the least mean loss over the folds, or a smaller one where
    later days say so (`learners.later`; experiments/rounds; not for medians); without folds it is
    fixed. A single fold is a holdout: the booster learns from its other rows alone, and rows that
    are not held out get NaN.

    X: float64[n, p]. y: float64[n]. categorical: positions of the columns with category codes.
    start: a score float64[n] that the trees add to; no raw score includes it. weight: how often a
    row counts in the losses, float64[n]; None for once. cut: snapshot of each row as a code in the
    order of time, int64[n]; None for one snapshot.
    """
    training = _Training(plan, plan.params(len(y)), X, y, categorical, start, weight)
    if not folds:
        return training.grow(plan.rounds or FIXED_ROUNDS), None
    if len(folds) == 1:
        boosters, rounds = training.held_out(*folds[0])
    else:
        boosters, rounds = training.cross_validated(folds)
    if cut is not None and plan.objective in LATER_LOSSES and not plan.rounds:
        rounds = training.confirmed_later(rounds, folds, cut)
    unseen = training.out_of_fold(boosters, folds, rounds)
    if len(folds) == 1:
        return from_text(boosters[0].model_to_string(num_iteration=rounds)), unseen
    return training.grow(rounds), unseen


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
        boosters, rounds = training.cross_validated(folds)
        unseen = training.out_of_fold(boosters, folds, rounds) + loss.start
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

    def held_out(self, learn: np.ndarray, held_out: np.ndarray) -> tuple[list[lgb.Booster], int]:
        """A booster learnt from some rows and stopped by the others, and its best rounds."""
        data = self._data(learn)
        unknown = _take_rows(self.X, held_out)
        start = None if self.start is None else self.start[held_out]
        weight = None if self.weight is None else self.weight[held_out]
        valid = data.create_valid(unknown, self.y[held_out], weight=weight, init_score=start)
        rounds = self._most_rounds()
        with _rounds("learning how many trees", rounds) as count:
            callbacks = [*self._stop(), *count]
            booster = lgb.train(self.params, data, rounds, valid_sets=[valid], callbacks=callbacks)
        return [booster], booster.best_iteration if booster.best_iteration > 0 else rounds

    def cross_validated(self, folds: Folds) -> tuple[list[lgb.Booster], int]:
        """A booster of each fold, and the best number of rounds."""
        workers, threads = side_by_side.shared(self.plan.threads, len(folds))
        of_fold = self._boosters_of_folds(threads)
        makers = [partial(of_fold, *fold) for fold in folds]
        rounds = self._most_rounds()
        with _rounds("learning how many trees", rounds) as count:
            if self.plan.rounds:
                boosters, _ = self._together(makers, rounds, workers, count[:1])
                return boosters, rounds
            return self._together(makers, rounds, workers, count[:1], PATIENCE)

    def confirmed_later(self, rounds: int, folds: Folds, cut: np.ndarray) -> int:
        """`rounds`, or the nearest smaller number that later days do not speak against.

        Boosters of people on the first half of the snapshots are judged on other people on the
        later ones. The loss there must be within two standard errors of the least.
        """
        losses = LATER_LOSSES[self.plan.objective]
        turned = later.turned(folds, cut)
        options = np.unique(np.r_[np.arange(_STEP_OF_ROUNDS, rounds, _STEP_OF_ROUNDS), rounds])
        workers, threads = side_by_side.shared(self.plan.threads, len(turned))
        alone = self._on(threads)
        makers = [partial(alone._booster, learn) for learn, _ in turned]
        with _rounds("learning how many trees last", rounds * len(turned)) as count:
            boosters, _ = self._together(makers, rounds, workers, count * len(turned))
        found = [np.zeros((len(options), 0))]
        rows = [np.zeros(0, np.int64)]
        for booster, (_, held_out) in zip(boosters, turned, strict=True):
            score = self._staged(booster, held_out, options)
            weight = None if self.weight is None else self.weight[held_out]
            some, places = later.level_free(losses, self.y[held_out], score, cut[held_out], weight)
            found.append(some)
            rows.append(held_out[places])
        weight = None if self.weight is None else self.weight[np.concatenate(rows)]
        return int(later.nearest(np.hstack(found), options, rounds, weight, _PROOF))

    def _together(
        self,
        makers: Sequence[Callable[[], lgb.Booster]],
        most: int,
        workers: int,
        count: Sequence[Callable[[Any], Any]],
        patience: int = 0,
    ) -> tuple[list[lgb.Booster], int]:
        """Boosters grown side by side, and the best round by their own losses.

        Without `patience` they grow to `most` rounds and no loss is looked at. count: told of a
        round of the first, second, … booster. A thread begins with a booster that it makes itself,
        which tells LightGBM in that thread to log nothing.
        """
        own = {"fobj": self.params["objective"]} if callable(self.params["objective"]) else {}
        boosters: dict[int, lgb.Booster] = {}

        def advance(which: int) -> float:
            """Grow one more tree of a fold; the loss on its other rows, 0 where none stops it."""
            if which not in boosters:
                boosters[which] = makers[which]()
            boosters[which].update(**own)
            for tell in count[which : which + 1]:
                tell(None)
            return boosters[which].eval_valid(self.measure)[0][2] if patience else 0.0

        best = side_by_side.best_round(advance, len(makers), most, patience or most, workers)
        return [boosters[which] for which in range(len(makers))], best

    def _on(self, threads: int) -> _Training:
        """The same training on another number of threads."""
        plan = replace(self.plan, threads=threads)
        return replace(self, plan=plan, params=self.params | {"num_threads": threads})

    def _boosters_of_folds(self, threads: int) -> Callable[[np.ndarray, np.ndarray], lgb.Booster]:
        """Maker of one fold's booster: without trees yet, with the fold's other rows to predict.

        It takes the rows to learn from and the other rows. All folds share the bins of all rows.
        """
        own = {"objective": "none"} if callable(self.params["objective"]) else {}
        data = self._data()
        data.params.update(self.params | own)
        data.construct()
        params = self.params | own | {"num_threads": threads}
        data.params.update(params)

        def booster(learn: np.ndarray, held_out: np.ndarray) -> lgb.Booster:
            """The booster of one fold, without a tree."""
            made = lgb.Booster(params, data.subset(learn.tolist()))
            return made.add_valid(data.subset(held_out.tolist()), "unseen")

        return booster

    def _booster(self, rows: np.ndarray) -> lgb.Booster:
        """A booster without a tree, for some rows alone."""
        return lgb.Booster(self.params, self._data(rows))

    def _staged(self, booster: lgb.Booster, rows: np.ndarray, stages: np.ndarray) -> np.ndarray:
        """Raw scores of some rows after each number of rounds in `stages`, float64[k, m]."""
        X = _take_rows(self.X, rows)
        score = np.zeros(len(rows)) if self.start is None else self.start[rows].copy()
        scores = []
        for first, last in zip([0, *stages[:-1]], stages, strict=True):
            score = score + booster.predict(
                X,
                raw_score=True,
                start_iteration=int(first),
                num_iteration=int(last - first),
                num_threads=self.plan.threads,
            )
            scores.append(score)
        return np.array(scores)

    def out_of_fold(self, boosters: list[lgb.Booster], folds: Folds, rounds: int) -> np.ndarray:
        """Out-of-fold raw scores after `rounds` rounds, float64[n] or float64[n, k]."""
        scores_a_row = [int(str(self.params["num_class"]))] if "num_class" in self.params else []
        unseen = np.full((len(self.y), *scores_a_row), np.nan)
        for booster, (_, held_out) in zip(boosters, folds, strict=True):
            unseen[held_out] = booster.predict(
                _take_rows(self.X, held_out),
                num_iteration=rounds,
                raw_score=True,
                num_threads=self.plan.threads,
            )
        return unseen

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


def grower(
    plan: Plan, params: dict[str, object], rows: TrainingRows
) -> Callable[[np.ndarray, int], str]:
    """Return the function that grows one tree from the rows at some positions, with a seed.

    It gives the tree as text, because a booster holds on to its rows and its histograms. It may be
    called from many threads at a time; a tree grows on one. `params` are LightGBM's.
    """
    training = _Training(plan, params, rows.X, rows.y, rows.categorical, None, rows.weight)
    data = training._data()
    data.params.update(params)  # columns that leaves of this size cannot split are left out
    data.construct()

    def tree(rows: np.ndarray, seed: int) -> str:
        """One tree from some rows, as text."""
        own = params | {"seed": seed, "num_threads": 1}
        booster = lgb.Booster(own, data.subset(rows.tolist()))
        booster.update()
        return to_text(booster)

    return tree


def rescale(booster: lgb.Booster, slope: float, *shifts: float) -> lgb.Booster:
    """A booster whose k raw scores are `slope * score + shift`, one shift a score.

    Calibration thus lives inside the model file. The first k trees hold the shifts.
    """
    trees = zip(leaves.values(booster), chain(shifts, repeat(0.0)), strict=False)
    return with_leaves(booster, [values * slope + shift for values, shift in trees])


def with_leaves(booster: lgb.Booster, values: Sequence[np.ndarray]) -> lgb.Booster:
    """The same trees with other values in their leaves, float64[leaves] for each tree."""
    leaves.change(booster, values)
    return from_text(booster.model_to_string(num_iteration=booster.num_trees()))


def size(booster: lgb.Booster) -> TreeSize:
    """The size of a booster that was not put together by `merge`."""
    rounds = booster.num_trees() // booster.num_model_per_iteration()
    return TreeSize(rounds, int(booster.params["num_leaves"]))


def merge(first: lgb.Booster, second: lgb.Booster) -> lgb.Booster:
    """One booster whose raw score is the sum of both.

    Both must have the same columns and one score a row.
    """
    both = (booster.model_to_string(num_iteration=-1) for booster in (first, second))
    return from_text(booster_text.merged(*both))


def part(booster: lgb.Booster, first: int, count: int) -> lgb.Booster:
    """A booster of its own with `count` rounds of another, from the round `first` on, from 0.

    LightGBM must not score several ranges of one booster at a time: it notes the range in it.
    """
    return from_text(booster.model_to_string(start_iteration=first, num_iteration=count))


def raw(booster: lgb.Booster, X: np.ndarray, threads: int) -> np.ndarray:
    """Raw score of each row of X, float64[n]; float64[n, k] for a booster of a CustomLoss."""
    return np.asarray(booster.predict(X, raw_score=True, num_threads=threads))


def to_text(booster: lgb.Booster) -> str:
    """The booster as LightGBM's text, which holds no code."""
    return str(booster.model_to_string())


def from_text(text: str) -> lgb.Booster:
    """The booster of a text. Check the text's digest before: a corrupt one crashes LightGBM."""
    return lgb.Booster(model_str=text)
