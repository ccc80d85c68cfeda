"""ChurnHazard: when a person churns, week by week, learnt by one classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.utils import ClassifierTags, check_array

from churnlab.errors import ConfigError, FrameError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.labels import in_one_line
from churnlab.estimators.learners import as_fitted, times, weights
from churnlab.estimators.learners.shown import as_one_bar
from churnlab.estimators.learners.weights import Counted
from churnlab.estimators.refitting import Refits
from churnlab.estimators.saving import save_hazard
from churnlab.estimators.weeks import FEWEST_AT_RISK as FEWEST_AT_RISK
from churnlab.estimators.weeks import at_risk, last_week, weeks_of

WEEK_COLUMN = "weeks_ahead"
_SMALLEST_OPTIONS = {"weeks": 1, "max_rows": 1000, "most": 1}


class ChurnHazard(Refits, BaseEstimator):  # type: ignore[misc]
    """Survival curve of each person: the probability not to have left after week 0, 1, …, `weeks`.

    The hazard of week w is the probability to leave in it, for people who have not left before;
    TimeToChurn defines leaving in a week. One classifier learns it from a row for every snapshot
    and week up to the one in which the person leaves or is no longer observed; the week is one more
    column (D. Cox, 1972, Regression models and life-tables; J. Singer and J. Willett, 1993, It's
    about time: using discrete-time survival analysis). The curve at week w is the product of
    1 - hazard over the weeks 0 to w. It begins with the label of Churn: week 0 is 1 - the churn
    probability, on the day after the label's window. Later weeks are for people who did not churn,
    and they can only lower the curve.

    Parameters:

    - weeks: last week of the curve.
    - learner: a ChurnClassifier that is not fitted; None takes the default one.
    - max_rows: rows to learn from at most.
    - most: rows to learn from at most, as a multiple of the number of snapshots. Beyond either
      limit later weeks are sampled at random; who leaves does not matter for the sample.
    - n_jobs: threads, as of ChurnClassifier.

    After fit, `weeks_` is the last week that at least 20 snapshots were observed to reach; nothing
    is known about later ones.

    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"risk": rng.normal(size=300)})
    >>> week = pd.Series(np.floor(rng.exponential(np.exp(1 - X["risk"]))))
    >>> y = pd.DataFrame({"leaves_week": week.where(week < 5), "known_weeks": 5})
    >>> model = ChurnHazard(weeks=4, learner=ChurnClassifier(n_estimators=5)).fit(X, y)
    >>> curve = model.predict_curve(pd.DataFrame({"risk": [-2.0, 0.0, 2.0]}))
    >>> curve.shape, bool((curve.diff(axis=1).iloc[:, 1:] <= 0).all(axis=None))
    ((3, 5), True)
    """

    def __init__(
        self,
        weeks: int = 12,
        *,
        learner: ChurnClassifier | None = None,
        max_rows: int = 300_000,
        most: float = 3.0,
        n_jobs: int | None = -1,
    ) -> None:
        self.weeks = weeks
        self.learner = learner
        self.max_rows = max_rows
        self.most = most
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        tags.classifier_tags = ClassifierTags(multi_class=False)
        return tags

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        groups: Any = None,
        time: Any = None,
    ) -> Self:
        """The model, fitted on X (n rows, p columns) and the labels of TimeToChurn.

        y: n rows with the columns leaves_week (week in which the person leaves, missing if not
        observed to leave) and known_weeks (number of observed weeks); or two classes, of which the
        larger leaves in week 0, and nothing is known of later ones. A snapshot with 0 known weeks
        teaches nothing. sample_weight, groups, time: as in ChurnClassifier.fit; all weeks of a
        snapshot count as often as it does.

        FrameError when y lacks a column, has another length or holds impossible weeks, and when X
        has a column weeks_ahead. HistoryError when nobody leaves or everybody leaves in week 0.
        ConfigError for parameters out of range.

        >>> X = pd.DataFrame({"visits": np.arange(60.0)})
        >>> leaves = np.where(X["visits"] < 20, 1, np.nan)
        >>> y = pd.DataFrame({"leaves_week": leaves, "known_weeks": 3})
        >>> learner = ChurnClassifier("lightgbm", n_estimators=5)
        >>> ChurnHazard(weeks=5, learner=learner).fit(X, y).weeks_
        2
        """
        self._check()
        return self._learn(weights.counted(X, y, groups, time, sample_weight), None)

    @as_one_bar
    def _learn(self, given: Counted, judged: Self | None) -> Self:
        as_fitted.forget(self)
        X, y, groups, time, weight = given
        features, time = times.to_fit(X, time)
        frame = self._frame(features, fit=True)
        if WEEK_COLUMN in frame:
            raise FrameError.from_duplicates(f"X with the column {WEEK_COLUMN!r} of the model", 1)
        leaves, known = weeks_of(y, len(frame), type(self).__name__)
        row, week = at_risk(leaves, np.minimum(known, self.weeks + 1))
        self.model_ = clone(self.learner or ChurnClassifier()).set_params(n_jobs=self.n_jobs)
        self.weeks_ = last_week(week)
        row, week = self._sampled(row[week <= self.weeks_], week[week <= self.weeks_])
        person = row
        if groups is not None or "user_id" in frame.index.names:
            person = _repeated(groups, row)
        learn = self.model_.fit if judged is None else judged.model_.refit
        self.model_ = learn(
            frame.iloc[row].assign(**{WEEK_COLUMN: week.astype(np.float64)}),
            (leaves[row] == week).astype(np.float64),
            sample_weight=_repeated(weight, row),
            groups=person,
            time=_repeated(time, row),
        )
        as_fitted.note(self, ["weeks"])
        return self

    def predict_curve(
        self, X: Any, risk: np.ndarray | None = None, *, time: Any = None
    ) -> pd.DataFrame:
        """Probability not to have left after each week, float64[n, weeks + 1].

        It has the index of X and a column a week; it never rises along a row. Weeks after `weeks_`
        are missing. risk: churn probabilities float64[n] of another model, which take the place of
        the hazard of week 0, so that the curve begins at exactly 1 - risk. The calendar day of a
        week is TimeToChurn.left_by. time: see needs_time_.

        FrameError when X lacks a column or `risk` has another length.

        >>> X = pd.DataFrame({"visits": np.arange(60.0)})
        >>> leaves = np.where(X["visits"] < 20, 1, np.nan)
        >>> y = pd.DataFrame({"leaves_week": leaves, "known_weeks": 3})
        >>> learner = ChurnClassifier("lightgbm", n_estimators=5)
        >>> model = ChurnHazard(weeks=2, learner=learner).fit(X, y)
        >>> model.predict_curve(X.head(1), risk=np.array([0.4]))[0].tolist()
        [0.6]
        """
        as_fitted.check(self)
        frame = self.select(self._frame(X))
        matrix = self._prepared(frame)
        time = times.dates(frame, time) if self.needs_time_ else None
        first = np.asarray(self._hazard(frame, matrix, 0, time) if risk is None else risk, float)
        if len(first) != len(frame):
            raise FrameError.from_wrong_length("risk", len(first), len(frame))
        curve = np.full((len(frame), self.weeks + 1), np.nan)
        curve[:, 0] = 1 - first
        for week in range(1, self.weeks_ + 1):
            curve[:, week] = curve[:, week - 1] * (1 - self._hazard(frame, matrix, week, time))
        weeks = pd.RangeIndex(self.weeks + 1, name="week")
        return pd.DataFrame(curve, index=frame.index, columns=weeks)

    def predict_proba(self, X: Any, *, time: Any = None) -> np.ndarray:
        """Probability to stay and to churn within the horizon, float64[n, 2].

        The second column is the hazard of week 0. time: see needs_time_.

        >>> X = pd.DataFrame({"visits": np.arange(60.0)})
        >>> leaves = np.where(X["visits"] < 20, 0, np.nan)
        >>> y = pd.DataFrame({"leaves_week": leaves, "known_weeks": 3})
        >>> learner = ChurnClassifier("lightgbm", n_estimators=5)
        >>> rare, often = ChurnHazard(2, learner=learner).fit(X, y).predict_proba(X)[[0, 59], 1]
        >>> bool(rare > often)
        True
        """
        as_fitted.check(self)
        frame = self.select(self._frame(X))
        churn = self._hazard(frame, self._prepared(frame), 0, time)
        return np.column_stack([1 - churn, churn])

    @property
    def chosen_(self) -> dict[str, Any]:  # type: ignore[override]
        """What the classifier of weeks chose, for `refit`."""
        return self.model_.chosen_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns of X in fit, object[p].

        >>> X = pd.DataFrame({"visits": np.arange(60.0)})
        >>> leaves = np.where(X["visits"] < 20, 1, np.nan)
        >>> y = pd.DataFrame({"leaves_week": leaves, "known_weeks": 3})
        >>> learner = ChurnClassifier("lightgbm", n_estimators=5)
        >>> ChurnHazard(weeks=2, learner=learner).fit(X, y).feature_names_in_.tolist()
        ['visits']
        """
        names = self.model_.feature_names_in_
        return np.asarray([n for n in names if n != WEEK_COLUMN], dtype=object)

    @property
    def n_features_in_(self) -> int:
        """Number of columns of X in fit.

        >>> X, y = np.arange(60.0)[:, None], np.arange(60) < 20
        >>> learner = ChurnClassifier("lightgbm", n_estimators=5)
        >>> ChurnHazard(weeks=2, learner=learner).fit(X, y).n_features_in_
        1
        """
        return len(self.feature_names_in_)

    @property
    def needs_time_(self) -> bool:
        """Whether the model learnt a season and needs the snapshot of each row.

        See ChurnClassifier.needs_time_.

        >>> X = pd.DataFrame({"visits": np.arange(60.0)})
        >>> leaves = np.where(X["visits"] < 20, 1, np.nan)
        >>> y = pd.DataFrame({"leaves_week": leaves, "known_weeks": 3})
        >>> learner = ChurnClassifier("lightgbm", n_estimators=5)
        >>> ChurnHazard(weeks=2, learner=learner).fit(X, y).needs_time_
        False
        """
        return self.model_.needs_time_

    @property
    def categories_(self) -> dict[str, list[Any]]:
        """Categories of each category column of X in fit, by column.

        >>> X = pd.DataFrame({"plan": pd.Categorical(["free", "paid", "paid"] * 20)})
        >>> leaves = np.where(X["plan"] == "free", 1, np.nan)
        >>> y = pd.DataFrame({"leaves_week": leaves, "known_weeks": 3})
        >>> learner = ChurnClassifier("lightgbm", n_estimators=5)
        >>> ChurnHazard(weeks=2, learner=learner).fit(X, y).categories_
        {'plan': ['free', 'paid']}
        """
        return dict(self.model_.categories_)

    def select(self, X: pd.DataFrame) -> pd.DataFrame:
        """The columns that the model learnt from, in its order; other columns are left out.

        FrameError when X lacks one of them.

        >>> X = pd.DataFrame({"visits": np.arange(60.0)})
        >>> leaves = np.where(X["visits"] < 20, 1, np.nan)
        >>> y = pd.DataFrame({"leaves_week": leaves, "known_weeks": 3})
        >>> learner = ChurnClassifier("lightgbm", n_estimators=5)
        >>> model = ChurnHazard(weeks=2, learner=learner).fit(X, y)
        >>> list(model.select(X.assign(name="somebody")))
        ['visits']
        """
        return self.model_.select(X.assign(**{WEEK_COLUMN: 0.0})).drop(columns=WEEK_COLUMN)

    def set_params(self, **params: Any) -> Self:
        """The model with new parameters; `n_jobs` reaches the fitted classifier too.

        >>> ChurnHazard().set_params(weeks=8).weeks
        8
        """
        super().set_params(**params)
        if hasattr(self, "model_"):
            self.model_.set_params(n_jobs=self.n_jobs)
        return self

    def save(self, folder: str | Path) -> Path:
        """The folder, after hazard.json and the files of the classifier were written to it.

        No file holds code. `churnlab.estimators.loading.load(folder)` reads the model back.

        >>> import tempfile
        >>> X = pd.DataFrame({"visits": np.arange(60.0)})
        >>> leaves = np.where(X["visits"] < 20, 1, np.nan)
        >>> y = pd.DataFrame({"leaves_week": leaves, "known_weeks": 3})
        >>> learner = ChurnClassifier("lightgbm", n_estimators=5)
        >>> model = ChurnHazard(weeks=2, learner=learner).fit(X, y)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     sorted(path.name for path in model.save(folder).iterdir())
        ['hazard.json', 'model.json', 'model.lgb']
        """
        as_fitted.check(self)
        facts = {
            "weeks": int(self.weeks),
            "weeks_": self.weeks_,
            "max_rows": int(self.max_rows),
            "most": float(self.most),
        }
        return save_hazard(self.model_.save(folder), facts)

    def _frame(self, X: Any, *, fit: bool = False) -> pd.DataFrame:
        """X as a frame; the columns of an array, and of numbered ones, are called x0, x1, …."""
        if isinstance(X, pd.DataFrame):
            named = any(isinstance(name, str) for name in X.columns)
            return X if named else X.add_prefix("x")
        with in_one_line("X"):
            matrix = check_array(
                X,
                dtype=np.float64,
                ensure_all_finite="allow-nan",
                ensure_min_samples=2 if fit else 1,
                estimator=self,
                input_name="X",
            )
        if not fit and matrix.shape[1] != self.n_features_in_:
            raise FrameError.from_features(
                type(self).__name__, matrix.shape[1], self.n_features_in_
            )
        return pd.DataFrame(matrix).add_prefix("x")

    def _check(self) -> None:
        for name, least in _SMALLEST_OPTIONS.items():
            if getattr(self, name) < least:
                raise ConfigError.from_range(name, getattr(self, name), f"at least {least:,}")

    def _prepared(self, frame: pd.DataFrame) -> np.ndarray:
        """The classifier's matrix, prepared once for all weeks: only one column has the week."""
        wide = frame.assign(**{WEEK_COLUMN: 0.0})
        return self.model_.prepare(wide[list(self.model_.feature_names_in_)])

    def _hazard(self, frame: pd.DataFrame, matrix: np.ndarray, week: int, time: Any) -> np.ndarray:
        """Hazard of a week, float64[n]; writes the week into the matrix."""
        matrix[:, list(self.model_.feature_names_in_).index(WEEK_COLUMN)] = week
        return self.model_.predict_proba(frame, matrix, time=time)[:, 1]

    def _sampled(self, row: np.ndarray, week: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows to learn from, in their order: all, or a random sample within the limits.

        The sample depends on the week alone, not on who leaves, so that hazards keep their size.
        """
        first = np.flatnonzero(week == 0)
        later = np.flatnonzero(week > 0)
        room = int(min(self.max_rows, self.most * len(first)))
        if len(row) <= room:
            return row, week
        seed = self.model_.random_state
        rng = np.random.default_rng(seed if isinstance(seed, int) else 0)
        first = _at_most(rng, first, max(room // 2, room - len(later)))
        keep = np.sort(np.concatenate([first, _at_most(rng, later, room - len(first))]))
        return row[keep], week[keep]


# Any model that a run logs and a folder holds.
Model: TypeAlias = TreeModel | ChurnHazard


def survival(y: pd.DataFrame) -> pd.Series:
    """Observed share not to have left after each week: the Kaplan-Meier curve, float64 by week.

    It is the product of 1 - (people who left) / (people observed at risk) over the weeks. y: the
    columns leaves_week and known_weeks as in ChurnHazard.fit; people count for as long as they were
    observed (E. Kaplan and P. Meier, 1958, Nonparametric estimation from incomplete observations).
    The series ends with the last week that anybody was observed to reach.

    >>> y = pd.DataFrame({"leaves_week": [0, 1, np.nan, np.nan], "known_weeks": [3, 3, 2, 3]})
    >>> survival(y).round(3).tolist()
    [0.75, 0.5, 0.5]
    """
    leaves, known = weeks_of(y, len(y), ChurnHazard.__name__)
    row, week = at_risk(leaves, known)
    stay = 1 - np.bincount(week, leaves[row] == week) / np.bincount(week)
    return pd.Series(np.cumprod(stay), index=pd.RangeIndex(len(stay), name="week"), name="there")


def _repeated(values: Any, row: np.ndarray) -> Any:
    return None if values is None else np.asarray(values)[row]


def _at_most(rng: np.random.Generator, places: np.ndarray, most: int) -> np.ndarray:
    return places if len(places) <= most else rng.choice(places, most, replace=False)
