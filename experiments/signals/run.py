"""Leaves out each feature builder in turn, inside the training rows of five public tasks.

    python experiments/signals/run.py [--tasks ../shared/tasks] [--folds 3] [--draws 300] \\
        [--processes 2]

Test rows are not read. Predictions of each variant are kept in `predictions/`, named by the rows
and columns that they come from, so that an interrupted run continues. Remove the folder after a
change of the estimators.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

# One thread for each process. LightGBM and the linear algebra read it when they are loaded.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd

import churnlab as cl
from churnlab.estimators.learners.folds import by_person
from churnlab.evaluation import metrics
from churnlab.features.feature_set import BUILDERS

HERE = Path(__file__).resolve().parent
# The estimators make columns from the features of these builders, and baselines read them.
NEEDED = ("LoginIntervals", "SpendDecline", "Tenure")
SIX = ("SessionShortening", "PushOpenDecline", "SocialDropOff", *NEEDED)
CANDIDATES = tuple(name for name, kind in BUILDERS.items() if kind.candidate)
FIRST = (("all", frozenset()), ("six", frozenset(CANDIDATES) - frozenset(SIX)))
DIGITS = 6


def variants() -> dict[str, frozenset[str]]:
    """Left-out builders by the name of each variant; `default` is the library's set."""
    single = {f"without {name}": frozenset({name}) for name in CANDIDATES if name not in NEEDED}
    return (
        dict(FIRST)
        | single
        | {"default": frozenset(name for name in CANDIDATES if not BUILDERS[name].default)}
    )


def describe(data: cl.Dataset) -> dict[str, Any]:
    """Rows, people, cuts, the share that churned, and the number of columns of each builder."""
    y, builders = data.y("churned"), data.catalogue["builder"].value_counts()
    return {
        "rows": len(y),
        "people": int(data.X.index.get_level_values("user_id").nunique()),
        "cuts": len(data.days),
        "churned": round(float(y.mean()), 4),
        "columns": {name: int(builders.get(name, 0)) for name in CANDIDATES},
    }


def columns(data: cl.Dataset, out: frozenset[str]) -> list[str]:
    """The columns of the builders that are not left out."""
    return data.catalogue.loc[~data.catalogue["builder"].isin(out), "name"].tolist()


def predictions(
    data: cl.Dataset,
    chosen: dict[str, frozenset[str]],
    folder: Path,
    folds: int,
    seed: int,
    processes: int,
) -> dict[str, np.ndarray]:
    """Churn probabilities float64[n] by variant, for people not used in fitting.

    Variants with equal columns are fitted once.
    """
    wanted: dict[tuple[str, ...], list[str]] = {}
    for name, out in chosen.items():
        wanted.setdefault(tuple(columns(data, out)), []).append(name)
    files = {key: folder / f"{names[0].replace(' ', '_')}.npy" for key, names in wanted.items()}
    todo = [(list(key), path) for key, path in files.items() if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    with ProcessPoolExecutor(
        processes, get_context("spawn"), _given, (data.X, data.y("churned"), folds, seed)
    ) as pool:
        jobs = [pool.submit(_predict, *one) for one in todo]
        for done, job in enumerate(as_completed(jobs), 1):
            print(
                f"  {done}/{len(jobs)} {job.result()}, {time.perf_counter() - begin:.0f} s",
                flush=True,
            )
    return {name: np.load(files[key]) for key, names in wanted.items() for name in names}


_DATA: dict[str, Any] = {}


def _given(X: pd.DataFrame, y: pd.Series, folds: int, seed: int) -> None:
    """Stores the rows for `_predict` in this process."""
    person = pd.factorize(X.index.get_level_values("user_id"))[0]
    _DATA.update(X=X, y=y, folds=by_person(person, seed, folds))


def _predict(names: list[str], path: Path) -> str:
    """Fits on the other folds, predicts each fold, and writes the predictions."""
    X, y = _DATA["X"][names], _DATA["y"]
    p = np.full(len(y), np.nan)
    for learn, out in _DATA["folds"]:
        p[out] = (
            cl.ChurnClassifier(n_jobs=1)
            .fit(X.iloc[learn], y.iloc[learn])
            .predict_proba(X.iloc[out])[:, 1]
        )
    half = path.with_suffix(".half.npy")
    np.save(half, p)
    half.replace(path)
    return f"{path.stem} ({len(names)} columns)"


def drawn(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """AUC and minus log loss, float64[1 + draws, 2]: of the rows, then of each resample."""

    def both(w: np.ndarray | None) -> tuple[float, float]:
        return metrics.auc(y, p, w), -metrics.log_loss(y, p, w)

    return np.array([both(None), *(both(w) for w in weights)])


def figures(values: np.ndarray) -> dict[str, list[float]]:
    """Value and 95% interval of both columns of `drawn`, or of a difference or mean of them."""
    found = [metrics.interval(float(values[0, k]), values[1:, k]) for k in (0, 1)]
    return {
        name: [round(float(v), DIGITS) for v in (i.value, i.low, i.high)]
        for name, i in zip(("auc", "logloss"), found, strict=True)
    }


def gains(values: dict[str, dict[str, np.ndarray]], name: str) -> dict[str, Any]:
    """Gains of all builders over a variant, on each task and in the mean over tasks.

    Above zero, the left-out builders add something.
    """
    each = {task: found["all"] - found[name] for task, found in values.items()}
    return {task: figures(one) for task, one in each.items()} | {
        "mean": figures(np.mean(list(each.values()), axis=0))
    }


def falls_out(gain: dict[str, Any]) -> bool:
    """The rule of README.md for a builder outside the default set.

    Without it the mean log loss is lower, and on no task is an interval of its gain above zero.
    """
    adds = any(
        gain[task][metric][1] > 0
        for task in gain
        if task != "mean"
        for metric in ("auc", "logloss")
    )
    return gain["mean"]["logloss"][0] < 0 and not adds


def result(
    values: dict[str, dict[str, np.ndarray]],
    again: dict[str, dict[str, np.ndarray]],
    about: dict[str, Any],
) -> dict[str, Any]:
    """The content of result.json; `again` has "all" and "default" on other folds."""
    gain = {name: gains(values, name) for name in variants() if name != "all"}
    single = {
        name.removeprefix("without "): found
        for name, found in gain.items()
        if name.startswith("without ")
    }
    return {
        "tasks": about,
        "all": {task: figures(found["all"] * (1, -1)) for task, found in values.items()},
        "gain": single,
        "falls_out": [name for name, found in single.items() if falls_out(found)],
        "all_against_six": gain["six"],
        "all_against_default": gain["default"],
        "all_against_default_other_folds": gains(again, "default"),
    }


def table(found: dict[str, Any]) -> Iterator[str]:
    """Gains in log loss (1e-4) as Markdown.

    Bold: the interval is above zero. In brackets: it is below.
    """
    tasks = list(found["tasks"])
    yield "| left out | " + " | ".join([*tasks, "mean", "mean AUC"]) + " |"
    yield "|---" * (len(tasks) + 3) + "|"
    rows = found["gain"] | {
        "all but the six": found["all_against_six"],
        "all but the default": found["all_against_default"],
        "the same, other folds": found["all_against_default_other_folds"],
    }
    for name, gain in rows.items():
        cells = [_cell(gain[task]["logloss"]) for task in [*tasks, "mean"]] + [
            _cell(gain["mean"]["auc"])
        ]
        yield f"| {name} | " + " | ".join(cells) + " |"


def _cell(interval: list[float]) -> str:
    if not any(interval):
        return "–"
    value, low, high = (f"{v * 1e4:+.0f}" for v in interval)
    text = f"{value} [{low}, {high}]"
    return f"**{text}**" if interval[1] > 0 else f"({text})" if interval[2] < 0 else text


def main() -> None:
    """Reads the arguments, runs every variant on every task; writes result.json after the last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, default=HERE.parents[2] / "shared" / "tasks")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    if not (given.tasks / "score.py").exists():
        sys.exit(f"no tasks in {given.tasks}; give their folder with --tasks")
    public = runpy.run_path(str(HERE.parent / "public_tasks" / "run.py"))
    values: dict[str, dict[str, np.ndarray]] = {}
    again: dict[str, dict[str, np.ndarray]] = {}
    about: dict[str, Any] = {}
    for task in public["TASKS"]:
        data = public["training"](given.tasks, task, cl.FeatureSet.of(CANDIDATES))
        people, y = data.X.index.get_level_values("user_id"), data.y("churned").to_numpy()
        about[task] = describe(data)
        print(f"{task}: {len(y):,} rows, {data.X.shape[1]} columns", flush=True)
        weights = metrics.resamples(np.asarray(people), given.draws, 0)
        for seed, chosen, into in (
            (0, variants(), values),
            (1, {name: variants()[name] for name in ("all", "default")}, again),
        ):
            folder = HERE / "predictions" / f"{task}-{given.folds}-{seed}-{data.digest[:12]}"
            p = predictions(data, chosen, folder, given.folds, seed, given.processes)
            into[task] = {name: drawn(y, one, weights) for name, one in p.items()}
    found = result(values, again, about)
    (HERE / "result.json").write_text(json.dumps(found, indent=1) + "\n")
    print(
        "\n" + "\n".join(table(found)) + f"\n\nfall out: {', '.join(found['falls_out']) or 'none'}"
    )


if __name__ == "__main__":
    main()
