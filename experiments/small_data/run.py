"""What the churn model should be where few people left; inside the training rows of six tasks.

    python experiments/small_data/run.py [--tasks ../shared/tasks] [--only oulad] [--sizes 100]

Test rows are not read. Each draw takes people one after another until so many have left; the
candidates learn from them and are judged on all others, on the last cut where cuts are enough.
With --only or --sizes, results are added to those in result.json.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri
from scipy.stats import t
from sklearn.linear_model import LogisticRegression

import churnlab as cl
from churnlab.estimators.baselines import LAST
from churnlab.estimators.learners import blend as learners
from churnlab.estimators.learners import logistic, small
from churnlab.evaluation import metrics

HERE = Path(__file__).resolve().parent
HORIZONS = {
    "online_retail": 90,
    "cdnow": 273,
    "complete_journey": 30,
    "oulad": 210,
    "oulad_silent": 28,
    "donations": 365,
}
ONE_PERIOD = ("oulad", "cdnow")  # no cut whose labels are known before another cut
SIZES = (50, 100, 200, 400, 1000)
DRAWS = 5
JUDGED_ROWS = 4000
FEWEST_JUDGED = 20  # leavers
RATE = "cadence__active_share__all"
TRENDS = (
    "cadence__silence_ratio__all",
    "cadence__active_share_change__28d_91d",
    "session__steps_change__28d_91d",
    "social__acts_change__28d_91d",
    "spend__orders_change__91d_182d",
    "cadence__acts_per_active_day__all",
)
LINES = (0.05, 0.01)  # scikit-learn's C; a lower one is a stronger penalty
RULE = (small.FEW, small.ENOUGH)
PENALTY = logistic.PENALTY
BEST_SHARE = learners.best_share


def draws(data: cl.Dataset, task: str, leavers: int, count: int) -> Iterator[tuple]:
    """Positions to learn from and to judge on, for each draw; none from where too few left."""
    y = data.y("churned").to_numpy()
    person = pd.factorize(data.X.index.get_level_values("user_id"))[0]
    day = data.X.index.get_level_values("snapshot")
    early = late = np.ones(len(y), bool)
    if task not in ONE_PERIOD:
        late = np.asarray(day == day.max())
        early = np.asarray(day + pd.Timedelta(days=HORIZONS[task]) <= day.max())
    if (y * early).sum() < 1.25 * leavers:
        return
    for draw in range(count):
        rng = np.random.default_rng(1000 * leavers + draw)
        turn = rng.permutation(person.max() + 1)[person]
        order = np.argsort(turn, kind="stable")
        last = turn[order[np.searchsorted(np.cumsum((y * early)[order]), leavers)]]
        judge = np.flatnonzero((turn > last) & late)
        if y[judge].sum() < FEWEST_JUDGED:
            return
        kept = rng.permutation(len(judge))[:JUDGED_ROWS]
        yield np.flatnonzero((turn <= last) & early), judge[np.sort(kept)]


def blend(
    X: pd.DataFrame, y: np.ndarray, new: pd.DataFrame, rule: tuple, most: float
) -> np.ndarray:
    """Probabilities of the default, with another rule for small data and another penalty.

    Where `rule` begins with infinity the trees have a share of 0 whatever the folds say.
    """
    small.FEW, small.ENOUGH = rule
    logistic.PENALTY = most
    if rule[0] == np.inf:
        learners.best_share = lambda *_: 0.0
    try:
        return cl.ChurnClassifier(n_jobs=1).fit(X, y).predict_proba(new)[:, 1]
    finally:
        logistic.PENALTY, (small.FEW, small.ENOUGH) = PENALTY, RULE
        learners.best_share = BEST_SHARE


def plain(X: pd.DataFrame, y: np.ndarray, new: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Probabilities of a logistic line on the ranks of some columns, hardly penalised."""
    line = LogisticRegression(C=1.0).fit(ranks(X[names], X[names]), y)
    return line.predict_proba(ranks(X[names], new[names]))[:, 1]


def ranks(X: pd.DataFrame, new: pd.DataFrame) -> np.ndarray:
    """The share of rows of X below each value of `new`, less a half; 0 for a missing value."""
    columns = []
    for name in X:
        known = np.sort(X[name].dropna())
        sides = [np.searchsorted(known, new[name], side) for side in ("left", "right")]
        share = (sides[0] + sides[1]) / 2 / max(len(known), 1) - 0.5
        columns.append(np.where(new[name].isna(), 0.0, share))
    return np.column_stack(columns)


def candidates(X: pd.DataFrame, y: np.ndarray, new: pd.DataFrame) -> dict[str, np.ndarray]:
    """Probabilities of each candidate for `new`."""
    few = [LAST, RATE, *(name for name in TRENDS if name in X)]
    never, always = (0, 1e-9), (np.inf, 1e-9)  # rows a column: line alone, full strength
    said = {"blend": blend(X, y, new, never, PENALTY)}
    said |= {f"line, C {C}": blend(X, y, new, always, C) for C in LINES}
    said["line, C by leavers"] = blend(X, y, new, (np.inf, small.ENOUGH), PENALTY)
    enough = small.rows_a_column(y, None, X.shape[1]) >= small.ENOUGH
    said["the rule"] = said["blend"] if enough else blend(X, y, new, RULE, PENALTY)
    said["recency, rate"] = plain(X, y, new, [LAST, RATE])
    said["recency, rate, trends"] = plain(X, y, new, few)
    said["half line, half recency and rate"] = expit(
        (logit(said["line, C by leavers"]) + logit(said["recency, rate"])) / 2
    )
    said["days since last"] = plain(X, y, new, [LAST])
    said["base rate"] = np.full(len(new), y.mean())
    return said


def judged(data: cl.Dataset, task: str, leavers: int) -> dict[str, dict]:
    """AUC and log loss of each candidate, and its lead over the blend, a mean over draws.

    Intervals are of that mean, [lead, low, high]: draws differ in the people on both sides.
    """
    y = data.y("churned").to_numpy().astype(int)
    found: dict[str, list[tuple[float, float]]] = {}
    for learn, judge in draws(data, task, leavers, DRAWS):
        truth = y[judge].astype(float)
        for name, p in candidates(data.X.iloc[learn], y[learn], data.X.iloc[judge]).items():
            pair = metrics.auc(truth, p), metrics.log_loss(truth, p)
            found.setdefault(name, []).append(pair)
    rows = {}
    for name, pairs in found.items():
        ours, base = np.array(pairs), np.array(found["blend"])
        rows[name] = {
            "auc": float(ours[:, 0].mean()),
            "log_loss": float(ours[:, 1].mean()),
            "ahead_auc": interval(ours[:, 0] - base[:, 0]),
            "ahead_log_loss": interval(base[:, 1] - ours[:, 1]),
        }
    return rows


def interval(leads: np.ndarray) -> list[float]:
    """The mean over draws and its 95% interval, by Student's t."""
    wide = t.ppf(0.975, len(leads) - 1) * leads.std(ddof=1) / np.sqrt(len(leads))
    return [float(leads.mean()), float(leads.mean() - wide), float(leads.mean() + wide)]


def table(result: dict) -> str:
    """The rule's leads by task with intervals, then the mean leads of all candidates, in 0.0001."""
    lines = []
    for size, tasks in sorted(result["leavers"].items(), key=lambda item: int(item[0])):
        lines += ["", f"| {size} leavers | AUC | log loss |", "|---|---|---|"]
        for task, rows in tasks.items():
            rule = rows["the rule"]
            cells = [show(rule[f"ahead_{metric}"]) for metric in ("auc", "log_loss")]
            lines.append(f"| {task} | {' | '.join(cells)} |")
        pooled = [show(together(tasks, f"ahead_{metric}")) for metric in ("auc", "log_loss")]
        lines.append(f"| mean | {' | '.join(pooled)} |")
    sizes = sorted(result["leavers"], key=int)
    lines += ["", f"| mean over tasks | {' | '.join(sizes)} |", "|---|" + "---|" * len(sizes)]
    for name in next(iter(result["leavers"][sizes[0]].values())):
        cells = [" / ".join(mean(result["leavers"][size], name)) for size in sizes]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def show(lead: list[float]) -> str:
    """A lead with its interval, in 0.0001."""
    value, low, high = (f"{1e4 * x:+.0f}" for x in lead)
    return f"{value} [{low}, {high}]"


def together(tasks: dict, kind: str) -> list[float]:
    """The rule's mean lead over tasks, with the interval that those of the tasks give."""
    leads = np.array([rows["the rule"][kind] for rows in tasks.values()])
    wide = np.sqrt(((leads[:, 2] - leads[:, 0]) ** 2).sum()) / len(leads)
    return [leads[:, 0].mean(), leads[:, 0].mean() - wide, leads[:, 0].mean() + wide]


def mean(tasks: dict, name: str) -> list[str]:
    """A candidate's mean lead over tasks in AUC and in log loss, in 0.0001."""
    kinds = ("ahead_auc", "ahead_log_loss")
    return [f"{1e4 * np.mean([rows[name][k][0] for rows in tasks.values()]):+.0f}" for k in kinds]


def can_they_tell(leavers: int, rows: int, aucs: tuple[float, float], alike: float) -> dict:
    """How far AUCs of two models differ by chance on one test set, simulated.

    Scores are normal, with a correlation of `alike` among those who leave and among those who stay.
    """
    rng = np.random.default_rng(0)
    apart, gaps = np.sqrt(2) * ndtri(aucs), []
    for _ in range(2000):
        score = rng.normal(size=(rows, 2))
        score[:, 1] = alike * score[:, 0] + np.sqrt(1 - alike**2) * score[:, 1]
        score[:leavers] += apart
        rank = score.argsort(0).argsort(0) + 1
        found = rank[:leavers].sum(0) - leavers * (leavers + 1) / 2
        gaps.append(np.diff(found)[0] / (leavers * (rows - leavers)))
    error = float(np.std(gaps))
    return {
        "true_gap": aucs[1] - aucs[0],
        "standard_error": error,
        "95%": np.quantile(gaps, [0.025, 0.975]).tolist(),
        "worse_looks_better": float(np.mean(np.array(gaps) < 0)),
        "seen_beyond_chance": float(np.mean(np.array(gaps) > 1.96 * error)),
    }


def alike(data: cl.Dataset) -> float:
    """Correlation of the default's scores and those of days since last, among those who stay."""
    y, person = data.y("churned").to_numpy().astype(int), data.X.index.get_level_values("user_id")
    half = np.random.default_rng(0).permutation(person.nunique())[pd.factorize(person)[0]] % 2 == 0
    X, new = data.X[half], data.X[~half]
    scores = blend(X, y[half], new, RULE, PENALTY), plain(X, y[half], new, [LAST])
    stayed = y[~half] == 0
    return float(np.corrcoef([logit(p)[stayed] for p in scores])[0, 1])


def main() -> None:
    """Reads the arguments, runs every task and size, writes and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, default=HERE.parents[2] / "shared" / "tasks")
    parser.add_argument("--only", nargs="*", default=list(HORIZONS))
    parser.add_argument("--sizes", nargs="*", type=int, default=list(SIZES))
    given = parser.parse_args()
    if not (given.tasks / "score.py").exists():
        sys.exit(f"no tasks in {given.tasks}; give their folder with --tasks")
    public = runpy.run_path(str(HERE.parent / "public_tasks" / "run.py"))
    path = HERE / "result.json"
    result = json.loads(path.read_text()) if path.exists() else {"draws": DRAWS, "leavers": {}}
    for task in given.only:
        data = public["training"](given.tasks, task)
        for size in given.sizes:
            if found := judged(data, task, size):
                result["leavers"].setdefault(str(size), {})[task] = found
                lead = found["the rule"]
                print(task, size, lead["ahead_auc"], lead["ahead_log_loss"], flush=True)
        if task == "oulad":
            same = alike(data)
            told = can_they_tell(213, 2007, (0.580, 0.585), same)
            result["can_oulad_tell"] = {"scores_alike": same, **told}
        path.write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


if __name__ == "__main__":
    main()
