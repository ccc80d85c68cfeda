"""LTVRegressor: the expected amount that a person will spend."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.ensemble import RandomForestRegressor
from sklearn.utils.validation import check_is_fitted

from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.learners import calendar, folds, forest, season, value_blend, value_trees
from churnlab.estimators.learners.btyd_features import BTYDFeatures
from churnlab.estimators.learners.intervals import Spread, consistent
from churnlab.estimators.learners.season import Season, Seasonal
from churnlab.estimators.learners.value_blend import Rows

_MANY = 200_000
_FEWEST = 10
_WIDE = 0.95
_ADDING = (
    "lightgbm, tweedie",
    "lightgbm, hurdle",
    "lightgbm, mae",
    "blend, tweedie",
    "blend, hurdle",
)
_SPENDING = "btyd__expected_spend_90d__all"
_TOP_SHARE = 0.02
_TOP_MEANS = 20
_TELL = 0.1


class LTVRegressor(RegressorMixin, Seasonal, TreeModel):
    __doc__ = f"""Predicts lifetime value; `predict(X)` is the expected amount, or with objective "mae" the median, never negative.

    algorithm: "blend" adds up, in log money, LightGBM, a penalised log-linear model, which goes on where trees stop, and what MBG/NBD and Gamma-Gamma
    expect where X has the histories of orders (`estimators.value_blend`); with objective "mae" it is halfway between the first two. From eight
    snapshots on, with objective "tweedie" or "mae", days may have effects of their own, and a later snapshot (a level of X's index) has that of the
    same time of the year (`estimators.season`). "lightgbm" is the trees alone; "random_forest" averages amounts. objective, of LightGBM:
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

    unit = "log money"

    def __init__(
        self,
        algorithm: str = "blend",
        *,
        objective: str = "tweedie",
        n_estimators: int | None = None,
        learning_rate: float = 0.03,
        num_leaves: int | None = None,
        min_child_samples: int = 60,
        feature_fraction: float = 0.33,
        calibrate: bool = True,
        random_state: Any = 0,
        n_jobs: int | None = -1,
    ) -> None:
        super().__init__(
            algorithm,
            n_estimators=n_estimators,
            learning_rate=learning_rate,
            num_leaves=num_leaves,
            min_child_samples=min_child_samples,
            feature_fraction=feature_fraction,
            calibrate=calibrate,
            random_state=random_state,
            n_jobs=n_jobs,
        )
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
        matrix, y = self._learn_columns(X, y, groups, y_numeric=True)
        y = np.asarray(y, np.float64)
        self.n_negative_ = int((y < 0).sum())
        y = _held(np.maximum(y, 0.0))
        if not y.any():
            raise HistoryError.from_no_money(len(y))
        alike = calendar.shared(X, matrix, time)
        matrix = np.where(alike, 0.0, matrix) if alike.any() else matrix
        person, day, dates = (
            folds.persons(X, groups, len(y)),
            folds.days(X, time, len(y)),
            season.dates_of(X, time),
        )
        inner = _paid(folds.of_size(person, self._seed, _MANY), y)
        scale = float(y[y > 0].mean())
        unseen, effect = self._grow(
            Rows(matrix, y / scale, day, person, self._categorical(), self._spending(), self._seed),
            inner,
        )
        self.season_ = (
            Season.of(dates, effect).state() if dates is not None and effect.any() else None
        )
        corrected = self.calibrate and self.objective != "mae"
        self.factor_ = scale * (
            _factor(y / scale, unseen) if corrected and unseen is not None else 1.0
        )
        self.spread_ = None if unseen is None else Spread.fit(y, unseen * self.factor_).state()
        if self.algorithm != "random_forest":
            self.booster_ = value_trees.rescaled(self.objective, self.booster_, self.factor_)
        return self

    def _check_objective(self) -> None:
        known = ("tweedie",) if self.algorithm == "random_forest" else value_trees.OBJECTIVES
        if self.objective not in known:
            raise ConfigError.from_unknown(
                f"objective for {self.algorithm}", str(self.objective), known
            )

    def _spending(self) -> int | None:
        """The column of expected spending."""
        names = (
            []
            if self.btyd_ is None
            else list(BTYDFeatures.from_dict(self.btyd_).get_feature_names_out())
        )
        return self.n_features_in_ + names.index(_SPENDING) if _SPENDING in names else None

    def _grow(self, rows: Rows, inner: folds.Folds) -> tuple[np.ndarray | None, np.ndarray]:
        """Fits on all rows; amounts for unseen persons, float64[n], or None without folds, and the effect of each row's day."""
        still = np.zeros(len(rows.y))
        if self.algorithm == "random_forest":
            self.forest_, unseen = forest.fit(
                RandomForestRegressor,
                rows.X,
                rows.y,
                inner,
                self.n_estimators,
                self._seed,
                self.n_jobs or 1,
            )
            return unseen, still
        if self.algorithm == "lightgbm":
            self.booster_, score = value_trees.grow(
                self.objective, self._plan(), rows.X, rows.y, rows.categorical, inner
            )
            return None if score is None else value_trees.amounts(self.objective, score), still
        grown = value_blend.grow(self.objective, self._plan(), rows, inner)
        self.booster_, self.linear_ = grown.booster, grown.others.state()
        return None if grown.unseen is None else value_trees.amounts(
            self.objective, grown.unseen
        ), grown.effect

    def raw_score(self, X: Any) -> np.ndarray:
        """What the contributions add up to, float64[n]: log money; with objective "mae" its root. Not of forests."""
        check_is_fitted(self)

        def trees(rows: np.ndarray) -> np.ndarray:
            return value_trees.raw(self.objective, self.booster_, rows, 1)

        if self.algorithm != "blend":
            return self._scored(X, trees)
        others, factor, shift = value_blend.Blend.of(self.linear_), self.factor_, self._shift(X)
        if self.objective == "mae":
            return self._scored(
                X, lambda rows: value_blend.halfway(trees(rows), others.line.score(rows), factor)
            ) * np.exp(shift / 2)
        return self._scored(X, lambda rows: others.score(trees(rows), rows, factor)) + shift

    def contributions(self, X: Any) -> tuple[np.ndarray, float]:
        """SHAP values of the raw score, float64[n, p], and their base; ConfigError where parts do not add up.

        They do not for a forest, for "ziln" and for a blend of medians.
        """
        kind = f"{self.algorithm}, {self.objective}"
        if kind not in _ADDING:
            raise ConfigError.from_unknown("model for contributions", kind, _ADDING)
        matrix = self.prepare(X)
        values, base = self._tree_parts(matrix)
        if self.algorithm == "blend":
            values, base = value_blend.Blend.of(self.linear_).contributions(
                values, base, matrix, self.factor_
            )
        return (values if self.season_ is None else np.column_stack([values, self._shift(X)])), base

    def predict(self, X: Any, churn: Any = None) -> np.ndarray:
        """Expected amounts, float64[n], in the unit of y; with objective "mae" medians.

        `churn`, a probability for each row, holds the amounts down to what churn leaves possible (`intervals.consistent`): to be given only where the
        window of the churn label covers that of the amounts and churn means no more buying.
        """
        amounts = self._amounts(X)
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
        return np.column_stack(self._spread().bounds(self._amounts(X), coverage))

    def _amounts(self, X: Any) -> np.ndarray:
        if self.algorithm == "random_forest":
            matrix = self.prepare(X)
            return np.maximum(forest.score(self.forest_, matrix) * self.factor_, 0.0)
        return value_trees.amounts(self.objective, self.raw_score(X))

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
        warnings.warn(
            f"{int((y > most).sum())} of {len(y):,} rows hold so much money that they count as {most:.6g} each: {left:.0%} of all money is "
            "left out, and totals are unsure by as much",
            UserWarning,
            stacklevel=3,
        )
    return np.minimum(y, most)


def _factor(y: np.ndarray, unseen: np.ndarray) -> float:
    known = np.isfinite(unseen)
    return float(np.clip(y[known].sum() / max(unseen[known].sum(), 1e-300), 0.5, 2.0))
