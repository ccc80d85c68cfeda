"""Compares the learners of ChurnClassifier, inside the training rows of five public tasks.

    python experiments/learners/run.py [--tasks ../shared/tasks] [--folds 2]

Test rows are not read. Predictions are for people not used in fitting; online_retail has four of
its ten cuts.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import churnlab as cl
from churnlab.estimators.learners.folds import by_person
from churnlab.evaluation import metrics

HERE = Path(__file__).resolve().parent
LEARNERS = {
    "blend": {},
    "lightgbm": {"algorithm": "lightgbm"},
    "lightgbm, 15 leaves": {"algorithm": "lightgbm", "num_leaves": 15},
    "random_forest": {"algorithm": "random_forest", "n_estimators": 100},
}


def judged(data: cl.Dataset, folds: int) -> dict[str, dict[str, float | list[float]]]:
    """AUC, log loss and seconds of each learner, and the lead of the blend in both.

    Leads have 95% intervals by person.
    """
    users, y = data.X.index.get_level_values("user_id"), data.y("churned").to_numpy()
    pairs = by_person(users.factorize()[0], 5, folds)
    said, seconds = {}, {}
    for name, options in LEARNERS.items():
        start, p = time.process_time(), np.full(len(y), np.nan)
        for learn, out in pairs:
            p[out] = (
                cl.ChurnClassifier(**options, n_jobs=1)
                .fit(data.X.iloc[learn], y[learn])
                .predict_proba(data.X.iloc[out])[:, 1]
            )
        said[name], seconds[name] = p, time.process_time() - start
    weights = metrics.resamples(users.to_numpy(), 200, 0)
    kinds = {"auc": metrics.auc, "log_loss": metrics.log_loss}
    drawn = {
        n: {m: [f(y, p), *(f(y, p, w) for w in weights)] for m, f in kinds.items()}
        for n, p in said.items()
    }
    return {
        n: {
            "auc": d["auc"][0],
            "log_loss": d["log_loss"][0],
            "seconds": seconds[n],
            "blend_ahead_auc": ahead(drawn["blend"]["auc"], d["auc"]),
            "blend_ahead_log_loss": ahead(d["log_loss"], drawn["blend"]["log_loss"]),
        }
        for n, d in drawn.items()
    }


def ahead(first: list[float], second: list[float]) -> list[float]:
    """first - second, and its 95% interval over the resamples, [value, low, high]."""
    gap = np.array(first) - np.array(second)
    return [float(gap[0]), *np.quantile(gap[1:], [0.025, 0.975]).tolist()]


def main() -> None:
    """Reads the arguments, runs every task, writes and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, default=HERE.parents[2] / "shared" / "tasks")
    parser.add_argument("--folds", type=int, default=2)
    given = parser.parse_args()
    if not (given.tasks / "score.py").exists():
        sys.exit(f"no tasks in {given.tasks}; give their folder with --tasks")
    public = runpy.run_path(str(HERE.parent / "public_tasks" / "run.py"))
    result = {}
    for task in ("oulad", "cdnow", "oulad_silent", "complete_journey", "online_retail"):
        result[task] = judged(public["training"](given.tasks, task), given.folds)
        for name, row in result[task].items():
            gap = row["blend_ahead_log_loss"]
            print(
                f"{task:17s} {name:20s} AUC {row['auc']:.4f}  log loss {row['log_loss']:.4f}  "
                f"blend ahead {gap[0]:+.4f} [{gap[1]:+.4f}, {gap[2]:+.4f}]  {row['seconds']:.0f} s",
                flush=True,
            )
    (HERE / "result.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
