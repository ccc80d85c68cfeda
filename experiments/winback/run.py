"""Simulates 1,000 experiments with known effects: do 95% intervals hold the truth?

    python experiments/winback/run.py [--experiments 1000] [--people 20000]

Each experiment has three arms and three stages, a common outcome, a rare one, and money that few
people spend and that is far from normal; every figure comes from `Experiment.effects` and
`Experiment.differences`. A second set has no effect at all.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from pathlib import Path

# One thread. The linear algebra reads it when it is loaded.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd

from churnlab.winback.experiments.arms import Arms
from churnlab.winback.experiments.balance import balance_of
from churnlab.winback.experiments.differences import differences_of
from churnlab.winback.experiments.effects import effects_of

HERE = Path(__file__).resolve().parent
ARMS = ("none", "gift", "call")
STAGES = ("core", "fading", "silent")
SHARE = {"core": 0.5, "fading": 0.3, "silent": 0.1}  # comes back without a treatment
LIFT = {"core": (0.0, -0.04), "fading": (0.06, 0.03), "silent": (0.02, 0.0)}  # gift, call
RARE = 0.006  # buys without a treatment; a treatment adds a tenth of its lift
SPREAD = 1.2  # of the logarithm of what a buyer spends
MEAN_SPENT = math.exp(SPREAD**2 / 2)


def truth(stage: str, arm: int, outcome: str, effects: bool) -> float:
    """The effect of an arm on the mean outcome of a stage."""
    lift = LIFT[stage][arm - 1] if effects and arm else 0.0
    if outcome == "came_back":
        return lift
    bought = max(lift, 0.0) / 10
    return bought if outcome == "bought" else bought * MEAN_SPENT


def simulated(rng: np.random.Generator, people: int, effects: bool) -> Arms:
    """One experiment."""
    arm, stage = rng.integers(0, len(ARMS), people), rng.integers(0, len(STAGES), people)
    base = np.array([SHARE[s] for s in STAGES])[stage]
    table = [[truth(s, a, "came_back", effects) for a in range(len(ARMS))] for s in STAGES]
    came = rng.random(people) < base + np.array(table)[stage, arm]
    table = [[truth(s, a, "bought", effects) for a in range(len(ARMS))] for s in STAGES]
    bought = rng.random(people) < RARE + np.array(table)[stage, arm]
    money = bought * rng.lognormal(0, SPREAD, people)
    outcomes = {
        "came_back": came.astype(np.float64),
        "bought": bought.astype(np.float64),
        "money": money,
    }
    known = pd.DataFrame({"age": rng.normal(30, 9, people), "spent": rng.lognormal(2, 1, people)})
    chances = np.full((people, len(ARMS)), 1 / len(ARMS))
    named = np.array(STAGES, object)[stage]
    return Arms(np.arange(people), ARMS, arm, outcomes, known, chances, named)


def run(experiments: int, people: int) -> dict[str, object]:
    """All figures over the experiments."""
    rng = np.random.default_rng(20_261_129)
    held, wrong, odd, found, unbalanced = [], [], [], [], []
    for _ in range(experiments):
        trial = simulated(rng, people, effects=True)
        frame = effects_of(trial, "stage").frame
        aims = [
            truth(r.group, ARMS.index(r.treatment), r.outcome, True) for r in frame.itertuples()
        ]
        inside = (frame["low"] <= aims) & (aims <= frame["high"])
        held.append(inside.groupby(frame["outcome"]).mean())
        wrong.append(bool(((frame["verdict"] == "better") & (np.array(aims) <= 0)).any()))
        found.append(frame[(frame["group"] == "core") & (frame["treatment"] == "call")].iloc[0])
        nothing = simulated(rng, people, effects=False)
        none = effects_of(nothing, "stage").frame
        differ = differences_of(nothing, ["stage", "age"]).frame
        odd.append(((none["verdict"] != "unclear").any(), differ["differ"].any()))
        unbalanced.append(balance_of(nothing.known, nothing.stage, nothing.arm, ARMS).p)
    by_outcome = pd.DataFrame(held).mean()
    harm = pd.DataFrame(found)
    families = np.array(odd, float).mean(0)
    return {
        "experiments": experiments,
        "people": people,
        "intervals": experiments * 6,
        "held": {k: round(float(v), 4) for k, v in by_outcome.items()},
        "any_effect_found_without_one": round(float(families[0]), 4),
        "any_difference_between_groups_found_without_one": round(float(families[1]), 4),
        "any_help_claimed_where_there_is_none": round(float(np.mean(wrong)), 4),
        "harm_found": round(float((harm["verdict"] == "worse").mean()), 4),
        "balance_p_below_0.05": round(float(np.mean(np.array(unbalanced) < 0.05)), 4),
        "balance_p_below_0.001": round(float(np.mean(np.array(unbalanced) < 0.001)), 4),
    }


def main() -> None:
    """Reads the arguments, simulates, and writes result.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiments", type=int, default=1000)
    parser.add_argument("--people", type=int, default=20_000)
    given = parser.parse_args()
    result = run(given.experiments, given.people)
    (HERE / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
