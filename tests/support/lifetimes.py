"""Models of transactions with known parameters, people simulated from them, and the papers' sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import betaln, expit
from scipy.stats import gamma as gamma_of

from churnlab.btyd import (
    BGNBD,
    MBGNBD,
    ParetoNBD,
)
from churnlab.demo.datasets import load_cdnow

# The ids of the sample of CDNOW that the papers use, a tenth of the cohort.
SAMPLE = Path(__file__).parents[1] / "data" / "cdnow_sample.txt"
END = pd.Timestamp("1997-09-30")
HISTORIES = [(0, 0.0, 30.0), (1, 2.0, 38.86), (2, 30.43, 38.86), (7, 20.0, 25.0), (26, 30.86, 31.0)]
TRUE = {
    "bg_nbd": BGNBD(0.8, 4.0, 0.9, 2.5),
    "mbg_nbd": MBGNBD(0.8, 4.0, 0.9, 2.5),
    "pareto_nbd": ParetoNBD(0.8, 4.0, 0.7, 9.0),
}


def cdnow_sample() -> pd.DataFrame:
    """The 2,357 people of the sample over their first 39 weeks.

    Columns: repeats, last and age in weeks, and the mean value of repeat days.
    """
    ids = {f"{int(i):05d}" for i in SAMPLE.read_text(encoding="utf-8").split()}
    log = load_cdnow()
    log = (
        log[log["user_id"].isin(ids) & (log["ts"] <= END)]
        .groupby(["user_id", "ts"])["amount"]
        .sum()
        .reset_index()
    )
    days = log.groupby("user_id")["ts"].agg(["min", "max", "count"])
    again = log[log["ts"] > log["user_id"].map(days["min"])].groupby("user_id")["amount"].mean()
    return pd.DataFrame(
        {
            "repeats": days["count"] - 1,
            "last": (days["max"] - days["min"]).dt.days / 7,
            "age": (END - days["min"]).dt.days / 7,
            "value": again.reindex(days.index),
        }
    )


def simulate(
    model: object, people: int, age: float, horizon: float, seed: int = 0
) -> tuple[np.ndarray, ...]:
    """repeats and last in (0, age], transactions in (age, age + horizon], and who is alive at age; one transaction after another."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(model.r, 1 / model.alpha, people)
    gone = np.full(people, np.inf)
    if isinstance(model, ParetoNBD):
        gone = rng.exponential(1, people) / rng.gamma(model.s, 1 / model.beta, people)
    p = np.zeros(people) if isinstance(model, ParetoNBD) else rng.beta(model.a, model.b, people)
    left = (rng.random(people) < p) & isinstance(model, MBGNBD)
    gone = np.where(left, 0, gone)
    now, repeats, last, later = (
        np.zeros(people),
        np.zeros(people),
        np.zeros(people),
        np.zeros(people),
    )
    while True:
        now = now + rng.exponential(1, people) / rate
        happens = (now <= age + horizon) & (now < gone)
        if not happens.any():
            return repeats, last, later, gone > age
        repeats += happens & (now <= age)
        last = np.where(happens & (now <= age), now, last)
        later += happens & (now > age)
        gone = np.where(happens & (rng.random(people) < p), now, gone)


def posterior(
    model: object,
    history: tuple[float, float, float],
    of: Callable[..., tuple[np.ndarray | float, np.ndarray | float]],
) -> float:
    """The integral over people of lambda^x times what `of(lambda, p or mu)` gives for who is there at T and for who has gone, on a fine grid."""
    x, t, T = history
    u = np.arange(-60, 9, 0.05)
    rate = np.exp(u)[:, None]
    weight = (gamma_of.pdf(rate, model.r, scale=1 / model.alpha) * rate) * 0.05
    if isinstance(model, ParetoNBD):
        mu = np.exp(u)
        weight = weight * (gamma_of.pdf(mu, model.s, scale=1 / model.beta) * mu) * 0.05
        stays, both = np.exp(-(rate + mu) * T), rate + mu
        leaves = mu / both * (np.exp(-both * t) - stays)
        there, gone = of(rate, mu)
    else:
        k, v = x + isinstance(model, MBGNBD), np.arange(-60, 40, 0.05)
        p, q = expit(v), expit(-v)
        weight = (
            weight
            * np.exp(model.a * np.log(p) + model.b * np.log(q) - betaln(model.a, model.b))
            * 0.05
        )
        stays = q**k * np.exp(-rate * T)
        leaves = p * q ** (k - 1) * np.exp(-rate * t) if k else 0.0
        there, gone = of(rate, p)
    return float((weight * rate**x * (stays * there + leaves * gone)).sum())
