"""ChurnHazard: when a person leaves, week by week, from the same learner as the churn probability."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from churnlab.errors import ConfigError, FrameError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.saving import file_digest, own_digest

WEEK = "weeks_ahead"
FORMAT = 1
FEWEST_AT_RISK = 20
DIGITS = 9
FILE = "hazard.json"


class ChurnHazard(BaseEstimator):  # type: ignore[misc]
    """A curve a person: the probability of being still there after week 0, 1, ..., `weeks`, and the week by which they have more likely left.

    The hazard of week w is the probability of leaving in it for those who have not left before; `TimeToChurn` says what leaving in a week is.
    One classifier with a logistic loss learns it from a row for every snapshot and week up to the one in which the person leaves or is
    censored, the week being one more column (D. Cox, 1972, Regression models and life-tables; J. Singer and J. Willett, 1993, It's about time:
    using discrete-time survival analysis). Being still there after week w is the product of 1 - hazard up to it.

    weeks: the last week of the curve. learner: a ChurnClassifier, not fitted (None: the library's default). max_rows and most: rows learnt from are
    at most `max_rows`, and `most` for each snapshot; beyond, later weeks are drawn at random, whoever leaves in them. n_jobs: threads, which never
    change a result. After fit, `weeks_` is the last week that at least 20 snapshots were seen to reach: of later ones nothing is known.

    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"risk": rng.normal(size=600)})
    >>> week = pd.Series(np.floor(rng.exponential(np.exp(1 - X["risk"]))))
    >>> model = ChurnHazard(weeks=4).fit(X, pd.DataFrame({"leaves_week": week.where(week < 5), "known_weeks": 5}))
    >>> curve = model.predict_curve(pd.DataFrame({"risk": [-2.0, 0.0, 2.0]}))
    >>> curve.shape, bool((curve.diff(axis=1).iloc[:, 1:] <= 0).all(axis=None)), bool(curve[4].is_monotonic_decreasing)
    ((3, 5), True, True)
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

    def fit(self, X: Any, y: pd.DataFrame, *, groups: Any = None, time: Any = None) -> Self:
        """Learns from X (n, p) and the columns leaves_week and known_weeks of y (n rows, in weeks, as TimeToChurn gives them).

        Persons and times are those of ChurnClassifier.fit: from `groups` and `time`, or the index of X. A snapshot of which no week is known
        teaches nothing. Raises FrameError for columns that are missing or weeks that are none, HistoryError when nobody leaves or everybody
        leaves in the first week, ConfigError for parameters out of range.
        """
        self._check()
        frame = _frame(X)
        if WEEK in frame:
            raise FrameError.from_duplicates(f"X with the column {WEEK!r} of the model", 1)
        leaves, known = _weeks(y, len(frame))
        row, week = _at_risk(leaves, np.minimum(known, self.weeks + 1))
        self.model_ = clone(self.learner or ChurnClassifier()).set_params(n_jobs=self.n_jobs)
        self.weeks_ = _last_week(week)
        row, week = self._drawn(row[week <= self.weeks_], week[week <= self.weeks_])
        person = (
            _repeated(groups, row) if groups is not None or "user_id" in frame.index.names else row
        )
        self.model_.fit(
            frame.iloc[row].assign(**{WEEK: week.astype(np.float64)}),
            (leaves[row] == week).astype(np.float64),
            groups=person,
            time=_repeated(time, row),
        )
        return self

    def predict_curve(self, X: Any, risk: np.ndarray | None = None) -> pd.DataFrame:
        """The probability of being still there after each week, float64[n, weeks + 1] with the index of X; it never rises along a row.

        `risk` float64[n] takes the place of the hazard of week 0, so that the curve begins at another model's churn probability. Weeks after
        `weeks_` are missing. FrameError when X lacks a column.
        """
        check_is_fitted(self)
        frame = self.select(_frame(X))
        matrix = self._prepared(frame)
        first = self._hazard(frame, matrix, 0) if risk is None else np.asarray(risk, np.float64)
        if len(first) != len(frame):
            raise FrameError.from_wrong_length("risk", len(first), len(frame))
        there = np.full((len(frame), self.weeks + 1), np.nan)
        there[:, 0] = 1 - first
        for week in range(1, self.weeks_ + 1):
            there[:, week] = there[:, week - 1] * (1 - self._hazard(frame, matrix, week))
        return pd.DataFrame(
            there, index=frame.index, columns=pd.RangeIndex(self.weeks + 1, name="week")
        )

    def predict_proba(self, X: Any) -> np.ndarray:
        """Of staying and of churning within the horizon, float64[n, 2]; the second column is the hazard of week 0."""
        check_is_fitted(self)
        frame = self.select(_frame(X))
        churn = self._hazard(frame, self._prepared(frame), 0)
        return np.column_stack([1 - churn, churn])

    def predict_when(self, X: Any, risk: np.ndarray | None = None) -> pd.Series:
        """The first week after which a person has more likely left than not, float64 with the index of X; missing: later than `weeks_` weeks.

        `risk` as in predict_curve. The curve is rounded to 9 digits first, so that every machine says the same.
        """
        there = self.predict_curve(X, risk)
        gone = there.round(DIGITS).to_numpy() <= 0.5
        week = np.where(gone.any(axis=1), gone.argmax(axis=1), np.nan)
        return pd.Series(week, index=there.index, name="when")

    @property
    def feature_names_in_(self) -> np.ndarray:
        """The columns of X in fit."""
        return np.asarray([n for n in self.model_.feature_names_in_ if n != WEEK], dtype=object)

    @property
    def categories_(self) -> dict[str, list[Any]]:
        """The categories of the text columns."""
        return dict(self.model_.categories_)

    def select(self, X: pd.DataFrame) -> pd.DataFrame:
        """The columns that the model learnt from, in its order. FrameError when one is missing."""
        return self.model_.select(X.assign(**{WEEK: 0.0})).drop(columns=WEEK)

    def set_params(self, **params: Any) -> Self:
        """As scikit-learn has it; the threads go to the fitted learner too."""
        super().set_params(**params)
        if hasattr(self, "model_"):
            self.model_.set_params(n_jobs=self.n_jobs)
        return self

    def save(self, folder: str | Path) -> Path:
        """Writes hazard.json beside the files of the learner, which run no code when loaded; `estimators.load(folder)` reads them back."""
        check_is_fitted(self)
        folder = Path(folder)
        self.model_.save(folder)
        about = {
            "format": FORMAT,
            "weeks": int(self.weeks),
            "weeks_": self.weeks_,
            "max_rows": int(self.max_rows),
            "most": float(self.most),
            "learner_sha256": file_digest(folder / "model.json"),
        }
        about["own_sha256"] = own_digest(about)
        (folder / FILE).write_text(
            json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
        return folder

    def _check(self) -> None:
        for name, least in (("weeks", 1), ("max_rows", 1000), ("most", 1)):
            if getattr(self, name) < least:
                raise ConfigError.from_range(name, getattr(self, name), f"at least {least:,}")

    def _prepared(self, frame: pd.DataFrame) -> np.ndarray:
        """The learner's matrix, once for all weeks: nothing else in it depends on the week."""
        return self.model_.prepare(frame.assign(**{WEEK: 0.0})[list(self.model_.feature_names_in_)])

    def _hazard(self, frame: pd.DataFrame, matrix: np.ndarray, week: int) -> np.ndarray:
        matrix[:, list(self.model_.feature_names_in_).index(WEEK)] = week
        return self.model_.churn_of(matrix, frame)

    def _drawn(self, row: np.ndarray, week: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows to learn from: all, or as many as may be, in their order; the draw looks at the week alone, so that hazards stay what they are."""
        first, later = np.flatnonzero(week == 0), np.flatnonzero(week > 0)
        room = int(min(self.max_rows, self.most * len(first)))
        if len(row) <= room:
            return row, week
        rng = np.random.default_rng(
            self.model_.random_state if isinstance(self.model_.random_state, int) else 0
        )
        first = _some(rng, first, max(room // 2, room - len(later)))
        keep = np.sort(np.concatenate([first, _some(rng, later, room - len(first))]))
        return row[keep], week[keep]


def survival(y: pd.DataFrame) -> pd.Series:
    """The share still there after each week, as observed: the product of 1 - (who left) / (who was seen at risk) up to it, by week.

    `y` has leaves_week and known_weeks; censored rows count as long as they were seen (E. Kaplan and P. Meier, 1958, Nonparametric estimation
    from incomplete observations). The series ends with the last week that anybody was seen to reach.

    >>> survival(pd.DataFrame({"leaves_week": [0, 1, np.nan, np.nan], "known_weeks": [3, 3, 2, 3]})).round(3).tolist()
    [0.75, 0.5, 0.5]
    """
    leaves, known = _weeks(y, len(y))
    row, week = _at_risk(leaves, known)
    there = 1 - np.bincount(week, leaves[row] == week) / np.bincount(week)
    return pd.Series(np.cumprod(there), index=pd.RangeIndex(len(there), name="week"), name="there")


def _frame(X: Any) -> pd.DataFrame:
    return X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X)).add_prefix("x")


def _weeks(y: pd.DataFrame, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """leaves_week (-1: not seen to leave) and known_weeks, int64[n] each, checked."""
    missing = [c for c in ("leaves_week", "known_weeks") if c not in y]
    if missing:
        raise FrameError.from_missing_columns("y", missing, y.columns)
    if len(y) != rows:
        raise FrameError.from_wrong_length("y", len(y), rows)
    leaves, known = (y[c].to_numpy(np.float64) for c in ("leaves_week", "known_weeks"))
    odd = ~(known >= 0) | ~np.isfinite(known) | (known % 1 != 0)
    if odd.any():
        raise FrameError.from_bad_label(
            "known_weeks", known[odd][0], int(odd.sum()), "whole weeks from 0"
        )
    odd = ~np.isnan(leaves) & (~(leaves >= 0) | ~(leaves < known) | (leaves % 1 != 0))
    if odd.any():
        raise FrameError.from_bad_label(
            "leaves_week",
            leaves[odd][0],
            int(odd.sum()),
            "whole weeks from 0 to below known_weeks, or nothing",
        )
    return np.where(np.isnan(leaves), -1, leaves).astype(np.int64), known.astype(np.int64)


def _at_risk(leaves: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Snapshot and week of every week in which someone was seen who had not left before it, int64[m] each, snapshots side by side."""
    count = np.where(leaves >= 0, np.minimum(leaves + 1, known), known)
    row = np.repeat(np.arange(len(count)), count)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)


def _last_week(week: np.ndarray) -> int:
    """The last week up to which every one was reached by enough, 0 at least."""
    short = np.flatnonzero(np.bincount(week, minlength=1) < FEWEST_AT_RISK)
    return max(0, int(short[0]) - 1) if len(short) else int(week.max(initial=0))


def _repeated(values: Any, row: np.ndarray) -> Any:
    return None if values is None else np.asarray(values)[row]


def _some(rng: np.random.Generator, places: np.ndarray, most: int) -> np.ndarray:
    return places if len(places) <= most else rng.choice(places, most, replace=False)


Model = TreeModel | ChurnHazard
