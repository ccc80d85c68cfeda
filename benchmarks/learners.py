"""Seconds of the models beside LightGBM alone on the same matrix, in one run.

    python benchmarks/learners.py --events 10_000_000 [--rows 1_000_000] [--log FILE]

SIMULATED log (events.py). Features are the library's defaults, at as many fortnightly snapshots as
the rows need; the label is 28 silent days. LightGBM alone has the parameters, the columns and the
number of trees of the library's model, and no folds, no checks, no calibration.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
from contenders.churnlab_features import read
from events import DAYS, END, Shape, write

import churnlab as cl

RESULT = Path(__file__).resolve().parent / "results" / "learners.json"
HORIZON = 28


def dataset(log: str, rows: int) -> cl.Dataset:
    """At most `rows` rows of default features with labels."""
    activity = read(log).daily()
    days = [END - timedelta(days=HORIZON + 14 * k) for k in range(9)]
    taken: list[Any] = []
    for count in range(1, len(days) + 1):
        taken = [str(d) for d in days[:count]]
        snapshots = cl.Snapshots.at(
            activity, taken, active_within=DAYS, targets=[cl.Churn(horizon=HORIZON)]
        )
        if len(snapshots) >= rows:
            break
    data = cl.build_dataset(activity, snapshots)
    return data.take(np.arange(min(rows, len(data.X))))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the work, and its result."""
    start = time.perf_counter()
    out = work()
    return time.perf_counter() - start, out


def alone(model: cl.ChurnClassifier, matrix: np.ndarray, y: np.ndarray) -> lgb.Booster:
    """LightGBM with the parameters and the number of trees of a fitted model."""
    params = model._plan().params(len(y))
    return lgb.train(
        params, lgb.Dataset(matrix, y, params={"verbosity": -1}), model.booster_.num_trees()
    )


def measure(data: cl.Dataset) -> dict[str, float]:
    """Seconds of each step, and the ratios."""
    y = data.y("churned").to_numpy()
    found: dict[str, float] = {"rows": len(y), "columns": data.X.shape[1]}
    found["fit blend"], blend = timed(lambda: cl.ChurnClassifier().fit(data.X, y))
    found["fit lightgbm"], model = timed(lambda: cl.ChurnClassifier("lightgbm").fit(data.X, y))
    matrix = model.prepare(data.X)
    found["fit LightGBM alone"], booster = timed(lambda: alone(model, matrix, y))
    found["trees"] = booster.num_trees()
    found["predict LightGBM alone"], _ = timed(lambda: booster.predict(matrix))
    found["predict lightgbm"], _ = timed(lambda: model.predict_proba(data.X))
    found["predict blend"], _ = timed(lambda: blend.predict_proba(data.X))
    found["fit ratio"] = found["fit lightgbm"] / found["fit LightGBM alone"]
    found["predict ratio"] = found["predict lightgbm"] / found["predict LightGBM alone"]
    found["predict ratio of blend"] = found["predict blend"] / found["predict LightGBM alone"]
    return found


def main() -> None:
    """Reads the arguments, measures, prints and keeps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--log", type=Path, help="an existing log of events.py")
    given = parser.parse_args()
    log = given.log or Path("learners.parquet")
    if given.log is None:
        write(Shape(given.events), log)
    found = measure(dataset(str(log), given.rows))
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    for name, value in found.items():
        print(f"{name:26s} {value:12,.2f}")


if __name__ == "__main__":
    main()
