"""LTVRegressor: the amount that a person is expected to spend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.labels import amounts
from churnlab.estimators.learners import (
    as_fitted,
    folds,
    forest,
    season,
    times,
    value_blend,
    value_trees,
    waves,
    weights,
)
from churnlab.estimators.learners.amount_cap import capped
from churnlab.estimators.learners.btyd_features import BTYDFeatures
from churnlab.estimators.learners.chosen import Chosen
from churnlab.estimators.learners.constant_columns import constant_at_each_snapshot
from churnlab.estimators.learners.intervals import ConformalInterval, capped_by_churn
from churnlab.estimators.learners.season import SeasonalShift
from churnlab.estimators.learners.shown import as_one_bar
from churnlab.estimators.learners.training_rows import TrainingRows
from churnlab.estimators.learners.value_blend import OtherMembers
from churnlab.estimators.learners.weights import Counted

_ADDITIVE_KINDS = (
    "lightgbm, tweedie",
    "lightgbm, hurdle",
    "lightgbm, mae",
    "blend, tweedie",
    "blend, hurdle",
    "random_forest, tweedie",
)
_SPENDING_COLUMN = "btyd__expected_spend_90d__all"
_HOLDOUT_ABOVE_ROWS = 200_000
_MIN_PAYING_ROWS = 10
_COVERAGE_OF_THE_MOST = 0.95


class LTVRegressor(RegressorMixin, TreeModel):
    """Lifetime value regressor; `predict(X)` is the expected amount, never negative.

    The blend adds up, in log money, LightGBM, a ridge-penalised log-linear model, which goes on
    where trees stop, and, where X has histories of orders, what MBG/NBD and Gamma-Gamma expect
    (`learners.value_blend`). With objective "mae" it adds up roots of money: 3/8 LightGBM, 3/8 the
    log-linear model and 1/4 a model of who pays and how much payers pay (`learners.payers`).

    Objectives (experiments/ltv_objective compares them):

    - "tweedie": Tweedie deviance of power 1.3, which suits many zeros and a heavy tail
      (B. Jorgensen, 1987, Exponential dispersion models).
    - "hurdle": the chance to pay (Poisson) times the amount if paid (gamma).
    - "ziln": zero-inflated lognormal (X. Wang, T. Liu and J. Miao, 2019, A deep probabilistic
      model for customer lifetime value prediction).
    - "mae": the conditional median, which has the least absolute error; `predict` then gives
      medians, which add up to less than people spend. As a blend it is 0 for everybody who is more
      likely not to pay.

    Totals of expected amounts are corrected on out-of-fold predictions by a factor within [0.5, 2].
    The unit of money does not matter. A negative amount (money given back) counts as zero;
    `n_negative_` is their number. One row counts at most 2% of all money, or 20 times the mean of
    the amounts above zero if that is more; a warning tells how much is left out, from 10% on.

    With objective "tweedie" or "mae" and eight snapshots or more, snapshots may have effects of
    their own, and a later snapshot gets the effect of its time of the year (`learners.season`).

    Parameters:

    - algorithm: "blend", "lightgbm" or "random_forest".
    - objective: "tweedie", "hurdle", "ziln" or "mae"; a forest knows "tweedie" alone.
    - n_estimators: number of trees; None lets out-of-fold losses decide (LightGBM) or takes 100
      (forest).
    - learning_rate, num_leaves, min_child_samples, feature_fraction: LightGBM's; trees are smaller
      on small data (num_leaves None takes 7 or 15, and 63 in a forest, which has no learning_rate).
    - calibrate: correct totals on out-of-fold predictions.
    - random_state: int, or a numpy random state.
    - n_jobs: threads; None is one, -1 as many as `OMP_NUM_THREADS` says, or as cores are free
      (`kernels.cores`). The number never changes a result.

    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 2))
    >>> y = np.maximum(X[:, 0], 0) * 50
    >>> bool(LTVRegressor(n_estimators=5).fit(X, y).predict(X).min() >= 0)
    True
    """

    unit = "log money"
    structure = ("algorithm", "objective")
    spread_: dict[str, Any] | None

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

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, time: Any = None
    ) -> Self:
        """The model, fitted on X (n rows, p columns) and amounts y (n,), in any unit of money.

        sample_weight, groups, time: as in ChurnClassifier.fit. With more than 200,000 rows a tenth
        of the people is held out instead of folds. Where the snapshots lie within less than a year,
        columns with one value for everybody at each snapshot are not learnt from
        (`learners.constant_columns`), so that totals are those of all snapshots.

        HistoryError when nobody spends; FrameError for `groups` or `time` of another length,
        for amounts that are missing or no numbers, for times that cannot be read, and for what
        scikit-learn refuses in X; ConfigError for an objective that the algorithm does not have.

        >>> X = np.arange(60.0)[:, None]
        >>> model = LTVRegressor("lightgbm", n_estimators=5).fit(X, np.maximum(X[:, 0] - 30, 0))
        >>> model.n_negative_
        0
        """
        self._check_objective()
        return self._learn(weights.counted(X, y, groups, time, sample_weight), None)

    @as_one_bar
    def _learn(self, given: Counted, judged: Self | None) -> Self:
        X, y, groups, time, weight = given
        features, time = times.to_fit(X, time)
        matrix = self._learn_columns(features, groups, judged)
        y = amounts(y, len(matrix), type(self).__name__)
        self.n_negative_ = int((y < 0).sum())
        y = capped(np.maximum(y, 0.0), weight)
        if not y.any():
            raise HistoryError.from_no_money(len(y))
        chosen = None if judged is None else Chosen.of(judged.chosen_)
        dates = season.dated(time)
        left_out = waves.left_out(matrix.shape[1], self._names(), dates, chosen)
        if chosen is None:
            left_out |= constant_at_each_snapshot(X, matrix, time)
        paid = y > 0
        scale = float(np.average(y[paid], weights=None if weight is None else weight[paid]))
        rows = self._training_rows(given._replace(time=time), matrix, y / scale, left_out)
        inner: folds.Folds = []
        if judged is None:
            inner = _with_money(folds.of_size(rows.person, self._seed, _HOLDOUT_ABOVE_ROWS), y)
        rows = replace(rows, spending=self._spending())
        unseen, effect, found = self._grow(rows, inner, chosen)
        self.season_ = None
        if dates is not None and effect.any():
            self.season_ = SeasonalShift.of(dates, effect).state()
        total = self._correct_totals(y, scale, unseen, weight, judged)
        places = tuple(np.flatnonzero(left_out).tolist())
        self.chosen_ = replace(found, total=total, left_out=places).state()
        as_fitted.note(self, self.structure)
        return self

    def raw_score(
        self, X: Any, prepared: np.ndarray | None = None, *, time: Any = None
    ) -> np.ndarray:
        """Log of each row's expected amount, float64[n]; with objective "mae" the median's root.

        prepared: the result of `prepare(X)`, if the caller has it already. time: see needs_time_.
        >>> X = np.arange(60.0)[:, None]
        >>> model = LTVRegressor("lightgbm", n_estimators=5).fit(X, np.maximum(X[:, 0] - 30, 0))
        >>> bool(np.allclose(np.exp(model.raw_score(X)), model.predict(X)))
        True
        """
        as_fitted.check(self)

        def trees(rows: np.ndarray) -> np.ndarray:
            """The score of the trees alone."""
            return value_trees.raw(self.objective, self.booster_, rows, 1)

        if self.algorithm != "blend":
            return self._scored(X, prepared, trees)
        others = OtherMembers.of(self.linear_)
        factor = self.factor_

        def log_money(rows: np.ndarray) -> np.ndarray:
            """Log amounts of all members together."""
            return others.score(trees(rows), rows, factor)

        if self.objective == "mae":
            medians = others.medians(self.booster_, factor)
            return self._scored(X, prepared, medians) * np.exp(self._shift(X, time) / 2)
        return self._scored(X, prepared, log_money) + self._shift(X, time)

    def predict(self, X: Any, churn: Any = None, *, time: Any = None) -> np.ndarray:
        """Expected amount of each row, float64[n], in the unit of y; medians with objective "mae".

        churn: churn probability of each row, which caps the amount (`intervals.capped_by_churn`).
        Give it only where the churn window covers the window of the amount, and churn means no more
        buying. time: see needs_time_. FrameError for `churn` of another length.

        >>> X = np.arange(60.0)[:, None]
        >>> model = LTVRegressor("lightgbm", n_estimators=5).fit(X, np.maximum(X[:, 0] - 30, 0))
        >>> model.predict(X[:2], churn=[1.0, 1.0]).tolist()
        [0.0, 0.0]
        """
        expected = self._amounts(X, time)
        if churn is None:
            return expected
        churn = np.asarray(churn, np.float64)
        if churn.shape != expected.shape:
            raise FrameError.from_wrong_length("churn", len(churn), len(expected))
        _, most = self._interval().bounds(expected, _COVERAGE_OF_THE_MOST)
        return capped_by_churn(expected, churn, most)

    def predict_interval(self, X: Any, coverage: float = 0.9, *, time: Any = None) -> np.ndarray:
        """Lower (at least 0) and upper end of an interval for each row's amount, float64[n, 2].

        The interval holds the amounts of a share `coverage` of people like those of fit. It is
        conformal (`intervals.ConformalInterval`); the upper end is infinite where too few rows had
        a prediction like this one for so high a coverage. time: see needs_time_.

        ConfigError for a coverage outside (0, 1). HistoryError when fit had fewer than 20 people or
        fewer than 10 rows with money.

        >>> X = np.arange(60.0)[:, None]
        >>> model = LTVRegressor("lightgbm", n_estimators=5).fit(X, np.maximum(X[:, 0] - 30, 0))
        >>> model.predict_interval(X, coverage=0.8).shape
        (60, 2)
        """
        if not 0 < coverage < 1:
            raise ConfigError.from_range("coverage", coverage, "above 0 and below 1")
        return np.column_stack(self._interval().bounds(self._amounts(X, time), coverage))

    def _check_objective(self) -> None:
        known = ("tweedie",) if self.algorithm == "random_forest" else value_trees.OBJECTIVES
        if self.objective not in known:
            raise ConfigError.from_unknown(
                f"objective for {self.algorithm}", str(self.objective), known
            )

    def _spending(self) -> int | None:
        """Position of the column of expected spending in the prepared matrix, or None."""
        if self.btyd_ is None:
            return None
        names = list(BTYDFeatures.from_dict(self.btyd_).get_feature_names_out())
        if _SPENDING_COLUMN not in names:
            return None
        return self.n_features_in_ + names.index(_SPENDING_COLUMN)

    def _grow(
        self, rows: TrainingRows, inner: folds.Folds, chosen: Chosen | None
    ) -> tuple[np.ndarray | None, np.ndarray, Chosen]:
        """Fits the learners on all rows; `chosen` is what an earlier fit chose.

        Returns out-of-fold amounts, float64[n], or None without folds, the effect of each row's
        day, float64[n], and what was chosen.
        """
        plan = self._plan(chosen)
        effect = np.zeros(len(rows.y))
        if self.algorithm == "blend":
            grown = value_blend.grow(self.objective, plan, rows, inner, chosen)
            self.booster_ = grown.booster
            self.linear_ = grown.others.state()
            score = grown.unseen
            effect, found = grown.effect, grown.chosen
        elif self.algorithm == "lightgbm":
            self.booster_, score, sizes = value_trees.grow(self.objective, plan, rows, inner)
            found = Chosen(sizes)
        else:
            self.booster_, score = forest.fit(forest.VALUE, plan, rows, inner)
            found = Chosen()
        unseen = None if score is None else value_trees.amounts(self.objective, score)
        return unseen, effect, found if chosen is None else chosen

    def _correct_totals(
        self,
        y: np.ndarray,
        scale: float,
        unseen: np.ndarray | None,
        weight: np.ndarray | None,
        judged: Self | None,
    ) -> float:
        """Learns the factor that makes totals right, which is returned, and the interval.

        `unseen` holds out-of-fold amounts over `scale`, or is None; then both are those of
        `judged`, if that is given.
        """
        total = 1.0 if judged is None else Chosen.of(judged.chosen_).total
        self.spread_ = None if judged is None else judged.spread_
        self.factor_ = scale * total
        if unseen is not None:
            if self.calibrate and self.objective != "mae":
                total = _total_factor(y / scale, unseen, weight)
                self.factor_ = scale * total
            self.spread_ = ConformalInterval.fit(y, unseen * self.factor_, weight).state()
        self.booster_ = value_trees.rescaled(self.objective, self.booster_, self.factor_)
        return total

    def _check_parts_add_up(self) -> None:
        kind = f"{self.algorithm}, {self.objective}"
        if kind not in _ADDITIVE_KINDS:
            raise ConfigError.from_unknown("model for contributions", kind, _ADDITIVE_KINDS)

    def _blended_contributions(
        self, trees: np.ndarray, base: float, matrix: np.ndarray
    ) -> tuple[np.ndarray, float]:
        if self.algorithm != "blend":
            return trees, base
        return OtherMembers.of(self.linear_).contributions(trees, base, matrix, self.factor_)

    def _amounts(self, X: Any, time: Any) -> np.ndarray:
        """Expected amounts before any cap, float64[n]."""
        return value_trees.amounts(self.objective, self.raw_score(X, time=time))

    def _interval(self) -> ConformalInterval:
        if self.spread_ is None:
            raise HistoryError.from_no_unseen("an interval")
        return ConformalInterval(**self.spread_)


def _with_money(inner: folds.Folds, y: np.ndarray) -> folds.Folds:
    """The folds; none where fewer than ten rows have money or a fold would learn from no money."""
    enough = (y > 0).sum() >= _MIN_PAYING_ROWS and all(y[learn].any() for learn, _ in inner)
    return inner if enough else []


def _total_factor(y: np.ndarray, unseen: np.ndarray, weight: np.ndarray | None) -> float:
    """Total of the amounts over the total of the out-of-fold amounts, within [0.5, 2]."""
    known = np.isfinite(unseen)
    w = np.ones(int(known.sum())) if weight is None else weight[known]
    total = (w * y[known]).sum()
    return float(np.clip(total / max((w * unseen[known]).sum(), 1e-300), 0.5, 2.0))
