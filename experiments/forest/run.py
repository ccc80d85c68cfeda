"""Compares the forest with scikit-learn's, inside the training rows of the public tasks.

    python experiments/forest/run.py [--tasks ../shared/tasks] [--only donations]

Test rows are not read. Each learner predicts half of the people from the other half, and the last
training cut from the cuts whose labels were closed by then. donations keeps a quarter of its
people.
scikit-learn's forest takes a quarter of an hour; predictions are kept in
experiments/forest/predictions and not made again.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

import churnlab as cl
from churnlab.estimators import classifier, regressor
from churnlab.estimators.learners import amount_cap, folds, forest
from churnlab.estimators.learners.constant_columns import constant_at_each_snapshot
from churnlab.evaluation import metrics

HERE = Path(__file__).resolve().parent
KEPT = HERE / "predictions"
HORIZON = {
    "oulad": 210,
    "oulad_silent": 28,
    "cdnow": 273,
    "complete_journey": 30,
    "online_retail": 90,
    "donations": 365,
}
METRICS: dict[str, dict[str, Any]] = {
    "churned": {"auc": metrics.auc, "log_loss": metrics.log_loss},
    "ltv": {
        "gini": metrics.normalised_gini,
        "rmse": metrics.rmse,
        "mae": metrics.mae,
        "bias": metrics.total_bias,
    },
}
CHOSEN = "as chosen"
SKLEARN = "scikit-learn"
CANDIDATES: dict[str, dict[str, dict[str, Any]]] = {
    "churned": {
        CHOSEN: {},
        "leaves of 20 rows": {"leaf": 1 / 3},
        "no prior": {"prior": 0.0},
        "bags of 63.2%": {"people": 0.632},
    },
    "ltv": {
        CHOSEN: {},
        "leaves of 60 rows": {"leaf": 1.0},
        "prior of a third": {"prior": 1 / 3},
        "bags of 40%": {"people": 0.4},
    },
}
Predict = Callable[[pd.DataFrame, np.ndarray, pd.DataFrame], np.ndarray]


def sklearn_churn(X: pd.DataFrame, y: np.ndarray, out: pd.DataFrame) -> np.ndarray:
    """Churn by the forest that the library had: scikit-learn's, and Platt's calibration."""
    model = cl.ChurnClassifier("lightgbm", n_jobs=1)
    grown, unseen, unknown = _sklearn(model, RandomForestClassifier, X, y, out, None)
    slope, shift = classifier._platt(_log_odds(unseen), y, None)
    return np.asarray(expit(slope * _log_odds(_share(grown, unknown)) + shift))


def sklearn_value(X: pd.DataFrame, y: np.ndarray, out: pd.DataFrame) -> np.ndarray:
    """Amounts by the forest that the library had, with its correction of totals."""
    y = amount_cap.capped(np.maximum(y, 0.0), None)
    scale = float(y[y > 0].mean())
    model = cl.LTVRegressor("lightgbm", n_jobs=1)
    grown, unseen, unknown = _sklearn(model, RandomForestRegressor, X, y / scale, out, X)
    factor = scale * regressor._total_factor(y / scale, unseen, None)
    return np.asarray(np.maximum(grown.predict(unknown) * factor, 0.0))


def _sklearn(
    model: Any, kind: Any, X: pd.DataFrame, y: np.ndarray, out: pd.DataFrame, dated: Any
) -> tuple[Any, np.ndarray, np.ndarray]:
    """A forest of 200 trees, out-of-fold scores by forests of 50 trees, and the rows to score."""
    matrix = np.clip(model._learn_columns(X, None, None), -1e30, 1e30)
    if dated is not None:
        matrix = np.where(constant_at_each_snapshot(dated, matrix, None), 0.0, matrix)
    settings = {
        "min_samples_leaf": max(1, min(20, len(y) // 50)),
        "max_features": 1 / 3,
        "random_state": model._seed,
        "n_jobs": 1,
    }
    person = X.index.get_level_values("user_id").factorize(sort=True)[0]
    inner = folds.by_person(person, model._seed)
    unseen = np.full(len(y), np.nan)
    for learn, held_out in inner[:3] if len(y) > 20_000 else inner:
        part = kind(n_estimators=50, **settings).fit(matrix[learn], y[learn])
        unseen[held_out] = _share(part, matrix[held_out])
    grown = kind(n_estimators=200, **settings).fit(matrix, y)
    unknown = model._with_made_columns(model._numbers(out, "allow-nan"))
    return grown, unseen, np.clip(unknown, -1e30, 1e30)


def _share(grown: Any, matrix: np.ndarray) -> np.ndarray:
    score = getattr(grown, "predict_proba", None)
    return np.asarray(score(matrix)[:, -1] if score else grown.predict(matrix))


def _log_odds(share: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(share, 1e-3, 1 - 1e-3)))


def ours(target: str, changes: dict[str, Any]) -> Predict:
    """The library's forest, with other figures of its Kind."""

    def predict(X: pd.DataFrame, y: np.ndarray, out: pd.DataFrame) -> np.ndarray:
        name = "CHURN" if target == "churned" else "VALUE"
        kind = getattr(forest, name)
        setattr(forest, name, replace(kind, **changes))
        try:
            if target == "churned":
                model = cl.ChurnClassifier("random_forest", n_jobs=1).fit(X, y)
                return np.asarray(model.predict_proba(out)[:, 1])
            return np.asarray(cl.LTVRegressor("random_forest", n_jobs=1).fit(X, y).predict(out))
        finally:
            setattr(forest, name, kind)

    return predict


def splits(task: str, X: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Rows to learn from and rows to predict: other people, and the last cut."""
    yield "people", *folds.by_person(_person(X), 5, 2)[0]
    day = X.index.get_level_values("snapshot").to_numpy()
    closed = day + np.timedelta64(HORIZON[task], "D") <= day.max()
    if closed.any():
        yield "later", np.flatnonzero(closed), np.flatnonzero(day == day.max())


def _person(X: pd.DataFrame) -> np.ndarray:
    return np.asarray(X.index.get_level_values("user_id").factorize()[0])


def kept(name: str, make: Predict, *given: Any) -> tuple[np.ndarray, float]:
    """Predictions and their seconds of processor time, made once under each name."""
    path = KEPT / f"{name.replace(' ', '_')}.npz"
    if not path.exists():
        start = time.process_time()
        found = make(*given)
        path.parent.mkdir(exist_ok=True)
        np.savez(path, p=found, seconds=time.process_time() - start)
    with np.load(path) as held:
        return held["p"], float(held["seconds"])


def judged(task: str, data: cl.Dataset, target: str) -> dict[str, dict[str, Any]]:
    """Each learner's metrics on each split, beside scikit-learn's forest, and its seconds."""
    X, y = data.X, data.y(target).to_numpy().astype(float)
    old = sklearn_churn if target == "churned" else sklearn_value
    learners: dict[str, Predict] = {SKLEARN: old}
    learners |= {n: ours(target, changes) for n, changes in CANDIDATES[target].items()}
    found: dict[str, dict[str, Any]] = {}
    for split, learn, out in splits(task, X):
        given = X.iloc[learn], y[learn], X.iloc[out]
        made = {
            name: kept(f"{task}-{target}-{split}-{name}", predict, *given)
            for name, predict in learners.items()
        }
        draws = list(metrics.resamples(_person(X)[out], 200, 0))
        for name, (p, seconds) in made.items():
            row = found.setdefault(name, {"seconds": 0.0})
            row["seconds"] += seconds
            row[split] = compared(target, y[out], p, made[SKLEARN][0], draws)
    return found


def compared(
    target: str, y: np.ndarray, p: np.ndarray, old: np.ndarray, draws: list[np.ndarray]
) -> dict[str, Any]:
    """Each metric: its value, and the difference from `old` with a 95% interval by person."""
    found = {}
    for name, metric in METRICS[target].items():
        gaps = [metric(y, p, w) - metric(y, old, w) for w in draws]
        low, high = np.nanquantile(gaps, [0.025, 0.975]).tolist()
        found[name] = [metric(y, p), metric(y, p) - metric(y, old), low, high]
    return found


def main() -> None:
    """Reads the arguments, runs every task, writes and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, default=HERE.parents[2] / "shared" / "tasks")
    parser.add_argument("--only", choices=HORIZON)
    given = parser.parse_args()
    if not (given.tasks / "score.py").exists():
        sys.exit(f"no tasks in {given.tasks}; give their folder with --tasks")
    public = runpy.run_path(str(HERE.parent / "public_tasks" / "run.py"))
    path = HERE / "result.json"
    result = json.loads(path.read_text()) if path.exists() else {}
    for task in [given.only] if given.only else HORIZON:
        data = public["training"](given.tasks, task)
        if task == "donations":
            some = np.random.default_rng(0).permutation(_person(data.X).max() + 1) % 4 == 0
            data = data.take(some[_person(data.X)])
        result[task] = {target: judged(task, data, target) for target in data.labels}
        show(task, result[task])
    path.write_text(json.dumps(result, indent=1) + "\n")


def show(task: str, found: dict[str, Any]) -> None:
    """Print a line for each learner, split and target."""
    for target, learners in found.items():
        for name, row in learners.items():
            for split in [name for name in row if name != "seconds"]:
                said = "  ".join(
                    f"{m} {row[split][m][0]:.4f} "
                    f"({row[split][m][1]:+.4f} [{row[split][m][2]:+.4f}, {row[split][m][3]:+.4f}])"
                    for m in METRICS[target]
                )
                start = f"{task:16s} {target:7s} {split:6s} {name:18s}"
                print(f"{start} {said}  {row['seconds']:.1f} s", flush=True)


if __name__ == "__main__":
    main()
