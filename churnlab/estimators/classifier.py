"""ChurnClassifier: the calibrated probability that a person churns."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import ClassifierMixin

from churnlab.errors import FrameError, HistoryError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.labels import class_labels
from churnlab.estimators.learners import (
    as_fitted,
    blend,
    boosting,
    folds,
    forest,
    season,
    small,
    times,
    waves,
    weights,
)
from churnlab.estimators.learners.chosen import Chosen
from churnlab.estimators.learners.logistic import RankLogistic
from churnlab.estimators.learners.season import SeasonalShift
from churnlab.estimators.learners.shown import as_one_bar
from churnlab.estimators.learners.training_rows import TrainingRows
from churnlab.estimators.learners.weights import Counted

_MIN_ROWS_OF_A_CLASS = 10
_HOLDOUT_ABOVE_ROWS = 100_000


class ChurnClassifier(ClassifierMixin, TreeModel):
    """Churn classifier; `predict_proba(X)[:, 1]` is the calibrated probability to churn.

    The blend adds LightGBM and a ridge-penalised logistic model on ranks, in log-odds, with the
    share of each that is best on people not used in fitting; experiments/learners compares the
    algorithms. Where the rarer class has fewer than 1.5 rows a column, trees must show that they
    are worth a share, else the blend is the logistic model alone; below 3 that model is held closer
    to the base rate (`learners.small`, experiments/small_data). Where X has eight snapshots or
    more, snapshots may have effects of their own, and a later snapshot gets the effect of its time
    of the year (`learners.season`).

    Calibration is Platt's: log-odds times a slope plus a shift, fitted on out-of-fold predictions
    (J. Platt, 1999, Probabilistic outputs for support vector machines). It keeps the ranking.
    A forest is calibrated on the trees that did not learn from the person (`learners.forest`).

    Parameters:

    - algorithm: "blend", "lightgbm" or "random_forest".
    - n_estimators: number of trees; None lets out-of-fold losses decide (LightGBM) or takes 100
      (forest).
    - learning_rate, num_leaves, min_child_samples, feature_fraction: LightGBM's; trees are smaller
      on small data (num_leaves None takes 7 or 15, and 63 in a forest, which has no learning_rate).
    - calibrate: correct the output on out-of-fold predictions.
    - random_state: int, or a numpy random state.
    - n_jobs: threads; None is one, -1 as many as `OMP_NUM_THREADS` says, or as cores are free
      (`kernels.cores`). The number never changes a result.

    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(200, 2)), columns=["silence", "noise"])
    >>> y = (X["silence"] + rng.normal(size=200) > 0).astype(int)
    >>> churn = ChurnClassifier(n_estimators=5).fit(X, y).predict_proba(X)[:, 1]
    >>> bool(churn[y == 1].mean() > churn[y == 0].mean() + 0.1)
    True
    """

    objective: str = "binary"
    calibration_: tuple[float, float]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, time: Any = None
    ) -> Self:
        """The model, fitted on X (n rows, p columns) and labels y (n,) of two classes.

        The larger class label is churn. Missing values and category columns are allowed in X.

        sample_weight: how often each row counts, float64[n]. Whole numbers count rows (0 leaves a
        row out); other weights are scaled to a mean of 1. Losses, lines, calibration and early
        stopping are weighted; limits on the number of rows, folds, bagging and the models of
        histories, which learn without labels, are not.

        groups: person of each row; None takes the index level user_id of X, else every row is a
        person. Inner folds keep a person's rows together. time: snapshot of each row; None takes
        the index level or the column snapshot of X. With more than 100,000 rows a tenth of the
        people is held out instead of folds.

        HistoryError for a single class; FrameError for labels that are missing or have more than
        two classes, for `groups` or `time` of another length, for times that cannot be read, and
        for what scikit-learn refuses in X.

        >>> X = pd.DataFrame({"visits": np.arange(40.0)})
        >>> model = ChurnClassifier("lightgbm", n_estimators=5)
        >>> model = model.fit(X, X["visits"] < 15, groups=np.arange(40) // 2)
        >>> model.classes_.tolist()
        [False, True]
        """
        return self._learn(weights.counted(X, y, groups, time, sample_weight), None)

    @as_one_bar
    def _learn(self, given: Counted, judged: Self | None) -> Self:
        X, y, groups, time, _ = given
        features, time = times.to_fit(X, time)
        matrix = self._learn_columns(features, groups, judged)
        labels = class_labels(y, len(matrix), type(self).__name__)
        self.classes_, churned = np.unique(labels, return_inverse=True)
        if len(self.classes_) == 1:
            raise HistoryError.from_one_class("y", self.classes_[0], len(labels))
        if judged is not None and list(self.classes_) != list(judged.classes_):
            found, was = self.classes_.tolist(), judged.classes_.tolist()
            raise FrameError.from_refused("y", f"it has the classes {found}, in fit it had {was}")
        chosen = None if judged is None else Chosen.of(judged.chosen_)
        dates = season.dated(time)
        left_out = waves.left_out(matrix.shape[1], self._names(), dates, chosen)
        y = churned.astype(np.float64)
        rows = self._training_rows(given._replace(time=time), matrix, y, left_out)
        inner: folds.Folds = []
        if judged is None and np.bincount(churned).min() >= _MIN_ROWS_OF_A_CLASS:
            inner = folds.of_size(rows.person, self._seed, _HOLDOUT_ABOVE_ROWS)
        self.calibration_ = (1.0, 0.0) if judged is None else judged.calibration_
        found = self._grow(rows, dates, inner, chosen)
        self.chosen_ = replace(found, left_out=tuple(np.flatnonzero(left_out).tolist())).state()
        as_fitted.note(self, self.structure)
        return self

    def raw_score(
        self, X: Any, prepared: np.ndarray | None = None, *, time: Any = None
    ) -> np.ndarray:
        """Log-odds of churn of each row, float64[n], to which the contributions add up.

        prepared: the result of `prepare(X)`, if the caller has it already. time: see needs_time_.

        >>> X = pd.DataFrame({"visits": np.arange(40.0)})
        >>> model = ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15)
        >>> bool(np.allclose(expit(model.raw_score(X)), model.predict_proba(X)[:, 1]))
        True
        """
        as_fitted.check(self)
        return self._scored(X, prepared, self._score_without_shift()) + self._shift(X, time)

    def predict_proba(
        self, X: Any, prepared: np.ndarray | None = None, *, time: Any = None
    ) -> np.ndarray:
        """Probability of each class, float64[n, 2]: to stay, and to churn.

        prepared: the result of `prepare(X)`; a caller can change one of its columns and predict
        again without preparing X again. time: see needs_time_.

        >>> X = pd.DataFrame({"visits": np.arange(40.0)})
        >>> model = ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15)
        >>> rare, often = model.predict_proba(X.iloc[[0, 39]])[:, 1]
        >>> bool(rare > often)
        True
        """
        churn = self._churn(X, prepared, time)
        return np.column_stack([1 - churn, churn])

    def predict(self, X: Any, *, time: Any = None) -> np.ndarray:
        """The more likely class of each row, (n,); churn where its probability is above one half.

        time: see needs_time_.

        >>> X = pd.DataFrame({"visits": np.arange(40.0)})
        >>> y = np.where(X["visits"] < 15, "left", "here")
        >>> ChurnClassifier("lightgbm", n_estimators=5).fit(X, y).predict(X.tail(1)).tolist()
        ['here']
        """
        likely = self.predict_proba(X, time=time)[:, 1] > 0.5
        return np.asarray(self.classes_[likely.astype(int)])

    def _grow(
        self,
        rows: TrainingRows,
        dates: pd.DatetimeIndex | None,
        inner: folds.Folds,
        chosen: Chosen | None,
    ) -> Chosen:
        """Fits the learners on all rows and calibrates them on out-of-fold predictions.

        `chosen` is what an earlier fit chose. Returns what was chosen.
        """
        self.season_ = None
        found = Chosen()
        if self.algorithm == "blend":
            grown = blend.grow(self._plan(chosen), rows, inner, chosen)
            effects = bool(grown.effect.any())
            strength = small.strength(rows.y, rows.weight, rows.X.shape[1])
            size = boosting.size(grown.booster)
            found = Chosen((size,), grown.share, effects, strength=strength)
            slope, shift = self._calibrated(grown.unseen, rows)
            self.booster_, line = grown.scaled(slope, shift)
            self.linear_ = line.state()
            if dates is not None and grown.effect.any():
                self.season_ = SeasonalShift.of(dates, grown.effect).scaled(slope).state()
        elif self.algorithm == "lightgbm":
            booster, unseen = boosting.fit(
                self._plan(chosen),
                rows.X,
                rows.y,
                rows.categorical,
                inner,
                weight=rows.weight,
                cut=rows.cut,
            )
            found = Chosen((boosting.size(booster),))
            self.booster_ = boosting.rescale(booster, *self._calibrated(unseen, rows))
        else:
            booster, unseen = forest.fit(forest.CHURN, self._plan(None), rows, inner)
            self.booster_ = boosting.rescale(booster, *self._calibrated(unseen, rows))
        return found if chosen is None else chosen

    def _calibrated(self, unseen: np.ndarray | None, rows: TrainingRows) -> tuple[float, float]:
        """Slope and shift of the calibration, which are kept; as they were without folds."""
        if self.calibrate and unseen is not None:
            self.calibration_ = _platt(unseen, rows.y, rows.weight)
        return self.calibration_

    def _churn(self, X: Any, prepared: np.ndarray | None, time: Any) -> np.ndarray:
        """Churn probability of each row, float64[n]."""
        return np.asarray(expit(self.raw_score(X, prepared, time=time)))

    def _score_without_shift(self) -> Callable[[np.ndarray], np.ndarray]:
        """Single-threaded scorer of prepared rows: log-odds without the seasonal shift."""
        if self.algorithm != "blend":
            return lambda rows: boosting.raw(self.booster_, rows, 1)
        line = RankLogistic(**self.linear_)
        return lambda rows: boosting.raw(self.booster_, rows, 1) + line.score(rows)

    def _blended_contributions(
        self, trees: np.ndarray, base: float, matrix: np.ndarray
    ) -> tuple[np.ndarray, float]:
        if self.algorithm != "blend":
            return trees, base
        line = RankLogistic(**self.linear_)
        return line.added(trees, matrix), base + line.base


def _platt(log_odds: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> tuple[float, float]:
    """Slope and shift with the least log loss of expit(slope * log_odds + shift); slope above 0.

    Rows with a NaN are left out. scikit-learn's calibration would find the same minimum with
    other last bits; predictions must stay the same to the bit, so this minimiser stays.
    """
    known = np.isfinite(log_odds)
    log_odds = log_odds[known]
    y = y[known]
    counts = None if weight is None else weight[known]

    def mean(values: np.ndarray) -> float:
        """The weighted mean over the rows."""
        return float(np.average(values, weights=counts))

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        """The log loss at a slope and a shift, and its slope by both."""
        z = np.exp(w[0]) * log_odds + w[1]
        error = expit(z) - y
        slope = np.array([mean(error * (z - w[1])), mean(error)])
        return mean(np.logaddexp(0, z) - y * z), slope

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        best = minimize(
            loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-2.0, 1.1), (-10, 10)]
        )
    return float(np.exp(best.x[0])), float(best.x[1])
