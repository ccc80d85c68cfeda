"""Compares ways of learning lifetime value inside the training rows of three public tasks.

    python experiments/ltv_objective/run.py [--tasks ../shared/tasks]

Test rows are not read. A fold learns from the cuts whose windows have ended by the day of the cut
that it predicts; the last two such cuts of a task are predicted. If a task has one cut, a fold
learns from four fifths of the people and predicts the others, twice.
"""

from __future__ import annotations

import argparse
import json
import runpy
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.estimators.regressor import LTVRegressor
from churnlab.evaluation import metrics

HERE = Path(__file__).resolve().parent
HORIZON = {"cdnow": 273, "complete_journey": 60, "online_retail": 90}
WAYS = [
    ("blend", "tweedie"),
    ("lightgbm", "tweedie"),
    ("blend", "mae"),
    ("lightgbm", "mae"),
    ("blend", "hurdle"),
    ("lightgbm", "hurdle"),
    ("blend", "ziln"),
    ("lightgbm", "ziln"),
    ("random_forest", "tweedie"),
]


def folds(days: pd.DatetimeIndex, horizon: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and rows to predict, bool[n] each."""
    cuts = days.unique().sort_values()
    if len(cuts) == 1:
        part = np.random.default_rng(5).permutation(len(days)) % 5
        yield from ((part != k, part == k) for k in (0, 1))
    for cut in cuts[-2:] if len(cuts) > 1 else []:
        yield np.asarray(days <= cut - pd.Timedelta(days=horizon)), np.asarray(days == cut)


def figures(data: Dataset, horizon: int, algorithm: str, objective: str) -> dict[str, float]:
    """Means over the folds.

    rmse_scaled is the error after the totals are made equal; coverage is that of 90% intervals.
    """
    rows = []
    for learn, out in folds(pd.DatetimeIndex(data.X.index.get_level_values("snapshot")), horizon):
        y = data.y("ltv")[out].to_numpy()
        model = LTVRegressor(algorithm, objective=objective, n_jobs=1).fit(
            data.X[learn], data.y("ltv")[learn]
        )
        p, (low, high) = model.predict(data.X[out]), model.predict_interval(data.X[out]).T
        bias = metrics.total_bias(y, p)
        rows.append(
            {
                "ngini": metrics.normalised_gini(y, p),
                "rmse": metrics.rmse(y, p),
                "rmse_scaled": metrics.rmse(y, p / bias),
                "mae": metrics.mae(y, p),
                "bias": bias,
                "coverage": float(((low <= y) & (y <= high)).mean()),
            }
        )
    return {name: round(float(value), 4) for name, value in pd.DataFrame(rows).mean().items()}


def main() -> None:
    """Runs every way on every task; writes result.json after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, default=HERE.parents[2] / "shared" / "tasks")
    given = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)
    public = runpy.run_path(str(HERE.parent / "public_tasks" / "run.py"))
    result: dict[str, dict[str, dict[str, float]]] = {}
    for task, horizon in HORIZON.items():
        data, rows = public["dataset"](given.tasks, task)
        data = data.take((rows["split"] == "train").to_numpy())
        for algorithm, objective in WAYS:
            result.setdefault(f"{algorithm}, {objective}", {})[task] = figures(
                data, horizon, algorithm, objective
            )
            (HERE / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
