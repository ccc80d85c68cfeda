"""Made-up rows with a known truth, and models fitted on them, for the tests of the estimators."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

import churnlab as cl
from churnlab.demo.datasets import load_cdnow
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.learners import folds
from churnlab.estimators.learners.training_rows import TrainingRows
from churnlab.estimators.regressor import LTVRegressor

CHURN_DAYS = pd.date_range("2024-03-01", periods=16, freq="30D")
VALUE_KINDS = [
    ("blend", "tweedie"),
    ("lightgbm", "tweedie"),
    ("lightgbm", "hurdle"),
    ("blend", "ziln"),
    ("lightgbm", "ziln"),
    ("blend", "mae"),
    ("random_forest", "tweedie"),
]
TREE_MODELS = [
    (kind, algorithm)
    for kind in (ChurnClassifier, LTVRegressor)
    for algorithm in ("blend", "lightgbm", "random_forest")
]
VALUE_DAYS = pd.date_range("2024-03-01", periods=12, freq="30D")


def mixed(rows: int = 1200) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Two numbers, one with gaps, and a category; churn and amounts that follow them."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "a": rng.normal(size=rows),
            "b": rng.normal(size=rows),
            "c": pd.Categorical(rng.choice(["x", "y", "z"], rows)),
        }
    )
    X.loc[::9, "b"] = np.nan
    score = X["a"] + (X["c"] == "z") * 1.5 + rng.normal(size=rows)
    return X, (score > 0.8).astype(int), np.maximum(score, 0) ** 2 * 20


def predicted(model: Any, X: pd.DataFrame) -> np.ndarray:
    """Churn probabilities of a classifier, amounts of a regressor."""
    return model.predict_proba(X)[:, 1] if hasattr(model, "predict_proba") else model.predict(X)


def fitted_on_mixed(kind: type, algorithm: str, **more: object) -> Any:
    """A ChurnClassifier or LTVRegressor of 60 trees, fitted on `mixed()`."""
    X, y, money = mixed()
    return kind(algorithm, n_estimators=60, **more).fit(X, y if kind is ChurnClassifier else money)


def whole_numbers(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers, the same with gaps, a category, a constant, and a column without a value.

    Churn follows the first column and whether the second is known.
    """
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 9, rows).astype(float)
    b = rng.integers(0, 5, rows).astype(float)
    z = 0.4 * (a - 4) + np.where(rng.random(rows) < 0.3, 1.5, -0.5)
    b[z > 0.4 * (a - 4)] = np.nan
    X = np.column_stack([a, b, rng.integers(0, 3, rows), np.full(rows, 7.0), np.full(rows, np.nan)])
    return X, (rng.random(rows) < expit(z)).astype(float)


def shop(rows: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Features, amounts and their true expectation.

    Who pays follows `a`, how much follows `b`; `c` is noise, and all three have gaps.
    """
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(rows, 3)), columns=["a", "b", "c"])
    pays = 1 / (1 + np.exp(-1.5 * X["a"]))
    mean = 3 + X["b"]
    deviation = 0.6
    y = np.where(rng.random(rows) < pays, np.exp(mean + deviation * rng.normal(size=rows)), 0.0)
    return X.where(X["c"] < 1), y, np.asarray(pays * np.exp(mean + deviation**2 / 2))


def known_shop(rows: int = 1500, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """`shop` with no gap in `a`."""
    X, y, truth = shop(rows, seed)
    return X.fillna({"a": 0.0}), y, truth


def fitted_on_shop(algorithm: str, objective: str, **more: Any) -> LTVRegressor:
    """An LTVRegressor of 40 trees, fitted on `known_shop()`."""
    X, y, _ = known_shop()
    options = {"n_estimators": 40, "learning_rate": 0.1, "n_jobs": 1} | more
    return LTVRegressor(algorithm, objective=objective, **options).fit(X, y)


def churn_tides(people: int = 120, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Snapshots with an effect of their day; churn; the effect of each row.

    The column `tide` follows the effect in the first half of the days and its opposite later.
    """
    rng = np.random.default_rng(seed)
    days = len(CHURN_DAYS)
    effect = np.tile([1.2, -1.2, 0.6, -0.6], days // 4)
    tide = np.where(np.arange(days) < days // 2, effect, -effect) * 0.7
    index = pd.MultiIndex.from_product(
        [[f"p{i}" for i in range(people)], CHURN_DAYS], names=["user_id", "snapshot"]
    )
    place = np.tile(np.arange(days), people)
    x = rng.normal(size=len(index))
    active = rng.integers(1, 20, len(index)).astype(float)
    X = pd.DataFrame(
        {
            "x": x,
            "tide": tide[place] + 0.3 * rng.normal(size=len(index)),
            "cadence__active_days__all": active,
            "lifecycle__tenure_days__all": 200.0,
            "cadence__since_last_days__all": np.where(
                active > 1, rng.integers(1, 100, len(index)), 200.0
            ),
        },
        index=index,
    )
    y = (rng.random(len(index)) < expit(1.2 * x + effect[place])).astype(float)
    return X, y, effect[place]


def value_tides(people: int = 120, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Histories of orders with an effect of their day; amounts; the effect of each row.

    The column `tide` follows the effect in the first half of the days and its opposite later.
    """
    rng = np.random.default_rng(seed)
    days = len(VALUE_DAYS)
    effect = np.tile([0.8, -0.8, 0.4, -0.4], days // 4)
    tide = np.where(np.arange(days) < days // 2, effect, -effect)
    index = pd.MultiIndex.from_product(
        [[f"p{i}" for i in range(people)], VALUE_DAYS], names=["user_id", "snapshot"]
    )
    place = np.tile(np.arange(days), people)
    n = len(index)
    orders = rng.integers(1, 9, n).astype(float)
    last = np.where(orders > 1, rng.integers(1, 30, n), 200.0)
    X = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "tide": tide[place] + 0.2 * rng.normal(size=n),
            "spend__orders_sum__all": orders,
            "spend__since_first_days__all": 200.0,
            "spend__since_last_days__all": last,
            "spend__amount_sum__all": 30 * orders,
        },
        index=index,
    )
    pays = rng.random(n) < 0.7
    log_money = 0.5 * X["x"] + effect[place] + np.log(orders) + 0.4 * rng.normal(size=n)
    return X, np.where(pays, np.exp(log_money), 0.0), effect[place]


@cache
def cdnow() -> tuple[cl.Dataset, cl.Dataset]:
    """Two training snapshots and a later one of every tenth CDNOW customer.

    The labels are silence and spending in 90 days.
    """
    log = load_cdnow()
    log = log[log["user_id"].astype(int) % 10 == 0]
    activity = cl.EventLog.from_frame(
        log,
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        roles={"purchase": ["purchase"]},
        timezone="UTC",
    ).daily()
    snapshots = cl.Snapshots.at(
        activity,
        days=["1997-06-01", "1997-09-01", "1998-02-01"],
        active_within=365,
        targets=[cl.Churn(horizon=90), cl.LifetimeValue(horizon=90)],
    )
    return cl.build_dataset(activity, snapshots).split("1998-02-01")


def training_rows(X: pd.DataFrame, y: np.ndarray) -> TrainingRows:
    """The rows of a frame whose index has user_id and snapshot."""
    day = folds.snapshot_days(X, None, len(y))
    return TrainingRows(X.to_numpy(), y, day, folds.people(X, None, len(y)), [], 0)


def active_days(rows: int) -> pd.DataFrame:
    """Histories of active days, from which models make columns, and two numbers, one with gaps."""
    rng = np.random.default_rng(3)
    days = rng.integers(1, 9, rows).astype(float)
    return pd.DataFrame(
        {
            "cadence__active_days__all": days,
            "lifecycle__tenure_days__all": 100.0,
            "cadence__since_last_days__all": np.where(days > 1, rng.integers(0, 90, rows), 100.0),
            "a": rng.normal(size=rows),
            "b": np.where(rng.random(rows) < 0.3, np.nan, rng.normal(size=rows)),
        }
    )
