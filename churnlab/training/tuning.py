"""Tuning: settings of the trees other than the defaults, tried within a budget.

The only module that imports optuna (`pip install churnlab[tune]`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import mean_tweedie_deviance
from sklearn.utils import check_random_state

from churnlab.errors import ConfigError, HistoryError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.learners import folds, times
from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.plan import Plan
from churnlab.evaluation import metrics
from churnlab.schema.days import day_numbers, learnable
from churnlab.schema.progress import bar

SPACE: dict[str, tuple[float, float, bool]] = {  # lowest, highest, drawn on a log scale
    "learning_rate": (0.01, 0.1, True),
    "num_leaves": (4, 31, True),
    "min_child_samples": (20, 200, True),
    "feature_fraction": (0.1, 0.8, False),
}
TUNABLE = ("blend", "lightgbm")
TRIALS = 20
_WHOLE_NUMBERS = ("num_leaves", "min_child_samples")
_GROUPS = 3  # people are cut into so many groups; each judges models of the others
_CUTS = 3  # the newest snapshots, which are judged
_TWEEDIE_POWER = 1.3
_LEAST_PREDICTED = 1e-3  # as a share of the mean, because the Tweedie deviance of 0 is infinite


@dataclass(frozen=True, eq=False)
class Tuned:
    """The result of tuning: the best model, fitted on all rows, and all that was tried.

    `params` are the model's settings. `trials` has a row for each trial: trial, loss (mean over
    the folds, lower is better), seconds, and the settings of SPACE. Trial 0 is the estimator as it
    was given, so tuning gained `trials["loss"][0]` minus the least; that flatters a little, since
    the same folds chose it. `judged` names the rows that judged them.
    """

    model: TreeModel
    params: Mapping[str, float]
    trials: pd.DataFrame
    judged: str

    def describe(self) -> str:
        """The tuning in one sentence.

        >>> Tuned(None, {}, pd.DataFrame({"loss": [0.5, 0.4]}), "people not seen").describe()
        '2 trials judged on people not seen: loss 0.5 as given, 0.4 at best'
        """
        losses = self.trials["loss"]
        return (
            f"{len(losses)} trials judged on {self.judged}: "
            f"loss {losses.iloc[0]:.5g} as given, {losses.min():.5g} at best"
        )


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
) -> Tuned:
    """The estimator with the best settings found within SPACE, fitted on all rows.

    At most `trials` are made (None: 20, or no limit within `budget_seconds`), and at least one.
    Without a budget the result depends on the estimator's random_state alone. The estimator given
    is not changed. The sampler is a tree-structured Parzen estimator (J. Bergstra, R. Bardenet,
    Y. Bengio and B. Kegl, 2011, Algorithms for hyper-parameter optimization). The loss is the log
    loss, for amounts the Tweedie deviance of power 1.3, for medians the absolute error.

    `groups` and `time` give the person and the snapshot of each row, [n]; None: the index levels
    user_id and snapshot of X. `TuningRows.folds` says how settings are judged; `purge` is the
    reach of the label in days. Raises ConfigError for a forest, a budget out of range or without
    Optuna, HistoryError for too few people or where no fold has both classes, or money.

    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"risk": rng.normal(size=300)})
    >>> y = (X["risk"] + rng.normal(size=300) > 0).astype(float)
    >>> from churnlab import ChurnClassifier
    >>> found = tune(ChurnClassifier("lightgbm", n_estimators=10), X, y, trials=2)
    >>> found.trials["trial"].tolist(), found.judged
    ([0, 1], 'people not seen')
    """
    _check(estimator, trials, budget_seconds)
    optuna = _optuna()
    rows = TuningRows(X, np.asarray(y), groups, time)
    seed = _seed(estimator)
    pairs, judged = rows.folds(purge, seed)
    given = _settings(estimator, len(rows.y))

    count = TRIALS if trials is None and budget_seconds is None else trials

    def loss(trial: Any) -> float:
        """The loss of the settings that a trial suggests."""
        return rows.loss(clone(estimator).set_params(**_suggest(trial, given)), pairs)

    with _quiet(optuna), bar("tuning, trials", count) as step:
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
        study.enqueue_trial(given)
        study.optimize(loss, count, budget_seconds, callbacks=[lambda *_: step(1)])
    found = _trials(study)
    best = found.loc[found["loss"].idxmin()]
    params = {name: _number(name, best[name]) for name in SPACE}
    return Tuned(rows.fit(clone(estimator).set_params(**params)), params, found, judged)


def check_budget(trials: int) -> None:
    """Refuse, before anything is read, a `[model] tune` below 0, or above 0 without Optuna.

    >>> check_budget(0)
    """
    if trials < 0:
        wanted = "how many settings are tried, 0 for none"
        raise ConfigError.from_range("model.tune", trials, wanted)
    if trials:
        _optuna()


@dataclass(frozen=True, eq=False)
class TuningRows:
    """Rows to tune on: features X, labels y float64[n], person and snapshot of each row.

    `groups` and `time` are [n], or None where the index of X has them.
    """

    X: Any
    y: np.ndarray
    groups: Any = None
    time: Any = None

    def folds(self, purge: int, seed: int) -> tuple[Folds, str]:
        """Pairs of rows to learn from and rows to judge by, and the latter in words.

        Each of the last three snapshots is judged, for a third of the people, by a model of the
        others' rows that lie `purge` days or more before it. Where no snapshot has earlier rows to
        learn from, each third of the people is judged by a model of the others. Pairs of one class
        are left out. Raises HistoryError when none is left or there are fewer than three people.
        """
        person = folds.people(self.X, self.groups, len(self.y))
        day = self._days()
        people = int(person.max()) + 1
        if people < _GROUPS:
            raise HistoryError.from_no_folds(people)
        group = (np.random.default_rng(seed).permutation(people) % _GROUPS)[person]
        later = [
            (
                np.flatnonzero(learnable(day, purge, cut) & (group != k)),
                np.flatnonzero((day == cut) & (group == k)),
            )
            for k, cut in enumerate(np.unique(day)[1:][-_CUTS:])
        ]
        others = [(np.flatnonzero(group != k), np.flatnonzero(group == k)) for k in range(_GROUPS)]
        usable = self._usable(later)
        if usable:
            return usable, "later days, for people not seen"
        usable = self._usable(others)
        if usable:
            return usable, "people not seen"
        raise HistoryError.from_no_folds(people)

    def _days(self) -> np.ndarray:
        """The day of each row, int64[n]; its rank where snapshots are not dates."""
        _, time = times.to_fit(self.X, self.time)
        if isinstance(time, pd.DatetimeIndex):
            return day_numbers(time)
        return folds.snapshot_days(self.X, time, len(self.y))

    def _usable(self, pairs: Folds) -> Folds:
        """The pairs whose labels differ on both sides."""
        return [
            (a, b) for a, b in pairs if min(len(np.unique(self.y[rows])) for rows in (a, b)) > 1
        ]

    def fit(self, model: TreeModel, rows: np.ndarray | None = None) -> TreeModel:
        """The model fitted on some of the rows, int64[k], or on all of them."""
        if rows is None:
            return model.fit(self.X, self.y, groups=self.groups, time=self.time)
        groups = None if self.groups is None else np.asarray(self.groups)[rows]
        return model.fit(self._features(rows), self.y[rows], groups=groups, time=self._times(rows))

    def loss(self, model: TreeModel, pairs: Folds) -> float:
        """The mean loss of a model that is fitted and judged on each pair; lower is better."""
        losses = [
            _loss(
                self.fit(clone(model), learn),
                self._features(judge),
                self.y[judge],
                self._times(judge),
            )
            for learn, judge in pairs
        ]
        return float(np.mean(losses))

    def _times(self, rows: np.ndarray) -> Any:
        return None if self.time is None else np.asarray(self.time)[rows]

    def _features(self, rows: np.ndarray) -> Any:
        return self.X.iloc[rows] if isinstance(self.X, pd.DataFrame) else np.asarray(self.X)[rows]


def _loss(model: Any, X: Any, y: np.ndarray, time: Any) -> float:
    """The loss of a fitted model on rows that it has not seen; lower is better."""
    if hasattr(model, "predict_proba"):
        return metrics.log_loss(y == model.classes_[-1], model.predict_proba(X, time=time)[:, 1])
    predicted = model.predict(X, time=time)
    amounts = np.maximum(y, 0.0)
    if model.objective == "mae":
        return metrics.mae(amounts, predicted)
    predicted = np.maximum(predicted, _LEAST_PREDICTED * (amounts.mean() or 1.0))
    return float(mean_tweedie_deviance(amounts, predicted, power=_TWEEDIE_POWER))


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ConfigError.from_extra("tuning", "Optuna", "tune") from error
    return optuna


@contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Let Optuna log nothing but warnings for a while."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _check(estimator: TreeModel, trials: int | None, budget: float | None) -> None:
    """Refuse what cannot be tuned, and a budget out of range."""
    if estimator.algorithm not in TUNABLE:
        raise ConfigError.from_unknown("algorithm to tune", str(estimator.algorithm), TUNABLE)
    if trials is not None and trials < 1:
        raise ConfigError.from_range("trials", trials, "at least 1")
    if budget is not None and not budget > 0:
        raise ConfigError.from_range("budget_seconds", budget, "more than 0")


def _seed(estimator: TreeModel) -> int:
    """The estimator's random_state as a number, drawn from it where it is a generator."""
    state = estimator.random_state
    if isinstance(state, int | np.integer):
        return int(state)
    return int(check_random_state(state).randint(2**31))


def _settings(estimator: TreeModel, rows: int) -> dict[str, float]:
    """The settings of an estimator; num_leaves that it leaves to the data as for `rows` rows."""
    given = {name: getattr(estimator, name) for name in SPACE}
    plan = Plan(objective="", **given, rounds=None, seed=0, threads=1)
    return given | {"num_leaves": plan.params(rows)["num_leaves"]}


def _suggest(trial: Any, given: Mapping[str, float]) -> dict[str, float]:
    """A point of SPACE, which is widened to hold the settings given."""
    point = {}
    for name, (low, high, log) in SPACE.items():
        ends = min(low, given[name]), max(high, given[name])
        if name in _WHOLE_NUMBERS:
            point[name] = trial.suggest_int(name, *map(int, ends), log=log)
        else:
            point[name] = trial.suggest_float(name, *ends, log=log)
    return point


def _number(name: str, value: Any) -> float:
    return int(value) if name in _WHOLE_NUMBERS else float(value)


def _trials(study: Any) -> pd.DataFrame:
    """A row for each trial that ended."""
    rows = [
        {"trial": t.number, "loss": t.value, "seconds": t.duration.total_seconds(), **t.params}
        for t in study.trials
        if t.value is not None
    ]
    return pd.DataFrame(rows, columns=["trial", "loss", "seconds", *SPACE])
