"""A small dataset with both targets, and a model that remembers which rows it learnt from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression

from churnlab.dataset.dataset import Dataset
from churnlab.estimators import baselines
from churnlab.schema.targets import Churn, LifetimeValue

DAYS = pd.to_datetime(["2026-01-01", "2026-01-15", "2026-02-01", "2026-03-01", "2026-03-15"])
SEEN: list[pd.MultiIndex] = []


class Spy:
    """A plain model that remembers which rows it was fitted on."""

    def __init__(self, target: str) -> None:
        self.inner: Any = LogisticRegression() if target == "churned" else LinearRegression()
        if target == "churned":
            self.predict_proba = lambda X: self.inner.predict_proba(X.select_dtypes("number"))

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Spy:
        SEEN.append(X.index)
        self.inner.fit(X.select_dtypes("number"), y)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return self.inner.predict(X.select_dtypes("number"))


def dataset(people: int = 120, days: pd.DatetimeIndex = DAYS, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [days, range(people)], names=["snapshot", "user_id"]
    ).swaplevel()
    n = len(index)
    last = rng.integers(0, 40, n).astype(float)
    X = pd.DataFrame(
        {
            baselines.LAST: last,
            baselines.TENURE: rng.integers(1, 200, n).astype(float),
            baselines.DAYS: rng.integers(1, 30, n).astype(float),
            baselines.SPENT: rng.gamma(1, 30, n),
            "profile__channel__static": pd.Categorical(rng.choice(["ads", "shop"], n)),
        },
        index=index,
    )
    churned = (rng.random(n) < 1 / (1 + np.exp(2 - last / 10))).astype(float)
    labels = pd.DataFrame(
        {"churned": churned, "ltv": rng.gamma(1, 20, n) * (1 - churned)}, index=index
    )
    return Dataset(X, labels, pd.DataFrame(), (Churn(20, lead=8), LifetimeValue(28)))
