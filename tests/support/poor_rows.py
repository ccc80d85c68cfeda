"""Rows that teach little or nothing, for tests of estimators."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

PEOPLE, DAYS = 60, pd.date_range("2025-01-01", periods=9, freq="30D")
INDEX = pd.MultiIndex.from_product(
    [[f"p{i:02}" for i in range(PEOPLE)], DAYS], names=["user_id", "snapshot"]
)
rng = np.random.default_rng(0)
X = pd.DataFrame(
    {
        "a": rng.normal(size=len(INDEX)),
        "b": rng.integers(0, 4, len(INDEX)).astype(float),
        "c": pd.Categorical(rng.choice(["x", "y"], len(INDEX))),
    },
    index=INDEX,
)
X.loc[X.index[::5], "b"] = np.nan
Y = pd.Series((X["a"] + rng.normal(size=len(INDEX)) > 0.8).astype(float), index=INDEX)
MONEY = Y * np.exp(rng.normal(size=len(INDEX)) + 3)
HISTORY = {
    "cadence__active_days__all": 1.0,
    "lifecycle__tenure_days__all": 50.0,
    "cadence__since_last_days__all": 50.0,
}
person = INDEX.get_level_values("user_id")
first, last = DAYS[0], DAYS[-1]
day = INDEX.get_level_values("snapshot")
Frame = Callable[[pd.DataFrame], pd.DataFrame]
FRAMES: dict[str, Frame] = {
    "as it is": lambda x: x,
    "a constant column": lambda x: x.assign(same=3.0),
    "constants alone": lambda x: x[[]].assign(same=3.0, too=0.0),
    "a column all missing": lambda x: x.assign(gone=np.nan),
    "all missing": lambda x: x[[]].assign(gone=np.nan),
    "one category": lambda x: x.assign(c=pd.Categorical(["x"] * len(x))),
    "categories alone": lambda x: x[["c"]],
    "a category all missing": lambda x: x.assign(
        c=pd.Categorical([None] * len(x), categories=["x"])
    ),
    "one far out": lambda x: x.assign(a=np.where(np.arange(len(x)) == 7, 1e300, x["a"])),
    "huge and tiny": lambda x: x.assign(a=x["a"] * 1e300, b=x["b"] * 1e-300),
    "missing on the last day": lambda x: x.assign(
        b=x["b"].where(x.index.get_level_values("snapshot") != last)
    ),
    "everybody came once": lambda x: x.assign(**HISTORY),
    "no history is known": lambda x: x.assign(**dict.fromkeys(HISTORY, np.nan)),
    "a row twice": lambda x: x.iloc[np.r_[0, : len(x) - 1]],
}
LABELS = {
    "half of a person's rows": ((person == "p00") & (np.arange(len(INDEX)) % 2 == 0)),
    "one person alone churns": person == "p00",
    "one row churns": np.arange(len(INDEX)) == 4,
    "one row stays": np.arange(len(INDEX)) != 4,
    "one day alone": day == last,
    "no churner on a day": (Y > 0) & (day != first),
    "all churn on a day": (Y > 0) | (day == last),
}


def check_sound(p: np.ndarray, rows: int) -> None:
    """Assert finite numbers from 0, one for each row."""
    assert p.shape == (rows,) and np.isfinite(p).all() and (p >= 0).all()
