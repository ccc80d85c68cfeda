"""LTVRegressor: the expected amount that a person will spend."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.ensemble import RandomForestRegressor

from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.estimators import boosting, calendar, folds, forest, value_trees
from churnlab.estimators.base import TreeModel
from churnlab.estimators.intervals import Spread, consistent
from churnlab.estimators.loglinear import LogLinear, medians

_MANY, _FEWEST, _WIDE = 200_000, 10, 0.95
_ADDING = ("lightgbm, tweedie", "lightgbm, hurdle", "lightgbm, mae", "blend, tweedie", "blend, hurdle")
_TOP_SHARE, _TOP_MEANS, _TELL = 0.02, 20, 0.1


class LTVRegressor(RegressorMixin, TreeModel):
    __doc__ = f"""Predicts lifetime value; `predict(X)` is the expected amount, or with objective "mae" the median, never negative.

    algorithm: "blend" is halfway, in log money, between LightGBM and a penalised log-linear model, which goes on where trees stop;
    "lightgbm" is the trees alone; "random_forest" averages amounts. objective, of LightGBM:
    "tweedie" minimises the deviance of power 1.3, which fits many zeros and a heavy tail (B. Jorgensen, 1987, Exponential dispersion models);
    "hurdle" is will pay (Poisson) times how much (gamma); "ziln" the zero-inflated lognormal of X. Wang, T. Liu and J. Miao, 2019, A deep
    probabilistic model for customer lifetime value prediction; "mae" the conditional median, which has the least absolute error and adds
    up to less than is spent. experiments/ltv_objective says why the default is one. Totals of expected amounts are corrected on predictions for
    unseen persons by one factor within [0.5, 2]; the unit of money does not matter. A negative y (money given back) counts as zero;
    `n_negative_` says how many there were. One row is learnt from as at most 2% of all money (or 20 times the mean of the amounts above zero,
    if that is more); a warning says how much that leaves out where it is 10% or more.
    {TreeModel.__doc__}
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 2)); y = np.maximum(X[:, 0], 0) * 50
    >>> bool(LTVRegressor().fit(X, y).predict(X).min() >= 0)
    True
    """

    algorithms: ClassVar[tuple[str, ...]] = ("blend", "lightgbm", "random_forest")

    def __init__(self, algorithm: str = "blend", *, objective: str = "tweedie", n_estimators: int | None = None, learning_rate: float = 0.03,
                 num_leaves: int | None = 15, min_child_samples: int = 60, feature_fraction: float = 0.33, calibrate: bool = True,
                 random_state: Any = 0, n_jobs: int | None = -1) -> None:
        super().__init__(algorithm, n_estimators=n_estimators, learning_rate=learning_rate, num_leaves=num_leaves,
                         min_child_samples=min_child_samples, feature_fraction=feature_fraction, calibrate=calibrate,
                         random_state=random_state, n_jobs=n_jobs)
        self.objective = objective

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags

    def fit(self, X: Any, y: Any, *, groups: Any = None, time: Any = None) -> Self:
        """Learns from X (n, p) and amounts y (n,); inner folds as in ChurnClassifier. HistoryError when nobody spends.

        `time`, or the index level snapshot of X: within less than a year, columns that are the same for everybody at each snapshot are
        not learnt from (`calendar.shared`), so that totals are those of all the snapshots.
        """
        self._check_objective()
        matrix, y = self._learn_columns(X, y, y_numeric=True)
        y = np.asarray(y, np.float64)
        self.n_negative_ = int((y < 0).sum())
        y = _held(np.maximum(y, 0.0))
        if not y.any():
            raise HistoryError.from_no_money(len(y))
        alike = calendar.shared(X, matrix, time)
        matrix = np.where(alike, 0.0, matrix) if alike.any() else matrix
        inner = _paid(folds.of_size(folds.persons(X, groups, len(y)), self._seed, _MANY), y)
        scale = float(y[y > 0].mean())
        unseen = self._grow(matrix, y / scale, inner)
        corrected = self.calibrate and self.objective != "mae"
        self.factor_ = scale * (_factor(y / scale, unseen) if corrected and unseen is not None else 1.0)
        self.spread_ = None if unseen is None else Spread.fit(y, unseen * self.factor_).state()
        if self.algorithm != "random_forest":
            self.booster_ = value_trees.rescaled(self.objective, self.booster_, self.factor_)
        return self

    def _check_objective(self) -> None:
        known = ("tweedie",) if self.algorithm == "random_forest" else value_trees.OBJECTIVES
        if self.objective not in known:
            raise ConfigError.from_unknown(f"objective for {self.algorithm}", str(self.objective), known)

    def _grow(self, X: np.ndarray, y: np.ndarray, inner: folds.Folds) -> np.ndarray | None:
        """Fits on all rows; amounts for unseen persons, float64[n], or None without folds."""
        if self.algorithm == "random_forest":
            self.forest_, unseen = forest.fit(RandomForestRegressor, X, y, inner, self.n_estimators, self._seed, self.n_jobs or 1)
            return unseen
        self.booster_, score = value_trees.grow(self.objective, self._plan(), X, y, self._categorical(), inner)
        if self.algorithm == "blend":
            line, other = self._lines(X, y, inner)
            self.linear_ = line.state()
            score = None if score is None else self._mixed(score, other, 1.0)
        return None if score is None else value_trees.amounts(self.objective, score)

    def _lines(self, X: np.ndarray, y: np.ndarray, inner: folds.Folds) -> tuple[LogLinear, np.ndarray]:
        """The log-linear model of all rows, and log money for unseen persons by others."""
        unseen = np.full(len(y), np.nan)
        columns, median = self._categorical(), self.objective == "mae"
        for learn, out in inner:
            unseen[out] = LogLinear.fit(X[learn], y[learn], columns, self._seed, median=median).score(X[out])
        return LogLinear.fit(X, y, columns, self._seed, median=median), unseen

    def _mixed(self, trees: np.ndarray, line: np.ndarray, factor: float) -> np.ndarray:
        """Half of each, in log money or, for medians, in roots; the trees' score holds the factor already."""
        if self.objective == "mae":
            return np.asarray((np.maximum(trees, 0.0) + np.sqrt(medians(line) * factor)) / 2)
        return (trees + line + np.log(factor)) / 2

    def raw_score(self, X: Any) -> np.ndarray:
        """What the contributions add up to, float64[n]: log money; with objective "mae" its root. Not of forests."""
        return self._raw(self.prepare(X))

    def _raw(self, matrix: np.ndarray) -> np.ndarray:
        score = value_trees.raw(self.objective, self.booster_, matrix, self._threads())
        return self._mixed(score, LogLinear(**self.linear_).score(matrix), self.factor_) if self.algorithm == "blend" else score

    def contributions(self, X: Any) -> tuple[np.ndarray, float]:
        """SHAP values of the raw score, float64[n, p], and their base; ConfigError where parts do not add up.

        They do not for a forest, for "ziln" and for a blend of medians.
        """
        kind = f"{self.algorithm}, {self.objective}"
        if kind not in _ADDING:
            raise ConfigError.from_unknown("model for contributions", kind, _ADDING)
        matrix = self.prepare(X)
        parts = boosting.contributions(self.booster_, matrix, self._threads())
        values, base = parts[:, :-1], float(parts[0, -1]) if len(parts) else 0.0
        if self.algorithm == "blend":
            line = LogLinear(**self.linear_)
            values, base = (values + line.contributions(matrix)) / 2, (base + line.base + float(np.log(self.factor_))) / 2
        return values, base

    def predict(self, X: Any, churn: Any = None) -> np.ndarray:
        """Expected amounts, float64[n], in the unit of y; with objective "mae" medians.

        `churn`, a probability for each row, holds the amounts down to what churn leaves possible (`intervals.consistent`): to be given only where the
        window of the churn label covers that of the amounts and churn means no more buying.
        """
        amounts = self._amounts(self.prepare(X))
        if churn is None:
            return amounts
        churn = np.asarray(churn, np.float64)
        if churn.shape != amounts.shape:
            raise FrameError.from_wrong_length("churn", len(churn), len(amounts))
        return consistent(amounts, churn, self._spread().bounds(amounts, _WIDE)[1])

    def predict_interval(self, X: Any, coverage: float = 0.9) -> np.ndarray:
        """Lower (at least 0) and upper ends that hold the amount of a share `coverage` of persons like those of fit, float64[n, 2].

        Conformal (`intervals.Spread`): infinite where too few rows were like this one for so high a coverage. HistoryError when
        fit had fewer than 20 persons or 10 rows with money.
        """
        if not 0 < coverage < 1:
            raise ConfigError.from_range("coverage", coverage, "above 0 and below 1")
        return np.column_stack(self._spread().bounds(self._amounts(self.prepare(X)), coverage))

    def _amounts(self, matrix: np.ndarray) -> np.ndarray:
        if self.algorithm == "random_forest":
            return np.maximum(forest.score(self.forest_, matrix) * self.factor_, 0.0)
        return value_trees.amounts(self.objective, self._raw(matrix))

    def _spread(self) -> Spread:
        if self.spread_ is None:
            raise HistoryError.from_no_unseen("an interval")
        return Spread(**self.spread_)


def _paid(inner: folds.Folds, y: np.ndarray) -> folds.Folds:
    """The folds; none of them where fewer than ten rows hold money, or a fold would learn from no money."""
    return inner if (y > 0).sum() >= _FEWEST and all(y[learn].any() for learn, _ in inner) else []


def _held(y: np.ndarray) -> np.ndarray:
    """The amounts, none of them more than 2% of their sum or 20 times the mean of those above zero; warns where 10% are left out."""
    most, times = float(y.max()), max(_TOP_SHARE * (y > 0).sum(), _TOP_MEANS)
    for _ in range(200):
        lower = min(most, times * float(np.minimum(y, most)[y > 0].mean())) if most > 0 else 0.0
        if most - lower <= 1e-9 * most:
            break
        most = lower
    left = 1 - float(np.minimum(y, most).sum() / y.sum()) if most > 0 else 0.0
    if left > _TELL:
        warnings.warn(f"{int((y > most).sum())} of {len(y):,} rows hold so much money that they count as {most:.6g} each: {left:.0%} of all money is "
                      "left out, and totals are unsure by as much", UserWarning, stacklevel=3)
    return np.minimum(y, most)


def _factor(y: np.ndarray, unseen: np.ndarray) -> float:
    known = np.isfinite(unseen)
    return float(np.clip(y[known].sum() / max(unseen[known].sum(), 1e-300), 0.5, 2.0))
