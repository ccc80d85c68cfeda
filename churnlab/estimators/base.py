"""TreeModel: the base class of ChurnClassifier and LTVRegressor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from churnlab.btyd.statistics import COLUMNS
from churnlab.errors import ConfigError, FrameError
from churnlab.estimators.labels import in_one_line
from churnlab.estimators.learners import as_fitted, contributions, folds, season, times
from churnlab.estimators.learners.btyd_features import BTYDFeatures
from churnlab.estimators.learners.categories import categories_of, check_names
from churnlab.estimators.learners.chosen import Chosen
from churnlab.estimators.learners.columns import coded, finite_or_named, infinite
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.row_chunks import score_in_chunks
from churnlab.estimators.learners.season import SeasonalShift
from churnlab.estimators.learners.training_rows import TrainingRows
from churnlab.estimators.learners.weights import Counted
from churnlab.estimators.refitting import Refits
from churnlab.estimators.saving import save
from churnlab.kernels import cores, forks

_HISTORY_COLUMNS = frozenset(c for columns in COLUMNS.values() for c in columns)


class TreeModel(Refits, BaseEstimator):  # type: ignore[misc]
    """Base class: parameters, columns, model-made columns, seasonal shift, saving.

    The parameters are described in ChurnClassifier and LTVRegressor. A model makes columns of its
    own: expectations of buy-till-you-die models, where X has the history that they need, and the
    seasonal shift, where one was learnt.
    """

    algorithms: ClassVar[tuple[str, ...]] = ("blend", "lightgbm", "random_forest")
    unit: ClassVar[str] = "log-odds"
    structure: ClassVar[tuple[str, ...]] = ("algorithm",)
    objective: str = ""
    booster_: Any
    btyd_: dict[str, Any] | None
    season_: dict[str, Any] | None = None

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

    @property
    def needs_time_(self) -> bool:
        """Whether the fitted model learnt a season and needs the snapshot of each row.

        It is the index level `snapshot` of X, a column `snapshot` of X, or the argument `time`:
        dates, or ISO text. Without it a prediction is refused with a FrameError.

        >>> import churnlab as cl
        >>> X = pd.DataFrame({"visits": np.arange(40.0)})
        >>> cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15).needs_time_
        False
        """
        return self.season_ is not None

    def select(self, X: pd.DataFrame) -> pd.DataFrame:
        """The columns that the model learnt from, in its order; other columns are left out.

        A column `snapshot` stays, as the last one, where the model needs the time. FrameError when
        X lacks a column, or has two of one name.

        >>> import churnlab as cl
        >>> X = pd.DataFrame({"visits": np.arange(40.0)})
        >>> model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15)
        >>> list(model.select(X.assign(name="somebody")))
        ['visits']
        """
        check_names(X)
        names = [str(n) for n in self.feature_names_in_]
        missing = [n for n in names if n not in X]
        if missing:
            raise FrameError.from_missing_columns("the feature set of this log", missing, X.columns)
        if self.needs_time_ and times.SNAPSHOT in X:
            names = [*(n for n in names if n != times.SNAPSHOT), times.SNAPSHOT]
        return X[names]

    def prepare(self, X: Any) -> np.ndarray:
        """X as the learners see it, float64[n, q]: numbers, category codes and model-made columns.

        The first p columns are those of X. Categories become their positions in the categories
        seen in fit; unseen and missing ones become NaN. The seasonal shift is not included.

        FrameError when columns are missing, renamed or in another order, hold text or dates, or a
        value is infinite.

        >>> import churnlab as cl
        >>> X = pd.DataFrame({"plan": pd.Categorical(["free", "paid"] * 20), "visits": 1.0})
        >>> model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["plan"] == "free")
        >>> model.prepare(X.head(2)).tolist()
        [[0.0, 1.0], [1.0, 1.0]]
        """
        as_fitted.check(self)
        return self._with_made_columns(self._numbers(X, finite="allow-nan"))

    def raw_score(
        self, X: Any, prepared: np.ndarray | None = None, *, time: Any = None
    ) -> np.ndarray:
        """Score before it becomes a probability or an amount, float64[n]; see the subclasses."""
        raise NotImplementedError

    def contributions(
        self, X: Any, prepared: np.ndarray | None = None, *, time: Any = None
    ) -> tuple[np.ndarray, float]:
        """SHAP values of the raw score, float64[n, q], and their base; they add up to it.

        The q columns are those of `widened(X)`. For a blend the values of the members are added.
        Those of the trees are exact, however many rows there are (`learners.contributions`).
        prepared: the result of `prepare(X)`, if the caller has it already. time: see needs_time_.

        ConfigError for a model whose parts do not add up to a score: an LTVRegressor with objective
        "ziln" or, as a blend, with "mae".

        >>> import churnlab as cl
        >>> X = pd.DataFrame({"visits": np.arange(40.0), "constant": 1.0})
        >>> model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15)
        >>> values, base = model.contributions(X)
        >>> values.shape, bool(np.allclose(values.sum(axis=1) + base, model.raw_score(X)))
        ((40, 2), True)
        """
        as_fitted.check(self)
        self._check_parts_add_up()
        matrix = self.prepare(X) if prepared is None else prepared
        trees = contributions.contributions(self.booster_, matrix, self._threads())
        base = float(trees[0, -1]) if len(trees) else 0.0
        values, base = self._blended_contributions(trees[:, :-1], base, matrix)
        return (
            values if self.season_ is None else np.column_stack([values, self._shift(X, time)])
        ), base

    def tree_model(self) -> Any:
        """The trees, where the model is trees alone, as a LightGBM booster.

        It takes the rows of `prepare(X)`, as `shap.TreeExplainer(model.tree_model())` needs them.
        ConfigError for a blend, which adds other members, and for the objective "ziln", whose trees
        give three scores.

        >>> import churnlab as cl
        >>> X = pd.DataFrame({"visits": np.arange(40.0)})
        >>> model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15)
        >>> raw = model.tree_model().predict(model.prepare(X), raw_score=True)
        >>> bool(np.allclose(raw, model.raw_score(X)))
        True
        """
        as_fitted.check(self)
        if self.algorithm == "blend" or self.objective == "ziln":
            kind = self.algorithm if self.algorithm == "blend" else self.objective
            raise ConfigError.from_not_trees(kind)
        return self.booster_

    def widened(
        self, X: pd.DataFrame, prepared: np.ndarray | None = None, *, time: Any = None
    ) -> pd.DataFrame:
        """X with the model-made columns to its right, so that each contribution has a column.

        A column `snapshot` with the time is left out. prepared: the result of `prepare(X)`, if the
        caller has it already. time: see needs_time_.

        >>> import churnlab as cl
        >>> X = pd.DataFrame({"visits": np.arange(40.0)})
        >>> model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15)
        >>> list(model.widened(X)), list(model.own_catalogue()["name"])
        (['visits'], [])
        """
        as_fitted.check(self)
        wide = features = times.without(X, self._names())
        if self.btyd_ is not None:
            matrix = self.prepare(X) if prepared is None else prepared
            names = BTYDFeatures.from_dict(self.btyd_).get_feature_names_out()
            made = pd.DataFrame(matrix[:, features.shape[1] :], columns=names, index=X.index)
            wide = pd.concat([features, made], axis=1)
        if self.season_ is None:
            return wide
        return wide.assign(**{season.shift_name(self.unit): self._shift(X, time)})

    def own_catalogue(self) -> pd.DataFrame:
        """One row a model-made column, with the columns of FeatureSet.catalogue.

        >>> import churnlab as cl
        >>> days = np.arange(60.0) % 9 + 1
        >>> X = pd.DataFrame({
        ...     "cadence__active_days__all": days,
        ...     "lifecycle__tenure_days__all": 100.0,
        ...     "cadence__since_last_days__all": np.where(days > 1, 30.0, 100.0),
        ... })
        >>> model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, days < 4)
        >>> model.own_catalogue()["name"][0]
        'btyd__alive_days__all'
        """
        as_fitted.check(self)
        if self.btyd_ is None:
            made = BTYDFeatures(kinds=()).fit(pd.DataFrame()).catalogue()
        else:
            made = BTYDFeatures.from_dict(self.btyd_).catalogue()
        if self.season_ is None:
            return made
        return pd.concat([made, season.shift_catalogue(self.unit)], ignore_index=True)

    def save(self, folder: str | Path) -> Path:
        """The folder, after model.json and the trees were written to it; no file holds code.

        `churnlab.estimators.loading.load(folder)` reads the model back.

        >>> import tempfile
        >>> import churnlab as cl
        >>> X = pd.DataFrame({"visits": np.arange(40.0)})
        >>> model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     sorted(path.name for path in model.save(folder).iterdir())
        ['model.json', 'model.lgb']
        """
        as_fitted.check(self)
        return save(self, Path(folder))

    def _check_parts_add_up(self) -> None:
        """ConfigError where contributions would not add up to the raw score."""

    def _blended_contributions(
        self, trees: np.ndarray, base: float, matrix: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Contributions and base of all members, from those of the trees."""
        raise NotImplementedError

    def _scored(
        self, X: Any, prepared: np.ndarray | None, score: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """`score` of the prepared rows, float64[n], in chunks on the model's threads.

        Raises as `prepare` does; an infinite value is found chunk by chunk, so
        that the whole prepared matrix never exists.
        """
        if prepared is not None:
            return score_in_chunks(prepared, score, self._threads)

        def made_columns(rows: np.ndarray) -> np.ndarray:
            """The model's own columns for some rows; FrameError for an infinite value."""
            if np.isinf(rows).any():
                raise infinite(X)
            return rows[:, :0] if self.btyd_ is None else self._expectations(rows)

        return score_in_chunks(self._numbers(X, False), score, self._threads, made_columns)

    def _shift(self, X: Any, time: Any) -> np.ndarray:
        """Seasonal shift of each row's snapshot, float64[n]; zeros where no shift was learnt.

        FrameError where a shift was learnt and the snapshots are not known.
        """
        if self.season_ is None:
            return np.zeros(len(X if hasattr(X, "__len__") else np.asarray(X)))
        return SeasonalShift(**self.season_).at(times.dates(X, time))

    def _numbers(self, X: Any, finite: Any) -> np.ndarray:
        """X as float64[n, p], its columns checked; `finite` False leaves the values unchecked."""
        X = times.without(X, self._names())
        if self.categories_ and not isinstance(X, pd.DataFrame):
            raise FrameError.from_no_frame(self.categories_)
        frame = coded(X, self.categories_, getattr(self, "feature_names_in_", None))
        with in_one_line("X"), finite_or_named(frame):
            return np.asarray(
                validate_data(self, frame, reset=False, dtype=np.float64, ensure_all_finite=finite)
            )

    def _with_made_columns(self, matrix: np.ndarray) -> np.ndarray:
        """The columns of X and the model-made ones."""
        return matrix if self.btyd_ is None else np.hstack([matrix, self._expectations(matrix)])

    def _expectations(self, matrix: np.ndarray) -> np.ndarray:
        """The columns of the buy-till-you-die models, float64[n, q]."""
        made = BTYDFeatures.from_dict(self.btyd_ or {})
        return made.transform(self._history(matrix)).to_numpy()

    def _learn_columns(self, X: Any, groups: Any, judged: Self | None) -> np.ndarray:
        """The matrix to fit on, with the columns of `judged`; keeps names, categories and seed."""
        as_fitted.forget(self)
        if judged is not None:
            judged._numbers(X, False)
        if self.algorithm not in self.algorithms:
            raise ConfigError.from_unknown("algorithm", str(self.algorithm), self.algorithms)
        if self.n_estimators is not None and self.n_estimators < 1:
            raise ConfigError.from_range("n_estimators", self.n_estimators, "at least 1, or None")
        self.categories_ = categories_of(X)
        matrix = self._checked(X)
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.btyd_ = self._fit_btyd(matrix, folds.people(X, groups, len(matrix)))
        return self._with_made_columns(matrix)

    def _checked(self, X: Any) -> np.ndarray:
        """X of a fit as float64[n, p]; FrameError of one line for what scikit-learn refuses."""
        if isinstance(X, pd.DataFrame) and not X.shape[1]:
            raise FrameError.from_refused("X", f"it has 0 feature(s) (shape={X.shape})")
        frame = coded(X, self.categories_)
        with in_one_line("X"), finite_or_named(frame):
            return np.asarray(
                validate_data(
                    self,
                    frame,
                    dtype=np.float64,
                    ensure_all_finite="allow-nan",
                    ensure_min_samples=2,
                )
            )

    def _training_rows(
        self, given: Counted, matrix: np.ndarray, y: np.ndarray, left_out: np.ndarray
    ) -> TrainingRows:
        return TrainingRows(
            np.where(left_out, 0.0, matrix) if left_out.any() else matrix,
            y,
            folds.snapshot_days(given.X, given.time, len(y)),
            folds.people(given.X, given.groups, len(y)),
            self._categorical(),
            self._seed,
            weight=given.weight,
        )

    def _fit_btyd(self, matrix: np.ndarray, person: np.ndarray) -> dict[str, Any] | None:
        """State of the buy-till-you-die models fitted on the rows' histories; None if none fits.

        All rows of a person together weigh as much as one row.
        """
        history = self._history(matrix).set_index(pd.Index(person, name="user_id"))
        fitted = BTYDFeatures().fit(history)
        useful = any(model is not None for model in fitted.models_.values())
        return fitted.to_dict() if useful else None

    def _history(self, matrix: np.ndarray) -> pd.DataFrame:
        """The columns of a matrix that hold counts and ages of past days and orders."""
        names = self._names()
        columns = {n: matrix[:, i] for i, n in enumerate(names) if n in _HISTORY_COLUMNS}
        return pd.DataFrame(columns, index=range(len(matrix)))

    def _categorical(self) -> list[int]:
        """Positions of the columns that hold category codes."""
        return [i for i, name in enumerate(self._names()) if name in self.categories_]

    def _names(self) -> Any:
        """Names of the columns of X in fit, object[p]; empty for an array."""
        return getattr(self, "feature_names_in_", ())

    def _plan(self, chosen: Chosen | None) -> Plan:
        """Settings of the trees; with the sizes that an earlier fit chose, if it did."""
        plan = Plan(
            self.objective,
            self.learning_rate,
            self.num_leaves,
            self.min_child_samples,
            self.feature_fraction,
            self.n_estimators,
            self._seed,
            self._threads(),
        )
        return plan.as_chosen(chosen.trees) if chosen and chosen.trees else plan

    def _threads(self) -> int:
        """Number of threads that `n_jobs` means at this moment; one in a forked child."""
        return forks.threads(cores.threads(self.n_jobs))
