"""Runs the five public tasks with the library's defaults and writes predictions and result.json.

    python experiments/public_tasks/run.py [--tasks ../shared/tasks] [--algorithm lightgbm]

Each task is events, snapshots with labels and a split, in a folder of its own. All that is said of a task here is what its
events mean; models and features are the defaults. Predictions are scored by the tasks' own score.py.
"""

from __future__ import annotations

import argparse
import json
import runpy
import sys
import time
from pathlib import Path

import pandas as pd

import churnlab as cl

HERE = Path(__file__).resolve().parent
OULAD_ROLES = {"content": ["oucontent", "resource", "subpage", "url", "quiz", "glossary"], "social": ["forumng"],
               "onboarding": ["registered"], "withdrawal": ["withdrawn"]}
TASKS: dict[str, dict[str, object]] = {
    "online_retail": {"roles": {"purchase": ["purchase"], "refund": ["return"]}},
    "cdnow": {"roles": {"purchase": ["purchase"]}},
    "complete_journey": {"roles": {"purchase": ["purchase"], "coupon": ["coupon_redeemed"]}, "receipts": ["campaign_received"]},
    "oulad": {"roles": OULAD_ROLES},
    "oulad_silent": {"roles": OULAD_ROLES, "folder": "oulad"},
}


def dataset(tasks: Path, task: str) -> tuple[cl.Dataset, pd.DataFrame]:
    """Features of all snapshots of a task, and the snapshots as they came."""
    mapping = dict(TASKS[task])
    events = tasks / str(mapping.pop("folder", task)) / "events.parquet"
    amount = "amount" if "purchase" in TASKS[task]["roles"] else None
    log = cl.EventLog.read(events, user="user_id", time="ts", event="event", amount=amount, timezone="UTC", **mapping)
    rows = pd.read_parquet(tasks / task / "snapshots.parquet")
    return cl.build_dataset(log.daily(), cl.Snapshots.from_frame(rows.rename(columns={"cutoff": "snapshot"}))), rows


def predict(data: cl.Dataset, rows: pd.DataFrame, algorithm: str) -> pd.DataFrame:
    """Fits on the training rows and predicts the test rows, once."""
    train, test = data.take((rows["split"] == "train").to_numpy()), data.take((rows["split"] == "test").to_numpy())
    out = rows.loc[rows["split"] == "test", ["user_id", "cutoff"]].copy()
    churn = cl.ChurnClassifier(algorithm=algorithm).fit(train.X, train.y("churned"))
    out["churned"] = churn.predict_proba(test.X)[:, 1]
    if "ltv" in data.labels:
        out["ltv"] = cl.LTVRegressor(algorithm=algorithm).fit(train.X, train.y("ltv")).predict(test.X)
    return out


def summary(scores: dict[str, dict], task: str) -> dict[str, object]:
    """Ours beside RFM with LightGBM: the figures of a task that the table shows."""
    churn = scores[task]["churn"]
    mine, peer = churn["YOURS"], churn["rfm_lgbm"]
    best = max((name for name in churn if name != "YOURS"), key=lambda name: churn[name]["auc"][0])
    row = {"auc": mine["auc"], "rfm_lgbm_auc": peer["auc"], "minus_rfm_lgbm": peer["yours_minus_auc"], "best_peer": best,
           "best_peer_auc": churn[best]["auc"], "logloss": mine["logloss"], "brier": mine["brier"], "slope": mine["slope"], "ece": mine["ece"]}
    if "ltv" in scores[task]:
        row["ltv_ngini"], row["ltv_bias"] = scores[task]["ltv"]["YOURS"]["ngini"], scores[task]["ltv"]["YOURS"]["bias"]
    return row


def table(result: dict[str, dict]) -> str:
    """The figures as a Markdown table."""
    lines = ["| task | churn AUC | RFM + LightGBM | difference | best peer | LTV norm. Gini | seconds |", "|---|---|---|---|---|---|---|"]
    for task, row in result.items():
        ltv = show(row["ltv_ngini"]) if "ltv_ngini" in row else "–"
        lines.append(f"| {task} | {show(row['auc'])} | {show(row['rfm_lgbm_auc'])} | {show(row['minus_rfm_lgbm'], '+.3f')} "
                     f"| {row['best_peer']} {row['best_peer_auc'][0]:.3f} | {ltv} | {row['seconds']:.0f} |")
    return "\n".join(lines)


def show(interval: list[float], form: str = ".3f") -> str:
    """A value with its 95% interval."""
    return f"{interval[0]:{form}} [{interval[1]:{form}}, {interval[2]:{form}}]"


def main() -> None:
    """Reads the arguments, runs every task, writes and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, default=HERE.parents[2] / "shared" / "tasks")
    parser.add_argument("--algorithm", default="lightgbm", choices=["lightgbm", "random_forest"])
    given = parser.parse_args()
    if not (given.tasks / "score.py").exists():
        sys.exit(f"no tasks in {given.tasks}; give their folder with --tasks")
    folder = HERE / "predictions" / given.algorithm
    folder.mkdir(parents=True, exist_ok=True)
    seconds = {}
    for task in TASKS:
        start = time.perf_counter()
        predict(*dataset(given.tasks, task), given.algorithm).to_parquet(folder / f"{task}.parquet", index=False)
        seconds[task] = time.perf_counter() - start
    score = runpy.run_path(str(given.tasks / "score.py"))["score"]
    scores = {task: score(task, folder) for task in TASKS}
    result = {task: {**summary(scores, task), "seconds": round(seconds[task], 1)} for task in TASKS}
    name = "result.json" if given.algorithm == "lightgbm" else f"result_{given.algorithm}.json"
    (HERE / name).write_text(json.dumps(result, indent=1) + "\n")
    print("\n" + table(result))


if __name__ == "__main__":
    main()
