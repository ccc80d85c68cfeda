"""Seconds of the forest beside LightGBM on the same matrix, in one run, each with its calibration.

    python benchmarks/forest.py [--rows 1_000_000] [--columns 238]

SIMULATED matrix: columns share a few causes, some are counts, some have gaps; churn follows the
causes. Both models are the library's, with their defaults. Contributions are those of 2,000 rows.
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
from churnlab.evaluation import metrics

RESULT = Path(__file__).resolve().parent / "results" / "forest.json"
CAUSES = 12
JUDGED = 100_000
EXPLAINED = 2000


def matrix(rows: int, columns: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Features and churn of `rows` people; the seed decides both."""
    rng = np.random.default_rng(seed)
    causes = rng.normal(size=(rows, CAUSES))
    X = np.empty((rows, columns), order="F")
    for i in range(columns):
        mine = rng.choice(CAUSES, 2, replace=False)
        value = causes[:, mine] @ rng.normal(size=2) + rng.normal(size=rows)
        X[:, i] = (value, np.floor(np.exp(value)), np.where(value < -1, np.nan, value))[i % 3]
    z = causes[:, :6] @ np.linspace(1, 0.2, 6) + causes[:, 0] * causes[:, 1] - 1
    y = (rng.random(rows) < 1 / (1 + np.exp(-z))).astype(float)
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(columns)], copy=False), y


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the work, and its result."""
    start = time.perf_counter()
    out = work()
    return time.perf_counter() - start, out


def measure(rows: int, columns: int) -> dict[str, float]:
    """Seconds of each step, AUC and log loss on other people, and the ratios."""
    X, y = matrix(rows + JUDGED, columns)
    learn, judge = slice(0, rows), slice(rows, None)
    found: dict[str, float] = {"rows": rows, "columns": columns}
    for name in ("lightgbm", "random_forest"):
        model = cl.ChurnClassifier(name)
        processor = time.process_time()
        found[f"fit {name}"], _ = timed(lambda m=model: m.fit(X[learn], y[learn]))
        found[f"processor fit {name}"] = time.process_time() - processor
        found[f"trees {name}"] = model.booster_.num_trees()
        seconds, p = timed(lambda m=model: m.predict_proba(X[judge])[:, 1])
        found[f"predict {name}"] = seconds
        found[f"AUC {name}"] = metrics.auc(y[judge], p)
        found[f"log loss {name}"] = metrics.log_loss(y[judge], p)
        some = X[judge].head(EXPLAINED)
        found[f"contributions {name}"], _ = timed(lambda m=model, s=some: m.contributions(s))
        print(f"{name}: {found[f'fit {name}']:.1f} s", flush=True)
    for step in ("fit", "processor fit", "predict", "contributions"):
        found[f"{step} ratio"] = found[f"{step} random_forest"] / found[f"{step} lightgbm"]
    return found


def main() -> None:
    """Reads the arguments, measures, prints and keeps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=238)
    given = parser.parse_args()
    found = measure(given.rows, given.columns)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    for name, value in found.items():
        print(f"{name:28s} {value:14,.4f}")


if __name__ == "__main__":
    main()
