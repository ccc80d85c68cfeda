"""Chooses rounds, share and penalty by several rules, and judges each on what comes later.

    python experiments/rounds/run.py [--tasks ../shared/tasks] [--only donations oulad]

Training rows of the public tasks alone, split once more: the last cuts, or other people where a
task has no later cut, are what a rule is judged on; the rule sees the rows before. Scores of every
split are kept in `scores/`, so that an interrupted run continues. Remove the folder after a change
of features or learners.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# One thread. LightGBM and the linear algebra read it when they are loaded.
os.environ["OMP_NUM_THREADS"] = "1"

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.special import logit

import churnlab as cl
from churnlab.estimators.classifier import _platt
from churnlab.estimators.learners import as_fitted, blend, folds, later, logistic
from churnlab.estimators.learners.plan import Plan
from churnlab.evaluation import metrics

HERE = Path(__file__).resolve().parent
STAGES = np.arange(10, 401, 10)
PENALTIES = (0.005, 0.02, 0.05)
SHARES = np.linspace(0, 1, 11)
# Task: days until a label is closed, and how many of the last cuts are judged.
LATER_CUTS = {"online_retail": (90, 2), "complete_journey": (30, 2), "donations": (365, 2)}
TO_2013_SUMMER = pd.Timestamp("2013-07-01")


@dataclass(frozen=True)
class Split:
    """Rows that a rule sees, and rows that it is judged on."""

    X: np.ndarray
    y: np.ndarray
    day: np.ndarray
    person: np.ndarray
    judged_X: np.ndarray
    judged_y: np.ndarray

    def inner(self) -> folds.Folds:
        """Folds by person."""
        return folds.by_person(self.person, seed=0)

    def turned(self) -> folds.Folds:
        """Folds that hold out people and later days."""
        return later.turned(self.inner(), self.day)


@dataclass(frozen=True)
class Scores:
    """Raw scores of a member for k options: out of fold by person, on later days, and judged.

    people and later: float64[k, n], NaN for rows that are not held out. judged: float64[k, m].
    """

    people: np.ndarray
    later: np.ndarray
    judged: np.ndarray


def splits(tasks: Path, task: str) -> Iterator[tuple[str, Split]]:
    """The splits of a task's training rows, by name."""
    public = runpy.run_path(str(HERE.parent / "public_tasks" / "run.py"))
    data, rows = public["dataset"](tasks, task)
    data = data.take((rows["split"] == "train").to_numpy())
    snapshot = pd.DatetimeIndex(data.X.index.get_level_values("snapshot"))
    person = pd.factorize(data.X.index.get_level_values("user_id"))[0]
    if task in LATER_CUTS:
        horizon, count = LATER_CUTS[task]
        for cut in np.sort(snapshot.unique())[::-1][:count]:
            seen = snapshot + pd.Timedelta(days=horizon) <= cut
            yield str(cut)[:10], _split(data, np.flatnonzero(seen), np.flatnonzero(snapshot == cut))
        return
    for k, (seen, judged) in enumerate(folds.by_person(person, 7, 3)):
        yield f"people {k}", _split(data, seen, judged)
    if task.startswith("oulad"):
        early = snapshot < TO_2013_SUMMER
        yield "later", _split(data, np.flatnonzero(early), np.flatnonzero(~early))


def _split(data: cl.Dataset, seen: np.ndarray, judged: np.ndarray) -> Split:
    """The rows as the learners of ChurnClassifier see them."""
    X, y = data.X.iloc[seen], data.y("churned").to_numpy(np.float64)
    model = cl.ChurnClassifier()
    matrix = model._learn_columns(X, None, None)
    as_fitted.note(model, model.structure)
    return Split(
        matrix,
        y[seen],
        folds.snapshot_days(X, None, len(X)),
        folds.people(X, None, len(X)),
        model.prepare(data.X.iloc[judged]),
        y[judged],
    )


def trees(split: Split) -> Scores:
    """Log-odds of trees with the defaults, after each number of rounds in STAGES."""
    plan = Plan("binary", 0.03, None, 60, 0.33, None, 0, 1)
    params = plan.params(len(split.y))
    level = float(logit(split.y.mean()))

    def scores(learn: np.ndarray, X: np.ndarray) -> np.ndarray:
        start = np.full(len(learn), level)
        data = lgb.Dataset(
            split.X[learn], split.y[learn], init_score=start, params={"verbosity": -1}
        )
        booster = lgb.train(params, data, int(STAGES[-1]))
        step = int(STAGES[0])
        parts = [
            booster.predict(X, raw_score=True, start_iteration=int(s) - step, num_iteration=step)
            for s in STAGES
        ]
        return level + np.cumsum(parts, axis=0)

    return _scores(split, scores, len(STAGES))


def lines(split: Split) -> Scores:
    """Log-odds of the logistic model on ranks, with each penalty."""

    def scores(learn: np.ndarray, X: np.ndarray) -> np.ndarray:
        found = []
        for penalty in PENALTIES:
            logistic.PENALTY = penalty
            day = np.zeros(len(learn), int)
            model, _ = logistic.RankLogistic.fit(split.X[learn], split.y[learn], day, [], 0)
            found.append(model.score(X))
        return np.array(found)

    return _scores(split, scores, len(PENALTIES))


def _scores(split: Split, scores: object, options: int) -> Scores:
    found = []
    for inner in (split.inner(), split.turned()):
        out = np.full((options, len(split.y)), np.nan)
        for learn, held_out in inner:
            out[:, held_out] = scores(learn, split.X[held_out])  # type: ignore[operator]
        found.append(out)
    everybody = np.arange(len(split.y))
    return Scores(found[0], found[1], scores(everybody, split.judged_X))  # type: ignore[operator]


def kept(path: Path, split: Split, member: object) -> Scores:
    """The scores of a member, computed once and kept in a file."""
    if not path.exists():
        found = member(split)  # type: ignore[operator]
        path.parent.mkdir(exist_ok=True)
        half = path.with_suffix(".half.npz")
        np.savez(half, people=found.people, later=found.later, judged=found.judged)
        half.replace(path)
    with np.load(path) as file:
        return Scores(file["people"], file["later"], file["judged"])


def people_losses(split: Split, score: np.ndarray) -> np.ndarray:
    """Log losses out of fold, float64[k, n]."""
    return np.asarray(np.logaddexp(0, score) - split.y * score)


def later_losses(split: Split, score: np.ndarray) -> np.ndarray:
    """Log losses of later days, each at its own level, float64[k, m]; no column for one day."""
    found = [np.zeros((len(score), 0))]
    for _, out in split.turned():
        some = (split.y[out], score[:, out], split.day[out], None)
        found.append(later.level_free(later.log_losses, *some)[0])
    return np.hstack(found)


def rounds(split: Split, found: Scores) -> dict[str, int]:
    """The position in STAGES that each rule chooses."""
    on_people = people_losses(split, found.people).mean(axis=1)
    people = int(on_people.argmin())
    losses = later_losses(split, found.later)
    on_later = losses.mean(axis=1) if losses.shape[1] else on_people
    last = int(on_later.argmin())
    fewer = np.arange(people + 1)
    one, two = (
        int(later.nearest(losses[: people + 1], fewer.astype(float), float(people), None, errors))
        for errors in (1.0, 2.0)
    )
    everyone = later.nearest(
        people_losses(split, found.people), -np.arange(len(STAGES), dtype=float), -1.0
    )
    return {
        "people": people,
        "later days": last,
        "sum of both losses": int((on_people + on_later).argmin()),
        "mean of both numbers": round((people + last) / 2),
        "people, one standard error": int(-everyone),
        "confirmed by later days, one standard error": one,
        "confirmed by later days": two,
        "100 rounds": int(np.searchsorted(STAGES, 100)),
        "200 rounds": int(np.searchsorted(STAGES, 200)),
    }


def shares(split: Split, tree: Scores, line: Scores, at: int, penalty: int) -> dict[str, float]:
    """Share of the trees in the blend that each rule chooses."""
    people = blend.best_share(split.y, tree.people[at], line.people[penalty])
    mixed = np.array([s * tree.later[at] + (1 - s) * line.later[penalty] for s in SHARES])
    confirmed = later.nearest(later_losses(split, mixed), SHARES, people)
    return {"people": people, "confirmed by later days": confirmed, "one half": 0.5}


def judged(split: Split, unseen: np.ndarray, score: np.ndarray) -> list[float]:
    """Log loss, log loss at the level of the judged rows, and AUC, calibrated on people."""
    slope, shift = _platt(unseen, split.y, None)
    z = slope * score + shift
    y = split.judged_y
    loss = float((np.logaddexp(0, z) - y * z).mean())
    free, _ = later.level_free(later.log_losses, y, z[None], np.zeros(len(y), int), None)
    return [loss, float(free.mean()), metrics.auc(y, z)]


def answers(split: Split, tree: Scores, line: Scores) -> dict[str, list[float]]:
    """The figures of `judged` by question and rule; all else is as the library has it."""
    chosen = rounds(split, tree)
    figures = {
        f"rounds: {rule}": judged(split, tree.people[at], tree.judged[at])
        for rule, at in chosen.items()
    }
    at = chosen["confirmed by later days"]
    for k, penalty in enumerate(PENALTIES):
        for rule, share in shares(split, tree, line, at, k).items():
            mixed = (
                share * t[at] + (1 - share) * li[k]
                for t, li in ((tree.people, line.people), (tree.judged, line.judged))
            )
            figures[f"blend: share by {rule}, penalty {penalty}"] = judged(split, *mixed)
    return figures


def summary(found: dict[str, dict[str, dict[str, list[float]]]]) -> dict[str, dict[str, list]]:
    """Differences of each rule to the first of its question: by task, and the mean over tasks."""
    names = next(iter(next(iter(found.values())).values()))
    first = {"rounds": "rounds: people", "blend": "blend: share by people, penalty 0.05"}
    out: dict[str, dict[str, list]] = {}
    for name in names:
        base = first[name.split(":")[0]]
        by_task = {
            task: np.mean([np.subtract(one[name], one[base]) for one in each.values()], axis=0)
            for task, each in found.items()
        }
        out[name] = {task: np.round(d, 5).tolist() for task, d in by_task.items()} | {
            "mean": np.round(np.mean(list(by_task.values()), axis=0), 5).tolist()
        }
    return out


def table(differences: dict[str, dict[str, list]]) -> Iterator[str]:
    """Differences in log loss, log loss at equal level and AUC, in 1e-4, as Markdown."""
    tasks = list(next(iter(differences.values())))
    yield f"| rule | {' | '.join(tasks)} |"
    yield "|---|" + "---|" * len(tasks)
    for name, row in differences.items():
        cells = (" ".join(f"{1e4 * v:+.0f}" for v in row[task]) for task in tasks)
        yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Reads the arguments, computes what is missing, writes result.json and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=Path, default=HERE.parents[2] / "shared" / "tasks")
    parser.add_argument("--only", nargs="*")
    given = parser.parse_args()
    public = runpy.run_path(str(HERE.parent / "public_tasks" / "run.py"))
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    chosen: dict[str, dict[str, int]] = {}
    for task in given.only or public["TASKS"]:
        for name, split in splits(given.tasks, task):
            begin = time.perf_counter()
            stem = f"{task}_{name.replace(' ', '_')}"
            tree = kept(HERE / "scores" / f"{stem}_trees.npz", split, trees)
            line = kept(HERE / "scores" / f"{stem}_lines.npz", split, lines)
            found.setdefault(task, {})[name] = answers(split, tree, line)
            picked = rounds(split, tree)
            chosen[f"{task}, {name}"] = {rule: int(STAGES[at]) for rule, at in picked.items()}
            print(f"{task}, {name}: {time.perf_counter() - begin:.0f} s", flush=True)
    differences = summary(found)
    print("\n".join(table(differences)))
    if not given.only:
        result = {"differences": differences, "rounds": chosen}
        (HERE / "result.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
