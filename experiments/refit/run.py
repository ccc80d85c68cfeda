"""Judges a model that waits for its judgement, and the same model refitted, on the next cut.

    python experiments/refit/run.py [--tasks ../shared/tasks] [--draws 200]

Test rows are not read. Predictions are kept in `predictions/`, one file a task, so that an
interrupted run continues. Remove the folder after a change of the estimators.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# One thread. LightGBM and the linear algebra read it when they are loaded.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd

import churnlab as cl
from churnlab.estimators.learners.boosting import MAX_ROUNDS
from churnlab.evaluation import metrics
from churnlab.evaluation.intervals import interval, resampled
from churnlab.schema.days import day_numbers, learnable

HERE = Path(__file__).resolve().parent
PUBLIC = runpy.run_path(str(HERE.parent / "public_tasks" / "run.py"))
# How far the labels of each task reach, in days: churn and value.
REACH = {
    "online_retail": (90, 90),
    "cdnow": (61, 61),
    "complete_journey": (30, 60),
    "oulad": (56, 0),
    "oulad_silent": (28, 0),
    "donations": (365, 365),
}
# Two tasks have too few training cuts: these are made from the events of their training people.
OWN_CUTS = {
    "cdnow": ("1997-04-01", "1997-05-01", "1997-06-01", "1997-08-01"),
    "oulad": tuple(f"2013-{day}" for day in ("04-02", "04-30", "05-28", "06-25", "07-23")),
}
MOST_CUTS = 2
FEWEST = 20  # leavers, or stayers, of a cut that judges
VARIANTS = ("refit", "more_rounds", "root_rounds")
FIGURES: dict[str, dict[str, Callable[..., float]]] = {
    "churned": {"auc": metrics.auc, "logloss": metrics.log_loss},
    "ltv": {
        "bias": metrics.total_bias,
        "gini": metrics.normalised_gini,
        "rmse": metrics.rmse,
    },
}


def rows_of(tasks: Path, task: str) -> cl.Dataset:
    """All training rows of a task; those of cuts of our own where it has too few."""
    if task not in OWN_CUTS:
        data, rows = PUBLIC["dataset"](tasks, task)
        return data.take((rows["split"] == "train").to_numpy())
    options = dict(PUBLIC["TASKS"][task])
    folder = tasks / str(options.pop("folder", task))
    rows = pd.read_parquet(tasks / task / "snapshots.parquet")
    people = rows.loc[(rows["split"] == "train") & (rows["cutoff"] == rows["cutoff"].min())]
    events = pd.read_parquet(folder / "events.parquet")
    churn, value = REACH[task]
    end = pd.Timestamp(OWN_CUTS[task][-1]) + pd.Timedelta(days=churn)
    log = cl.EventLog.from_frame(
        events[events["user_id"].isin(people["user_id"]) & (events["ts"] < end)],
        user="user_id",
        time="ts",
        event="event",
        amount="amount" if value else None,
        timezone="UTC",
        **options,
    )
    terminal = "withdrawal" if task == "oulad" else None
    targets = [cl.Churn(churn, terminal=terminal)]
    targets += [cl.LifetimeValue(value)] if value else []
    activity = log.daily()
    within = activity.end - activity.start
    return cl.build_dataset(activity, cl.Snapshots.at(activity, OWN_CUTS[task], within, targets))


def cuts(
    days: np.ndarray, churned: np.ndarray, reach: int, longest: int
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """The newest cuts that can be judged, and the rows of the stale and of the served model.

    On that day the newest cut whose labels are all closed is the one that was held out: the stale
    model learnt from what was closed then. The served model learns from what is closed now.
    """
    found = 0
    for cut in np.unique(days)[::-1]:
        closed = days[learnable(days, longest, cut)]
        if not len(closed) or found == MOST_CUTS:
            return
        stale = np.flatnonzero(learnable(days, longest, closed.max()))
        left = churned[days == cut]
        if len(stale) and min(left.sum(), (1 - left).sum()) >= FEWEST:
            found += 1
            yield int(cut), stale, np.flatnonzero(learnable(days, reach, cut))


def with_rounds(model: Any, ratio: float) -> Any:
    """The model with `ratio` times the rounds that it chose."""
    trees = [
        (min(MAX_ROUNDS, round(rounds * ratio)), leaves)
        for rounds, leaves in model.chosen_["trees"]
    ]
    model.chosen_ = model.chosen_ | {"trees": trees}
    return model


def said(model: Any, X: pd.DataFrame) -> np.ndarray:
    """Churn probabilities, or amounts."""
    return model.predict_proba(X)[:, 1] if hasattr(model, "predict_proba") else model.predict(X)


def predictions(
    data: cl.Dataset, target: str, cut: int, stale: np.ndarray, all_: np.ndarray
) -> Any:
    """Labels and predictions of the people at a cut, by each variant.

    Also rows, rounds and the processor time of each variant, in seconds.
    """
    days = day_numbers(data.X.index.get_level_values("snapshot"))
    y, judged_on = data.y(target), np.flatnonzero(days == cut)
    X, seconds, models = data.X.iloc[all_], {}, {}
    make = cl.ChurnClassifier if target == "churned" else cl.LTVRegressor

    def timed(name: str, fit: Callable[[], Any]) -> None:
        begin = time.process_time()
        models[name] = fit()
        seconds[name] = time.process_time() - begin

    timed("stale", lambda: make(n_jobs=1).fit(data.X.iloc[stale], y.iloc[stale]))
    judged = models["stale"]
    chosen, ratio = judged.chosen_, len(all_) / len(stale)
    timed("refit", lambda: judged.refit(X, y.iloc[all_]))
    timed("more_rounds", lambda: with_rounds(judged, ratio).refit(X, y.iloc[all_]))
    judged.chosen_ = chosen
    timed("root_rounds", lambda: with_rounds(judged, ratio**0.5).refit(X, y.iloc[all_]))
    judged.chosen_ = chosen
    rows = {name: said(model, data.X.iloc[judged_on]) for name, model in models.items()}
    frame = pd.DataFrame({"y": y.iloc[judged_on].to_numpy(), **rows})
    people = data.X.index.get_level_values("user_id")[judged_on].astype(str)
    frame = frame.assign(user_id=people, target=target, cut=cut)
    about = {
        "target": target,
        "cut": cut,
        "rows": [len(stale), len(all_), len(judged_on)],
        "newest": [int(days[stale].max()), int(days[all_].max())],
        "rounds": {name: model.chosen_["trees"][0][0] for name, model in models.items()},
        "seconds": {name: round(s, 2) for name, s in seconds.items()},
    }
    return frame, about


def task_predictions(tasks: Path, task: str, folder: Path) -> tuple[pd.DataFrame, list[Any]]:
    """The predictions of a task at every cut that can be judged, kept in `folder`."""
    kept, about = folder / f"{task}.parquet", folder / f"{task}.json"
    if not about.exists():
        data = rows_of(tasks, task)
        days = day_numbers(data.X.index.get_level_values("snapshot"))
        found = []
        for target, reach in zip(("churned", "ltv"), REACH[task], strict=True):
            left = data.y("churned").to_numpy()
            for cut, stale, all_ in cuts(days, left, reach, max(REACH[task])) if reach else ():
                found.append(predictions(data, target, cut, stale, all_))
                print(task, json.dumps(found[-1][1]), flush=True)
        folder.mkdir(exist_ok=True)
        pd.concat([frame for frame, _ in found]).to_parquet(kept, index=False)
        about.write_text(json.dumps([facts for _, facts in found]))
    return pd.read_parquet(kept), json.loads(about.read_text())


def figures(frame: pd.DataFrame, target: str, draws: int) -> dict[str, Any]:
    """Each figure, a mean over the cuts, of the stale model, and what each variant adds to it.

    With 95% intervals from resampling people; all variants have the same resamples.
    """
    rows = frame[frame["target"] == target]
    weights = [None, *resampled(rows["user_id"].to_numpy(), draws, 0)]
    drawn: dict[str, dict[str, np.ndarray]] = {}
    for name in ("stale", *VARIANTS):
        drawn[name] = {
            figure: np.array([_over_cuts(rows, name, function, w) for w in weights])
            for figure, function in FIGURES[target].items()
        }
        if target == "ltv":
            drawn[name]["off"] = np.abs(np.log(drawn[name]["bias"]))
    first = {f: _three(values) for f, values in drawn["stale"].items()}
    more = {
        name: {f: _three(values - drawn["stale"][f]) for f, values in drawn[name].items()}
        for name in VARIANTS
    }
    against = {
        name: {f: _three(drawn["refit"][f] - values) for f, values in drawn[name].items()}
        for name in VARIANTS
        if name != "refit"
    }
    return {"stale": first, "minus_stale": more, "refit_minus": against}


def _over_cuts(
    rows: pd.DataFrame, name: str, function: Callable[..., float], weight: np.ndarray | None
) -> float:
    values = []
    for _, places in rows.groupby("cut").indices.items():
        w = None if weight is None else weight[places]
        part = rows.iloc[places]
        values.append(function(part["y"].to_numpy(), part[name].to_numpy(), w))
    return float(np.mean(values))


def _three(values: np.ndarray) -> list[float]:
    found = interval(float(values[0]), values[1:])
    return [round(float(v), 5) for v in (found.value, found.low, found.high)]


def table(result: dict[str, Any]) -> Iterator[str]:
    """The worth of refitting as Markdown."""
    yield "| task | cuts | AUC | refitted | log loss | refitted | total | refitted |"
    yield "|---" * 8 + "|"
    for task, found in result.items():
        churn, value = found["churned"], found.get("ltv")
        cells = [task, str(found["judged_cuts"])]
        for figure in ("auc", "logloss"):
            cells += [
                f"{churn['stale'][figure][0]:.4f}",
                _cell(churn["minus_stale"]["refit"][figure]),
            ]
        if value:
            cells += [
                f"{value['stale']['bias'][0]:.3f}",
                _cell(value["minus_stale"]["refit"]["bias"]),
            ]
        yield "| " + " | ".join(cells if value else [*cells, "–", "–"]) + " |"


def _cell(three: list[float]) -> str:
    value, low, high = (f"{v:+.4f}" for v in three)
    return f"{value} [{low}, {high}]"


def main() -> None:
    """Reads the arguments, runs every task; writes result.json after the last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, default=HERE.parents[2] / "shared" / "tasks")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--task", choices=list(PUBLIC["TASKS"]), help="one task, predictions alone")
    given = parser.parse_args()
    if not (given.tasks / "score.py").exists():
        sys.exit(f"no tasks in {given.tasks}; give their folder with --tasks")
    folder = HERE / "predictions"
    if given.task:
        task_predictions(given.tasks, given.task, folder)
        return
    result = {}
    for task in PUBLIC["TASKS"]:
        frame, about = task_predictions(given.tasks, task, folder)
        targets = frame["target"].unique()
        found: dict[str, Any] = {t: figures(frame, t, given.draws) for t in targets}
        cut_days = sorted({facts["cut"] for facts in about if facts["target"] == "churned"})
        result[task] = {**found, "judged_cuts": len(cut_days), "fits": about}
    (HERE / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    print("\n".join(table(result)))


if __name__ == "__main__":
    main()
