"""Gives reasons to all held-out people of the public tasks and of make_community, and checks each.

    python experiments/reasons/run.py [--tasks ../shared/tasks] [--only cdnow]

Models and features are the defaults. Each English sentence is read back by a checker that shares no
code with the reasons (tests/support/plain_facts.py): its numbers must be the person's facts, and
the news must be bad. In make_community the planted decline is known.
"""

from __future__ import annotations

import argparse
import json
import runpy
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

import churnlab as cl

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from support.plain_facts import problems  # noqa: E402

PUBLIC = runpy.run_path(str(ROOT / "experiments" / "public_tasks" / "run.py"))
PLANTED = {"session": "sessions", "push": "pushes", "social": "social"}
DAY_WORDS = ("log goes back", "time of the year", "of the week in", "sine")
SEEDS = (1, 2, 3)
COMMUNITY = 3000  # people


def task(tasks: Path, name: str) -> tuple[cl.Dataset, cl.Dataset]:
    """Training and test rows of a public task."""
    return PUBLIC["parts"](*PUBLIC["dataset"](tasks, name))


def community(seed: int) -> tuple[cl.Dataset, cl.Dataset, pd.DataFrame]:
    """Training and test rows of a simulated community, and its truth."""
    made = cl.datasets.make_community(users=COMMUNITY, days=240, seed=seed)
    activity = made.log().daily()
    days = list(range(activity.start + 40, activity.end - 30 + 1, 14))
    targets = [cl.Churn(horizon=30)]
    snapshots = cl.Snapshots.at(activity, days, active_within=30, targets=targets)
    train, test = cl.build_dataset(activity, snapshots).split(days[-4])
    return train, test, made.truth.set_index("user_id")


def checked(why: cl.Explanation) -> dict[str, object]:
    """How many reasons there are, and what is wrong with them."""
    said, themes = why.reasons(3).to_numpy(), why.reason_themes(3).to_numpy()
    facts = {name: why.facts.frame[name].to_numpy() for name in why.facts.frame}
    wrong: Counter[str] = Counter()
    examples: list[str] = []
    for row, (texts, of) in enumerate(zip(said, themes, strict=True)):
        given = [t for t in of if t]
        wrong["two of a theme"] += len(given) - len(set(given))
        for text in filter(None, texts):
            found = problems(text, lambda name, row=row: float(facts[name][row]))
            wrong["calendar facts"] += any(word in text for word in DAY_WORDS)
            wrong["column names"] += any(p.startswith("not for people") for p in found)
            wrong["good news"] += any(
                p.startswith(("good news", "no fall", "not late")) for p in found
            )
            wrong["impossible or another number"] += bool(found)
            examples += [f"{p}" for p in found][: 5 - len(examples)]
    at_risk = (why.values.sum(axis=1) > 0).to_numpy()
    score = why.values.sum(axis=1).to_numpy()
    top = score >= np.quantile(score, 0.9)
    none = said[:, 0] == ""
    raw = why.themes().sum(axis=1).to_numpy() - score
    return {
        "rows": len(said),
        "at_risk": int(at_risk.sum()),
        "reasons": int((said != "").sum()),
        "not_at_risk_with_reasons": int((~none & ~at_risk).sum()),
        "at_risk_without_reason": round(float(none[at_risk].mean()), 4),
        "top_decile_without_reason": round(float(none[top].mean()), 4),
        "largest_difference_of_theme_sums": float(np.abs(raw).max()),
        "wrong": dict(wrong),
        "examples_of_wrong": examples,
    }


def planted(why: cl.Explanation, truth: pd.DataFrame) -> dict[str, object]:
    """How often the planted theme is reason 1, among those seen in the last 7 days at high risk."""
    users, days = (why.values.index.get_level_values(i) for i in (0, 1))
    of = truth.reindex(users)
    score = why.values.sum(axis=1).to_numpy()
    away = why.facts.frame["fact__away_days__all"].to_numpy()
    begun = (of["onset"] <= days).to_numpy()
    asked = begun & (away <= 7) & (score >= np.quantile(score, 0.9))
    first = why.reason_themes(1)["theme_1"].to_numpy()
    hit = of["kind"].map(PLANTED).to_numpy() == first
    still = ~(of["left_on"] <= days).to_numpy()
    return {
        "people": int(asked.sum()),
        "planted_first": round(float(hit[asked].mean()), 4),
        "by_kind": {k: round(float(hit[asked & (of["kind"] == k)].mean()), 4) for k in PLANTED},
        "not_yet_left": {
            "people": int((asked & still).sum()),
            "planted_first": round(float(hit[asked & still].mean()), 4),
        },
    }


def explained(train: cl.Dataset, test: cl.Dataset) -> cl.Explanation:
    """The held-out rows, explained by the default model."""
    model = cl.ChurnClassifier().fit(train.X, train.y("churned"))
    return cl.explain(model, test, progress=False)


def main() -> None:
    """Runs all, and writes result.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=Path, default=ROOT.parent / "shared" / "tasks")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    path = HERE / "result.json"
    result = json.loads(path.read_text()) if given.only and path.exists() else {}
    for seed in SEEDS:
        name = f"make_community_{seed}"
        if given.only in name:
            train, test, truth = community(seed)
            why = explained(train, test)
            result[name] = checked(why) | {"planted": planted(why, truth)}
            print(name, json.dumps(result[name]), flush=True)
    for name in PUBLIC["TASKS"]:
        if given.only in name:
            result[name] = checked(explained(*task(given.tasks, name)))
            print(name, json.dumps(result[name]), flush=True)
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
