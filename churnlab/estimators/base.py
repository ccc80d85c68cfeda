"""What both estimators share: parameters, frames to matrices, column checks, saving."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from churnlab.btyd.statistics import COLUMNS
from churnlab.errors import ConfigError, FrameError
from churnlab.estimators.learners import boosting, folds, parts
from churnlab.estimators.learners.btyd_features import BTYDFeatures
from churnlab.estimators.saving import save

HISTORY = frozenset(c for columns in COLUMNS.values() for c in columns)
_LARGEST = 1e30


class TreeModel(BaseEstimator):  # type: ignore[misc]
    """Parameters of ChurnClassifier and LTVRegressor.

    n_estimators: trees; None lets folds by person decide (LightGBM) or takes 200
    (forest). learning_rate, num_leaves, min_child_samples, feature_fraction: of LightGBM; leaves are smaller on small data.
    calibrate: correct the output on predictions for unseen persons. random_state: int or numpy generator state; n_jobs: threads
    (None: 1, -1: all), which never changes a result.
    """

    algorithms: ClassVar[tuple[str, ...]] = ("blend", "lightgbm", "random_forest")
    objective: str = ""
    booster_: Any
    forest_: Any
    btyd_: dict[str, Any] | None

    def __init__(
        self,
        algorithm: str = "blend",
        *,
        n_estimators: int | None = None,
        learning_rate: float = 0.03,
        num_leaves: int | None = None,
        min_child_samples: int = 60,
        feature_fraction: float = 0.33,
        calibrate: bool = True,
        random_state: Any = 0,
        n_jobs: int | None = -1,
    ) -> None:
        self.algorithm = algorithm
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.feature_fraction = feature_fraction
        self.calibrate = calibrate
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def prepare(self, X: Any) -> np.ndarray:
        """X as the trees see it, float64[n, p]: categories as codes of those seen in fit, unseen and missing as NaN.

        Raises ValueError when columns are missing, renamed or in another order, or a value is infinite.
        """
        check_is_fitted(self)
        return self._matrix(X)

    def select(self, X: pd.DataFrame) -> pd.DataFrame:
        """The columns that the model learnt from, in its order; others are left out. FrameError when one is missing."""
        names = [str(n) for n in self.feature_names_in_]
        missing = [n for n in names if n not in X]
        if missing:
            raise FrameError.from_missing_columns("the features of this log", missing, X.columns)
        return X[names]

    def save(self, folder: str | Path) -> Path:
        """Writes model.json and a payload that runs no code when loaded; `estimators.load(folder)` reads it back."""
        check_is_fitted(self)
        return save(self, Path(folder))

    def _matrix(self, X: Any) -> np.ndarray:
        return self._whole(self._numbers(X, finite="allow-nan"))

    def _scored(self, X: Any, score: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """`score` of what `prepare` makes of X, float64[n], some rows at a time on the model's threads. Not of forests. Raises as `prepare`."""

        def more(part: np.ndarray) -> np.ndarray:
            if np.isinf(part).any():
                assert_all_finite(
                    part, allow_nan=True, estimator_name=type(self).__name__, input_name="X"
                )
            return part[:, :0] if self.btyd_ is None else self._expected(part)

        return parts.scored(self._numbers(X, finite=False), score, self._threads(), more)

    def _numbers(self, X: Any, finite: Any) -> np.ndarray:
        """X as float64[n, p] with its columns checked, and its values too unless `finite` is False."""
        if self.categories_ and not isinstance(X, pd.DataFrame):
            raise FrameError.from_no_frame(self.categories_)
        frame = self._encode(X) if isinstance(X, pd.DataFrame) else X
        return np.asarray(
            validate_data(self, frame, reset=False, dtype=np.float64, ensure_all_finite=finite)
        )

    def _whole(self, matrix: np.ndarray) -> np.ndarray:
        """The columns of X with those that the model makes itself; for a forest, which adds them up in 32 bits, within their range."""
        matrix = matrix if self.btyd_ is None else np.hstack([matrix, self._expected(matrix)])
        return matrix if self.algorithm != "random_forest" else np.clip(matrix, -_LARGEST, _LARGEST)

    def _expected(self, matrix: np.ndarray) -> np.ndarray:
        return BTYDFeatures.from_dict(self.btyd_ or {}).transform(self._history(matrix)).to_numpy()

    def widened(self, X: pd.DataFrame) -> pd.DataFrame:
        """X beside the columns that the model makes itself, to which contributions belong as well."""
        check_is_fitted(self)
        if self.btyd_ is None:
            return X
        names = BTYDFeatures.from_dict(self.btyd_).get_feature_names_out()
        return pd.concat(
            [X, pd.DataFrame(self._matrix(X)[:, X.shape[1] :], columns=names, index=X.index)],
            axis=1,
        )

    def own_catalogue(self) -> pd.DataFrame:
        """One row a column that the model makes itself: name, signal, builder, unit, window, says, missing."""
        check_is_fitted(self)
        made = (
            BTYDFeatures(kinds=()).fit(pd.DataFrame())
            if self.btyd_ is None
            else BTYDFeatures.from_dict(self.btyd_)
        )
        return made.catalogue()

    def _learn_columns(
        self, X: Any, y: Any, groups: Any = None, **checks: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """The matrix and labels to fit on; remembers names and categories."""
        if self.algorithm not in self.algorithms:
            raise ConfigError.from_unknown("algorithm", str(self.algorithm), self.algorithms)
        if self.n_estimators is not None and self.n_estimators < 1:
            raise ConfigError.from_range("n_estimators", self.n_estimators, "at least 1, or None")
        self.categories_ = _categories(X)
        frame = self._encode(X) if isinstance(X, pd.DataFrame) else X
        y = y.to_numpy() if isinstance(y, pd.Series) else y
        matrix, labels = validate_data(
            self,
            frame,
            y,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            ensure_min_samples=2,
            **checks,
        )
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.btyd_ = self._fit_btyd(matrix, folds.persons(X, groups, len(matrix)))
        return self._whole(matrix), labels

    def _fit_btyd(self, matrix: np.ndarray, person: np.ndarray) -> dict[str, Any] | None:
        """Buy-till-you-die models of the rows' histories, each person with the weight of one; None where nothing can be fitted."""
        fitted = BTYDFeatures().fit(
            self._history(matrix).set_index(pd.Index(person, name="user_id"))
        )
        useful = [m for m in fitted.models_.values() if m is not None]
        return fitted.to_dict() if useful else None

    def _history(self, matrix: np.ndarray) -> pd.DataFrame:
        """The columns of a matrix that tell of past days and orders."""
        names = getattr(self, "feature_names_in_", ())
        return pd.DataFrame(
            {n: matrix[:, i] for i, n in enumerate(names) if n in HISTORY}, index=range(len(matrix))
        )

    def _encode(self, X: pd.DataFrame) -> pd.DataFrame:
        """Category columns as codes of the categories seen in fit."""
        coded = {c: _codes(X[c], self.categories_[c]) for c in X.columns if c in self.categories_}
        return X.assign(**coded) if coded else X

    def _categorical(self) -> list[int]:
        return [
            i
            for i, name in enumerate(getattr(self, "feature_names_in_", ()))
            if name in self.categories_
        ]

    def _plan(self) -> boosting.Plan:
        return boosting.Plan(
            self.objective,
            self.learning_rate,
            self.num_leaves,
            self.min_child_samples,
            self.feature_fraction,
            self.n_estimators,
            self._seed,
            self._threads(),
        )

    def _threads(self) -> int:
        return 1 if self.n_jobs is None else 0 if self.n_jobs < 0 else self.n_jobs

    def raw_score(self, X: Any) -> np.ndarray:
        """What the contributions add up to, float64[n]: log-odds, or log money. Not of forests."""
        raise TypeError(f"{type(self).__name__} has no raw score")

    def contributions(self, X: Any) -> tuple[np.ndarray, float]:
        """SHAP values of the raw score, float64[n, p], and their base. Not of forests."""
        raise TypeError(f"{type(self).__name__} has no contributions")

    def _tree_parts(self, matrix: np.ndarray) -> tuple[np.ndarray, float]:
        """The contributions of LightGBM's trees."""
        parts = boosting.contributions(self.booster_, matrix, self._threads())
        return parts[:, :-1], float(parts[0, -1]) if len(parts) else 0.0

    def _restore(self, state: dict[str, Any]) -> Self:
        for name, value in state.items():
            setattr(self, name, value)
        return self


def _categories(X: Any) -> dict[str, list[Any]]:
    if not isinstance(X, pd.DataFrame):
        return {}
    kinds = {c: X[c].dtype for c in X.columns if isinstance(X[c].dtype, pd.CategoricalDtype)}
    found = {
        c: [v.item() if isinstance(v, np.generic) else v for v in kind.categories]
        for c, kind in kinds.items()
    }
    for name, values in found.items():
        odd = [v for v in values if not isinstance(v, str | int | float | bool)]
        if odd or not isinstance(name, str):
            raise FrameError.from_category(name, repr(odd[0]) if odd else "a name that is no text")
    return found


def _codes(column: pd.Series, categories: list[Any]) -> pd.Series:
    values = column.astype(object)
    codes = np.asarray(
        pd.Index(categories, dtype=object).get_indexer(pd.Index(values, dtype=object)), np.float64
    )
    return pd.Series(np.where(codes < 0, np.nan, codes), index=column.index)
