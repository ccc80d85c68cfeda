"""Seconds of reasons for many people, beside LightGBM's pred_contrib on the same rows, in one run.

    python benchmarks/reasons.py [--people 100_000] [--trained-on 60_000] [--pred-contrib 5_000]

SIMULATED people (`make_community`), default model and features; the model learns from people of an
earlier day. LightGBM explains some of the rows, evenly spaced, and its seconds are scaled to all.
Reasons are features in, sentences out: contributions, their check against LightGBM, that they add
up to the score, themes, words. Where LightGBM explains, the rest is the same. Processor seconds
stand beside the seconds: on a machine with other work they are the ones to compare.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import churnlab as cl
from churnlab.estimators.learners import contributions

RESULT = Path(__file__).resolve().parent / "results" / "reasons.json"
MORE_PEOPLE = 1.4  # simulated, over those explained: some have left or are not there yet
START = pd.Timestamp("2026-01-01")
DAYS = 120
LEARN, LISTED = 75, 118  # days of the two snapshots
HORIZON = 30


def timed(work: Callable[[], Any]) -> tuple[np.ndarray, Any]:
    """Seconds and processor seconds of the work, and its result."""
    start = np.array([time.perf_counter(), time.process_time()])
    out = work()
    return np.array([time.perf_counter(), time.process_time()]) - start, out


def rows(people: int, trained_on: int) -> tuple[cl.Dataset, cl.Dataset]:
    """Rows to learn from, with labels, and rows to explain."""
    activity = cl.datasets.make_community(users=int(people * MORE_PEOPLE), days=DAYS).log().daily()
    days = [
        str((pd.Timestamp("2026-01-01") + pd.Timedelta(days=d)).date()) for d in (LEARN, LISTED)
    ]
    learn = cl.Snapshots.at(activity, days[:1], targets=[cl.Churn(horizon=HORIZON)])
    train = cl.build_dataset(activity, learn)
    tonight = cl.build_dataset(activity, cl.Snapshots.at(activity, days[1:]))
    first = np.arange(len(train.X)) < trained_on
    return train.take(first), tonight.take(np.arange(len(tonight.X)) < people)


def by_lightgbm(model: Any, X: pd.DataFrame, catalogue: pd.DataFrame) -> pd.Series:
    """The theme that raises the score of each row most, by LightGBM's own values."""
    few = contributions.FEW_ROWS
    contributions.FEW_ROWS = len(X)
    try:
        return cl.explain(model, X, catalogue).themes().idxmax(axis=1)
    finally:
        contributions.FEW_ROWS = few


def measure(model: Any, tonight: cl.Dataset, some: int) -> dict[str, float]:
    """Seconds of both ways, their ratios, and how well they agree."""
    X = model.select(tonight.X)
    matrix, threads = model.prepare(X), model._threads()
    spaced = np.linspace(0, len(X) - 1, some).astype(int)
    booster = model.booster_
    slow, right = timed(
        lambda: booster.predict(matrix[spaced], pred_contrib=True, num_threads=threads)
    )
    slow = slow * len(X) / some
    fast, found = timed(lambda: contributions.contributions(booster, matrix, threads))
    facts = tonight.facts()
    explaining, why = timed(lambda: cl.explain(model, X, tonight.catalogue, facts=facts))
    telling, _ = timed(why.reasons)
    whole = explaining + telling
    themes = why.themes().idxmax(axis=1).iloc[spaced]
    same = themes == by_lightgbm(model, X.iloc[spaced], tonight.catalogue)
    figures: dict[str, float] = {"people": len(X), "threads": threads}
    figures["trees"] = booster.num_trees()
    for i, unit in enumerate(("seconds", "processor seconds")):
        figures |= {
            f"pred_contrib, {unit}": slow[i],
            f"contributions, {unit}": fast[i],
            f"pred_contrib over contributions, {unit}": slow[i] / fast[i],
            f"words alone, {unit}": telling[i],
            f"reasons, {unit}": whole[i],
            f"reasons by pred_contrib over reasons, {unit}": (whole - fast + slow)[i] / whole[i],
        }
    figures["largest difference"] = float(np.abs(found[spaced] - right).max())
    figures["top theme the same"] = float(same.mean())
    return figures


def main() -> None:
    """Read the arguments, measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--trained-on", type=int, default=60_000)
    parser.add_argument("--pred-contrib", type=int, default=5_000)
    given = parser.parse_args()
    train, tonight = rows(given.people, given.trained_on)
    print(f"learning from {len(train.X):,} people, {train.X.shape[1]} columns", flush=True)
    found = {}
    for algorithm in ("blend", "random_forest"):
        model = cl.ChurnClassifier(algorithm).fit(train.X, train.y("churned"))
        found[algorithm] = measure(model, tonight, given.pred_contrib)
        for name, value in found[algorithm].items():
            print(f"{algorithm:14s} {name:60s} {value:14,.6g}", flush=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
