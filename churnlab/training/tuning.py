"""Tuning: other settings of the trees than the defaults, tried within a budget. The one import of optuna (`pip install churnlab[tune]`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import mean_tweedie_deviance

from churnlab.errors import ConfigError, HistoryError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.learners import folds, season
from churnlab.estimators.learners.boosting import Plan
from churnlab.estimators.learners.folds import Folds
from churnlab.evaluation import metrics
from churnlab.schema.days import day_numbers, learnable

if TYPE_CHECKING:
    from churnlab.model_registry.tracking import Tracker

SPACE: dict[str, tuple[float, float, bool]] = {  # lowest, highest, even in the logarithm
    "learning_rate": (0.01, 0.1, True),
    "num_leaves": (4, 31, True),
    "min_child_samples": (20, 200, True),
    "feature_fraction": (0.1, 0.8, False),
}
TUNED = ("blend", "lightgbm")
_WHOLE = ("num_leaves", "min_child_samples")
_SIDES = 3
_CUTS = 3
_POWER = 1.3
_FLOOR = 1e-3


@dataclass(frozen=True, eq=False)
class Tuned:
    """The `model` of the least loss, fitted on all rows; its `params`; every one of the `trials`; and how they were judged, in words.

    `trials` has a row a trial: trial, loss (mean over the folds, lower is better), seconds, and the parameters of SPACE. Trial 0 is the estimator
    as it was given, so that what tuning gained is `trials["loss"][0]` minus the least; on folds that chose it, which flatters a little.
    """

    model: TreeModel
    params: Mapping[str, float]
    trials: pd.DataFrame
    judged: str

    def describe(self) -> str:
        """What tuning did, in one sentence.

        >>> Tuned(None, {}, pd.DataFrame({"loss": [0.5, 0.4]}), "persons not seen").describe()
        '2 trials judged on persons not seen: loss 0.5 as given, 0.4 at best'
        """
        first, least = self.trials["loss"].iloc[0], self.trials["loss"].min()
        return f"{len(self.trials)} trials judged on {self.judged}: loss {first:.5g} as given, {least:.5g} at best"


def tune(
    estimator: TreeModel,
    X: Any,
    y: Any,
    *,
    trials: int | None = None,
    budget_seconds: float | None = None,
    groups: Any = None,
    time: Any = None,
    purge: int = 0,
    seed: int = 0,
    tracker: Tracker | None = None,
) -> Tuned:
    """Tries settings within SPACE and fits the best of them on all rows; the estimator given stays as it is.

    At most `trials` (20 where nothing is said) and about `budget_seconds`; one trial is always made. With trials alone and a seed the result is the
    same each time. The sampler is a tree-structured Parzen estimator (J. Bergstra, R. Bardenet, Y. Bengio and B. Kegl, 2011, Algorithms for
    hyper-parameter optimization), the loss the log loss, for amounts the Tweedie deviance of power 1.3, for medians the absolute error.

    Where X or `time` has several snapshots, each of the last three is judged for a third of persons (`groups`, or the index level user_id) by a model
    of the others' rows `purge` days (the reach of the label) or more before it; without earlier days to learn from, thirds of persons are.
    `tracker` keeps every trial as a nested run. Raises ConfigError for a forest, a budget out of range or without Optuna, HistoryError where
    there are too few persons or no fold has both classes, or money.
    """
    _check(estimator, trials, budget_seconds)
    optuna, y = _optuna(), np.asarray(y)
    pairs, judged = _folds(X, y, groups, time, purge, seed)
    own = _own(estimator, len(y))
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
        study.enqueue_trial(own)
        count = trials if trials is not None or budget_seconds is not None else 20
        study.optimize(
            lambda trial: _loss(
                clone(estimator).set_params(**_suggest(trial, own)), X, y, groups, time, pairs
            ),
            count,
            budget_seconds,
        )
    finally:
        optuna.logging.set_verbosity(before)
    frame = _frame(study)
    best = {name: _plain(name, frame.loc[frame["loss"].idxmin(), name]) for name in SPACE}
    if tracker is not None:
        tracker.log_trials(frame)
    return Tuned(
        clone(estimator).set_params(**best).fit(X, y, groups=groups, time=time), best, frame, judged
    )


def check_budget(trials: int) -> None:
    """Refuses, before anything is read, what `[model] tune` cannot be: a negative number, or any but 0 without Optuna.

    >>> check_budget(0)
    """
    if trials < 0:
        raise ConfigError.from_range(
            "model.tune", trials, "how many settings are tried, 0 for none"
        )
    if trials:
        _optuna()


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ConfigError.from_extra("tuning", "Optuna", "tune") from error
    return optuna


def _check(estimator: TreeModel, trials: int | None, budget: float | None) -> None:
    if estimator.algorithm not in TUNED:
        raise ConfigError.from_unknown("algorithm to tune", str(estimator.algorithm), TUNED)
    if trials is not None and trials < 1:
        raise ConfigError.from_range("trials", trials, "at least 1")
    if budget is not None and not budget > 0:
        raise ConfigError.from_range("budget_seconds", budget, "more than 0")


def _own(estimator: TreeModel, rows: int) -> dict[str, float]:
    """The settings of the estimator as given; leaves that the rows decide as they decide them."""
    own = {name: getattr(estimator, name) for name in SPACE}
    plan = Plan(objective="", **own, rounds=None, seed=0, threads=1)
    return own | {"num_leaves": plan.params(rows)["num_leaves"]}


def _suggest(trial: Any, own: Mapping[str, float]) -> dict[str, float]:
    """A point of SPACE, which is widened to hold the settings given."""
    point = {}
    for name, (low, high, log) in SPACE.items():
        ends = min(low, own[name]), max(high, own[name])
        point[name] = (
            trial.suggest_int(name, *map(int, ends), log=log)
            if name in _WHOLE
            else trial.suggest_float(name, *ends, log=log)
        )
    return point


def _plain(name: str, value: Any) -> float:
    return int(value) if name in _WHOLE else float(value)


def _frame(study: Any) -> pd.DataFrame:
    """The trials that came to an end."""
    rows = [
        {"trial": t.number, "loss": t.value, "seconds": t.duration.total_seconds(), **t.params}
        for t in study.trials
        if t.value is not None
    ]
    return pd.DataFrame(rows, columns=["trial", "loss", "seconds", *SPACE])


def _folds(
    X: Any, y: np.ndarray, groups: Any, time: Any, purge: int, seed: int
) -> tuple[Folds, str]:
    """Rows to learn from and rows to judge, and what the latter are: later days where there are any, else persons not seen."""
    person, day = folds.people(X, groups, len(y)), folds.snapshot_days(X, time, len(y))
    if int(person.max()) + 1 < _SIDES:
        raise HistoryError.from_no_folds(int(person.max()) + 1)
    side = (np.random.default_rng(seed).permutation(int(person.max()) + 1) % _SIDES)[person]
    dates = season.dates_of(X, time)
    number = day if dates is None else day_numbers(dates)
    later = [
        (
            np.flatnonzero(learnable(number, purge, d) & (side != k)),
            np.flatnonzero((number == d) & (side == k)),
        )
        for k, d in enumerate(np.unique(number)[1:][-_CUTS:])
    ]
    plain = [(np.flatnonzero(side != k), np.flatnonzero(side == k)) for k in range(_SIDES)]
    for pairs, judged in ((later, "later days, for persons not seen"), (plain, "persons not seen")):
        usable = [(learn, out) for learn, out in pairs if _varied(y[learn]) and _varied(y[out])]
        if usable:
            return usable, judged
    raise HistoryError.from_no_folds(int(person.max()) + 1)


def _varied(y: np.ndarray) -> bool:
    return len(np.unique(y)) > 1


def _loss(model: TreeModel, X: Any, y: np.ndarray, groups: Any, time: Any, pairs: Folds) -> float:
    """The mean loss over the folds."""
    losses = []
    for learn, out in pairs:
        inner = {
            name: None if of is None else np.asarray(of)[learn]
            for name, of in (("groups", groups), ("time", time))
        }
        fitted = clone(model).fit(_rows(X, learn), y[learn], **inner)
        losses.append(_judged(fitted, _rows(X, out), y[out]))
    return float(np.mean(losses))


def _rows(X: Any, rows: np.ndarray) -> Any:
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else np.asarray(X)[rows]


def _judged(model: Any, X: Any, y: np.ndarray) -> float:
    if hasattr(model, "predict_proba"):
        return metrics.log_loss(y == model.classes_[-1], model.predict_proba(X)[:, 1])
    amounts, y = model.predict(X), np.maximum(y, 0.0)
    if model.objective == "mae":
        return metrics.mae(y, amounts)
    return float(
        mean_tweedie_deviance(y, np.maximum(amounts, _FLOOR * (y.mean() or 1.0)), power=_POWER)
    )
