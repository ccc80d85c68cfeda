"""Leaves out each of four new feature builders, inside the training rows of six public tasks.

    python experiments/signals/run.py [--tasks ../shared/tasks] [--folds 3] [--draws 300] \\
        [--people 4000] [--processes 1]

The older builders were left out one by one in an earlier run, which README.md tells. Test rows are
not read. Predictions of each variant are kept in `predictions/`, named by the rows and columns that
they come from, so that an interrupted run continues. Remove the folder after a change of the
estimators.
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
from typing import Any, TypeAlias

# One thread for each process. LightGBM and the linear algebra read it when they are loaded.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd

import churnlab as cl
from churnlab.estimators.learners.folds import by_person
from churnlab.evaluation import metrics
from churnlab.features.feature_set import BUILDERS

HERE = Path(__file__).resolve().parent
NEW = ("GapTrend", "AmountTrend", "Years", "Calendar")
# Signals that one log alone can show, for its training cuts span years: judged by it.
SHOWN_BY_ONE = ("Years", "Calendar")
FORWARD_TASK = "donations"  # that log, whose folds go forward in time
HORIZON = pd.Timedelta(365, "D")  # of its labels
JUDGED_CUTS = 4
DIGITS = 6


def base() -> tuple[str, ...]:
    """The builders of the default set but for the new ones, which are tried here."""
    return tuple(n for n, kind in BUILDERS.items() if kind.default and n not in NEW)


def variants() -> dict[str, frozenset[str]]:
    """Left-out builders by the name of each variant."""
    single = {f"without {name}": frozenset({name}) for name in NEW}
    fell_out = frozenset({"GapTrend", "AmountTrend"})
    return {
        "all": frozenset(),
        **single,
        "without all four": frozenset(NEW),
        "without those that fall out": fell_out,
    }


def describe(data: cl.Dataset) -> dict[str, Any]:
    """Rows, people, cuts, the share that churned, and the number of columns of each builder."""
    y, builders = data.y("churned"), data.catalogue["builder"].value_counts()
    return {
        "rows": len(y),
        "people": int(data.X.index.get_level_values("user_id").nunique()),
        "cuts": len(data.days),
        "churned": round(float(y.mean()), 4),
        "columns": {name: int(builders.get(name, 0)) for name in NEW},
    }


def columns(data: cl.Dataset, out: frozenset[str]) -> list[str]:
    """The columns of the builders that are not left out."""
    return data.catalogue.loc[~data.catalogue["builder"].isin(out), "name"].tolist()


Folds: TypeAlias = list[tuple[np.ndarray, np.ndarray]]


def by_people(data: cl.Dataset, folds: int) -> Folds:
    """Rows to learn from and rows to judge: other people, the same cuts."""
    return by_person(pd.factorize(data.X.index.get_level_values("user_id"))[0], 0, folds)


def forward(data: cl.Dataset) -> Folds:
    """Rows to learn from and rows to judge: other people, at a cut that is a horizon later.

    People are halved. Each half is judged at the last cuts, one after the other, by what the other
    half taught at cuts whose label windows had ended by then.
    """
    person = pd.factorize(data.X.index.get_level_values("user_id"))[0]
    cut = data.X.index.get_level_values("snapshot")
    side = np.random.default_rng(0).permutation(person.max() + 1)[person] % 2 == 0
    return [
        (np.flatnonzero(~mine & (cut <= day - HORIZON)), np.flatnonzero(mine & (cut == day)))
        for day in sorted(data.days)[-JUDGED_CUTS:]
        for mine in (side, ~side)
    ]


def some_people(data: cl.Dataset, most: int) -> cl.Dataset:
    """The rows of at most so many people, drawn at random."""
    user = data.X.index.get_level_values("user_id")
    drawn_people = np.random.default_rng(0).permutation(user.unique())[:most]
    return data.take(np.asarray(user.isin(drawn_people)))


def predictions(data: cl.Dataset, folds: Folds, folder: Path, processes: int) -> dict[str, Any]:
    """Churn probabilities by variant, for people not used in fitting; NaN where nobody is judged.

    Variants with equal columns are fitted once.
    """
    wanted: dict[tuple[str, ...], list[str]] = {}
    for name, out in variants().items():
        wanted.setdefault(tuple(columns(data, out)), []).append(name)
    files = {key: folder / f"{names[0].replace(' ', '_')}.npy" for key, names in wanted.items()}
    todo = [(list(key), path) for key, path in files.items() if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    with ProcessPoolExecutor(
        processes, get_context("spawn"), _given, (data.X, data.y("churned"), folds)
    ) as pool:
        jobs = [pool.submit(_predict, *one) for one in todo]
        for done, job in enumerate(as_completed(jobs), 1):
            print(
                f"  {done}/{len(jobs)} {job.result()}, {time.perf_counter() - begin:.0f} s",
                flush=True,
            )
    return {name: np.load(files[key]) for key, names in wanted.items() for name in names}


_DATA: dict[str, Any] = {}


def _given(X: pd.DataFrame, y: pd.Series, folds: Folds) -> None:
    """Stores the rows for `_predict` in this process."""
    _DATA.update(X=X, y=y, folds=folds)


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


def judged(data: cl.Dataset, predicted: dict[str, np.ndarray], draws: int) -> dict[str, np.ndarray]:
    """`drawn` of each variant, over the rows that were judged and the same resamples of people."""
    rows = np.isfinite(predicted["all"])
    people = np.asarray(data.X.index.get_level_values("user_id"))[rows]
    weights, y = metrics.resamples(people, draws, 0), data.y("churned").to_numpy()[rows]
    return {name: drawn(y, p[rows], weights) for name, p in predicted.items()}


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
    """Gains of all builders over a variant. Above zero, the left-out builders add something."""
    return against(values, "all", name)


def against(values: dict[str, dict[str, np.ndarray]], one: str, other: str) -> dict[str, Any]:
    """Gains of a variant over another, on each task and in the mean over tasks."""
    each = {task: found[one] - found[other] for task, found in values.items()}
    return {task: figures(one) for task, one in each.items()} | {
        "mean": figures(np.mean(list(each.values()), axis=0))
    }


def stays(name: str, gain: dict[str, Any]) -> bool:
    """The rule of README.md for a new builder in the default set.

    With it the log loss is lower, in the mean over the tasks or on the one task that can show the
    signal; and on no task is an interval of its gain below zero.
    """
    counted = gain[FORWARD_TASK if name in SHOWN_BY_ONE else "mean"]["logloss"][0]
    costs = any(gain[task][m][2] < 0 for task in gain if task != "mean" for m in ("auc", "logloss"))
    return counted > 0 and not costs


def result(values: dict[str, dict[str, np.ndarray]], about: dict[str, Any]) -> dict[str, Any]:
    """The content of result.json."""
    gain = {
        name.removeprefix("without "): gains(values, name) for name in variants() if name != "all"
    }
    return {
        "tasks": about,
        "all": {task: figures(found["all"] * (1, -1)) for task, found in values.items()},
        "gain": gain,
        "default_against_old": against(values, "without those that fall out", "without all four"),
        "stays": [name for name in NEW if stays(name, gain[name])],
    }


def table(found: dict[str, Any]) -> Iterator[str]:
    """Gains in log loss (1e-4), and in AUC in a second table, as Markdown.

    Bold: the interval is above zero. In brackets: it is below.
    """
    tasks = [*found["tasks"], "mean"]
    for metric in ("logloss", "auc"):
        yield f"\n| left out ({metric}) | " + " | ".join(tasks) + " |"
        yield "|---" * (len(tasks) + 1) + "|"
        rows = found["gain"] | {"default against old": found["default_against_old"]}
        for name, gain in rows.items():
            cells = (_cell(gain[task][metric]) for task in tasks)
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
    parser.add_argument("--people", type=int, default=4000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="tasks to predict; nothing is written")
    given = parser.parse_args()
    if not (given.tasks / "score.py").exists():
        sys.exit(f"no tasks in {given.tasks}; give their folder with --tasks")
    public = runpy.run_path(str(HERE.parent / "public_tasks" / "run.py"))
    values: dict[str, dict[str, np.ndarray]] = {}
    about: dict[str, Any] = {}
    for task in given.only or public["TASKS"]:
        data = public["training"](given.tasks, task, cl.FeatureSet.of((*base(), *NEW)))
        ahead = task == FORWARD_TASK
        data = data if ahead else some_people(data, given.people)
        about[task] = describe(data)
        print(f"{task}: {len(data.X):,} rows, {data.X.shape[1]} columns", flush=True)
        name = f"{task}-{'forward' if ahead else given.folds}-{data.digest[:12]}"
        folds = forward(data) if ahead else by_people(data, given.folds)
        p = predictions(data, folds, HERE / "predictions" / name, given.processes)
        values[task] = judged(data, p, given.draws)
    if given.only:
        return
    found = result(values, about)
    (HERE / "result.json").write_text(json.dumps(found, indent=1) + "\n")
    print("\n" + "\n".join(table(found)) + f"\n\nstay: {', '.join(found['stays']) or 'none'}")


if __name__ == "__main__":
    main()
