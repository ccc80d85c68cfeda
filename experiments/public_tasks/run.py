"""Runs the six public tasks with the library's defaults and writes predictions and result.json.

    python experiments/public_tasks/run.py [--tasks ../shared/tasks] [--algorithm blend]

Each task is a folder with events, and snapshots with labels and a split. This file says only what
the events of a task mean; models and features are the defaults. The tasks' own score.py scores the
predictions, beside every contender that came with the tasks.
"""

from __future__ import annotations

import argparse
import json
import runpy
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import churnlab as cl
from churnlab.estimators.baselines import LAST
from churnlab.evaluation.strata import among_recent

HERE = Path(__file__).resolve().parent
OULAD_ROLES = {
    "content": ["oucontent", "resource", "subpage", "url", "quiz", "glossary"],
    "social": ["forumng"],
    "onboarding": ["registered"],
    "withdrawal": ["withdrawn"],
}
TASKS: dict[str, dict[str, object]] = {
    "online_retail": {"roles": {"purchase": ["purchase"], "refund": ["return"]}},
    "cdnow": {"roles": {"purchase": ["purchase"]}},
    "complete_journey": {
        "roles": {"purchase": ["purchase"], "coupon": ["coupon_redeemed"]},
        "receipts": ["campaign_received"],
    },
    "oulad": {"roles": OULAD_ROLES},
    "oulad_silent": {"roles": OULAD_ROLES, "folder": "oulad"},
    "donations": {"roles": {"purchase": ["purchase"]}},
}
PEERS = ("featuretools_lgbm", "tsfresh_lgbm", "rfm_lgbm", "bgnbd", "mbgnbd")
MOST_CUTS = 4
LOWER = {"brier", "logloss", "mae", "rmse"}


def dataset(
    tasks: Path, task: str, features: cl.FeatureSet | None = None
) -> tuple[cl.Dataset, pd.DataFrame]:
    """Features of all snapshots of a task, and the snapshots as they came.

    `features` None means the default set.
    """
    log, rows = log_and_snapshots(tasks, task)
    snapshots = cl.Snapshots.from_frame(rows.rename(columns={"cutoff": "snapshot"}))
    return cl.build_dataset(log.daily(), snapshots, features), rows


def log_and_snapshots(tasks: Path, task: str) -> tuple[cl.EventLog, pd.DataFrame]:
    """The log of a task, and its snapshots as they came."""
    mapping = dict(TASKS[task])
    events = tasks / str(mapping.pop("folder", task)) / "events.parquet"
    amount = "amount" if "purchase" in TASKS[task]["roles"] else None
    log = cl.EventLog.read(
        events, user="user_id", time="ts", event="event", amount=amount, timezone="UTC", **mapping
    )
    return log, pd.read_parquet(tasks / task / "snapshots.parquet")


def training(tasks: Path, task: str, features: cl.FeatureSet | None = None) -> cl.Dataset:
    """The training rows of a task, for experiments that read no test row.

    online_retail keeps at most four evenly spaced cuts.
    """
    data, rows = dataset(tasks, task, features)
    data = data.take((rows["split"] == "train").to_numpy())
    if task != "online_retail" or len(data.days) <= MOST_CUTS:
        return data
    kept = data.days[np.linspace(0, len(data.days) - 1, MOST_CUTS).round().astype(int)]
    return data.take(data.X.index.get_level_values("snapshot").isin(kept))


def predict(data: cl.Dataset, rows: pd.DataFrame, algorithm: str) -> pd.DataFrame:
    """Fits on the training rows and predicts the test rows, once."""
    train, test = parts(data, rows)
    out = rows.loc[rows["split"] == "test", ["user_id", "cutoff"]].copy()
    churn = cl.ChurnClassifier(algorithm=algorithm).fit(train.X, train.y("churned"))
    out["churned"] = churn.predict_proba(test.X)[:, 1]
    if "ltv" in data.labels:
        out["ltv"] = (
            cl.LTVRegressor(algorithm=algorithm).fit(train.X, train.y("ltv")).predict(test.X)
        )
    return out


def median(data: cl.Dataset, rows: pd.DataFrame, predicted: pd.DataFrame) -> pd.DataFrame:
    """The same with the conditional median of the amount, which has the least absolute error."""
    train, test = parts(data, rows)
    return predicted.assign(
        ltv=cl.LTVRegressor(objective="mae").fit(train.X, train.y("ltv")).predict(test.X)
    )


def parts(data: cl.Dataset, rows: pd.DataFrame) -> tuple[cl.Dataset, cl.Dataset]:
    """Training and test rows."""
    return data.take((rows["split"] == "train").to_numpy()), data.take(
        (rows["split"] == "test").to_numpy()
    )


def best(scores: dict[str, dict], metric: str) -> tuple[str, float]:
    """The contender with the best value of a metric, and the value; the best bias is nearest 1."""
    peers = {
        name: row[metric][0]
        for name, row in scores.items()
        if name != "YOURS" and row[metric][0] == row[metric][0]
    }
    worth = {"bias": lambda v: -abs(v - 1)}.get(metric, lambda v: -v if metric in LOWER else v)
    name = max(peers, key=lambda n: worth(peers[n]))
    return name, peers[name]


def recent(tasks: Path, task: str, data: cl.Dataset, predicted: pd.DataFrame) -> dict[str, object]:
    """AUC among the half of the test rows seen most recently: ours, the best contender's, ours less
    the contender's.
    """
    rows = pd.read_parquet(tasks / task / "peers.parquet")
    keys = ["user_id", "cutoff"]
    last = data.X[LAST].rename("last").rename_axis(keys).reset_index()
    rows = predicted.merge(rows, on=keys, suffixes=("_ours", "")).merge(last, on=keys)
    said = {c.removeprefix("churn__"): rows[c] for c in rows if c.startswith("churn__")}
    found = among_recent(
        {"churnlab": rows["churned_ours"], **said}, rows["churned"], rows["user_id"], rows["last"]
    ).set_index("contender")
    other = found.drop("churnlab")["value"].idxmax()
    return {
        "ours": found.loc["churnlab", ["value", "low", "high"]].tolist(),
        "contender": other,
        "theirs": found.loc[other, ["value", "low", "high"]].tolist(),
        "difference": found.loc[
            other, ["difference", "difference_low", "difference_high"]
        ].tolist(),
    }


def summary(scores: dict[str, dict]) -> dict[str, object]:
    """Our value and the best contender's on each metric, and the paired differences to it."""
    churn = scores["churn"]
    row: dict[str, object] = {
        "churn": {m: compared(churn, m) for m in ("auc", "ap", "logloss", "brier")},
        "slope": churn["YOURS"]["slope"],
        "ece": churn["YOURS"]["ece"],
        "auc_minus": {p: churn[p]["yours_minus_auc"] for p in PEERS if p in churn},
    }
    if "ltv" in scores:
        row["ltv"] = {
            m: compared(scores["ltv"], m) for m in ("ngini", "rmse", "mae", "spearman", "bias")
        }
    return row


def compared(scores: dict[str, dict], metric: str) -> dict[str, object]:
    """Our value, the best contender and its value, and ours less the contender's, paired."""
    name, _ = best(scores, metric)
    return {
        "ours": scores["YOURS"][metric],
        "contender": name,
        "theirs": scores[name][metric],
        "difference": scores[name][f"yours_minus_{metric}"],
    }


def table(result: dict[str, dict]) -> str:
    """The figures as Markdown tables."""
    lines = [
        "| task | churn AUC | best peer | ours less it | among the half seen most recently "
        "| best peer there | log loss | best peer | ours less it | slope | ECE | seconds |",
        "|---|" + "---|" * 11,
    ]
    for task, row in result.items():
        auc, recently, loss = row["churn"]["auc"], row["recent"], row["churn"]["logloss"]
        lines.append(
            f"| {task} | {show(auc['ours'])} | {other(auc)} | {show(auc['difference'], '+.4f')} "
            f"| {show(recently['ours'])} | {other(recently)} "
            f"| {loss['ours'][0]:.4f} | {other(loss, '.4f')} | {show(loss['difference'], '+.4f')} "
            f"| {row['slope']:.2f} | {row['ece']:.3f} | {row['seconds']:.0f} |"
        )
    lines += [
        "",
        "| task | norm. Gini | best peer | RMSE | best peer | MAE (median) | best peer "
        "| total bias | best peer |",
        "|---|" + "---|" * 8,
    ]
    for task, row in result.items():
        if "ltv" in row:
            ltv, least = row["ltv"], row["ltv_median"]
            lines.append(
                f"| {task} | {show(ltv['ngini']['ours'])} | {other(ltv['ngini'])} "
                f"| {ltv['rmse']['ours'][0]:.1f} | {other(ltv['rmse'], '.1f')} "
                f"| {least['mae']['ours'][0]:.1f} | {other(least['mae'], '.1f')} "
                f"| {ltv['bias']['ours'][0]:.2f} | {other(ltv['bias'], '.2f')} |"
            )
    lines += ["", "| task | minus " + " | minus ".join(PEERS) + " |", "|---|" + "---|" * len(PEERS)]
    for task, row in result.items():
        cells = [show(row["auc_minus"][p], "+.3f") if p in row["auc_minus"] else "–" for p in PEERS]
        lines.append(f"| {task} | {' | '.join(cells)} |")
    return "\n".join(lines)


def show(interval: list[float], form: str = ".3f") -> str:
    """A value with its 95% interval."""
    return f"{interval[0]:{form}} [{interval[1]:{form}}, {interval[2]:{form}}]"


def other(row: dict, form: str = ".3f") -> str:
    """The best contender and its value."""
    return f"{row['contender']} {row['theirs'][0]:{form}}"


def against(tasks: Path, ours: Path, before: Path) -> str:
    """Paired differences to other predictions of ours: AUC, log loss, Gini, RMSE and total."""
    script = runpy.run_path(str(tasks / "score.py"))
    lines = ["", "| task | AUC | log loss | norm. Gini | RMSE |", "|---|---|---|---|---|"]
    for task in TASKS:
        truth = script["truth_and_yours"](task, ours)
        old = script["truth_and_yours"](task, before)
        weights = script["resamples"](truth["user_id"])
        cells = []
        for target, metrics in (("churned", ("auc", "logloss")), ("ltv", ("ngini", "rmse"))):
            if f"{target}_yours" not in truth:
                continue
            score = script["churn_metrics" if target == "churned" else "ltv_metrics"]
            new, last = (
                score(frame[target], frame[f"{target}_yours"], weights) for frame in (truth, old)
            )
            cells += [show(script["interval"](new[m] - last[m]), "+.4f") for m in metrics]
        lines.append(f"| {task} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Reads the arguments, runs every task, writes and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, default=HERE.parents[2] / "shared" / "tasks")
    parser.add_argument(
        "--algorithm", default="blend", choices=["blend", "lightgbm", "random_forest"]
    )
    parser.add_argument("--against", type=Path, help="folder of earlier predictions of ours")
    given = parser.parse_args()
    if not (given.tasks / "score.py").exists():
        sys.exit(f"no tasks in {given.tasks}; give their folder with --tasks")
    folder = (
        HERE / "predictions"
        if given.algorithm == "blend"
        else HERE / "predictions" / given.algorithm
    )
    medians = folder / "median"
    medians.mkdir(parents=True, exist_ok=True)
    seconds = {}
    recently = {}
    for task in TASKS:
        start = time.perf_counter()
        data, rows = dataset(given.tasks, task)
        predicted = predict(data, rows, given.algorithm)
        seconds[task] = time.perf_counter() - start
        predicted.to_parquet(folder / f"{task}.parquet", index=False)
        recently[task] = recent(given.tasks, task, data, predicted)
        if "ltv" in predicted:
            median(data, rows, predicted).to_parquet(medians / f"{task}.parquet", index=False)
    score = runpy.run_path(str(given.tasks / "score.py"))["score"]
    scores = {task: score(task, folder) for task in TASKS}
    result = {
        task: {
            **summary(scores[task]),
            "recent": recently[task],
            "seconds": round(seconds[task], 1),
        }
        for task in TASKS
    }
    for task in TASKS:
        if "ltv" in result[task]:
            result[task]["ltv_median"] = summary(score(task, medians))["ltv"]
    name = "result.json" if given.algorithm == "blend" else f"result_{given.algorithm}.json"
    (HERE / name).write_text(json.dumps(result, indent=1) + "\n")
    print("\n" + table(result))
    if given.against:
        print(against(given.tasks, folder, given.against))


if __name__ == "__main__":
    main()
