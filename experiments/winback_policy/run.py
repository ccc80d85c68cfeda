"""1,000 simulated experiments: do the intervals of RATE, Q(B) and policies hold the truth?

    python experiments/winback_policy/run.py

Writes result.json. The effects are those of `datasets.make_experiment`, drawn as plain arrays.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

# One thread. The linear algebra reads it when it is loaded.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from churnlab.demo.treatments import ARMS, COSTS, EFFECTS, SHARES, STAGES, UNTREATED
from churnlab.winback.budget import BudgetCurve
from churnlab.winback.cells import Cells
from churnlab.winback.learners import folds_of
from churnlab.winback.policy import Policy
from churnlab.winback.rate import Ranked, Sample, rate
from churnlab.winback.scores import effect_scores
from churnlab.winback.trial import Trial

RUNS = 1000
SIZES = np.array([0.55, 0.27, 0.18])
HERE = Path(__file__).resolve().parent


def drawn(people: int, seed: int, effects: np.ndarray) -> tuple[Trial, np.ndarray, np.ndarray]:
    """A trial, the stage of each person as a code, and scores with means of other folds."""
    chance = np.random.default_rng([seed, people])
    stage = chance.choice(3, people, p=SIZES)
    w = chance.choice(4, people, p=list(SHARES.values()))
    each = np.column_stack([np.zeros(3), effects])
    kept = (chance.random(people) < UNTREATED[stage] + each[stage, w]).astype(float)
    cost = {arm: COSTS[arm] for arm in ARMS[1:]}
    names = np.array(ARMS, object)[w]
    trial = Trial.checked(kept, names, arms=ARMS[1:], p=SHARES, cost=cost)
    fold = folds_of(trial, 5, seed)
    expected = np.full((people, 4), kept.mean())
    cell = stage * 4 + w
    for one in range(5):
        learn, held_out = fold != one, np.flatnonzero(fold == one)
        count = np.bincount(cell[learn], minlength=12)
        total = np.bincount(cell[learn], kept[learn], minlength=12)
        mean = np.divide(total, count, out=np.full(12, kept.mean()), where=count > 0)
        expected[held_out] = mean.reshape(3, 4)[stage[held_out]]
    return trial, stage, effect_scores(trial.y, trial.w, trial.p, expected)


def policies(people: int, effects: np.ndarray, runs: int) -> dict[str, Any]:
    """The estimated value of the policy found beside its true value, and its regret."""
    best = float((SIZES * np.maximum(effects.max(axis=1), 0)).sum())
    off, held, worth, harm, exact = [], [], [], [], []
    wanted = np.where(effects.max(axis=1) > 0, effects.argmax(axis=1) + 1, 0)
    for seed in range(runs):
        trial, stage, scores = drawn(people, seed, effects)
        found = Policy.find(trial, Cells.of(np.array(STAGES)[stage]), scores, seed=seed)
        order = [STAGES.index(name) for name in found.cells.names["stage"]]
        each = np.column_stack([np.zeros(3), effects])[order]
        gains = each[np.arange(len(order)), found.chosen]
        truth = float((SIZES[order] * gains).sum())
        off.append(found.value.value - truth)
        held.append(found.value.low - 1e-12 <= truth <= found.value.high + 1e-12)
        worth.append(truth)
        harm.append(bool((gains < 0).any()))
        exact.append(bool((found.chosen == wanted[order]).all()))
    regret = 1 - np.array(worth) / best if best else np.zeros(runs)
    error = float(np.std(off, ddof=1) / np.sqrt(runs))
    return {
        "people": people,
        "best_value": best,
        "bias": float(np.mean(off)),
        "bias_in_standard_errors": float(np.mean(off)) / error if error else 0.0,
        "interval_holds_truth": float(np.mean(held)),
        "planted_policy_found": float(np.mean(exact)),
        "mean_regret": float(regret.mean()),
        "regret_at_most_a_tenth": float((regret <= 0.1).mean()),
        "somebody_harmed": float(np.mean(harm)),
    }


def line(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients of a least squares line."""
    return np.linalg.lstsq(np.c_[np.ones(len(X)), X], y, rcond=None)[0]


def ranked(slope: float, runs: int, way: str, people: int = 1000) -> dict[str, Any]:
    """RATE of a linear two-model learner whose people are held out in one of two ways.

    The effect is `slope` times the first of three columns. way: "all others" (each fold is ranked
    by a model of all other folds) or "earlier" (by one of earlier folds).
    """
    fresh = np.random.default_rng(1).normal(size=(20_000, 3))
    off, held, positive = [], [], []
    for seed in range(runs):
        chance = np.random.default_rng(seed)
        X, w = chance.normal(size=(people, 3)), chance.integers(0, 2, people)
        y = X[:, 1] + slope * X[:, 0] * w + chance.normal(size=people)
        fold = chance.permutation(people) % 5
        score, effect, truths = np.zeros(people), np.zeros(people), []
        for one in range(5) if way == "all others" else range(1, 5):
            learn = fold != one if way == "all others" else fold < one
            out = np.flatnonzero(fold == one)
            models = [line(X[learn & (w == arm)], y[learn & (w == arm)]) for arm in (0, 1)]
            none, treated = (np.c_[np.ones(len(out)), X[out]] @ m for m in models)
            expected = np.column_stack([none, treated])
            half = np.full((len(out), 2), 0.5)
            score[out] = effect_scores(y[out], w[out], half, expected)[:, 0]
            effect[out] = treated - none
            order = np.c_[np.ones(len(fresh)), fresh] @ (models[1] - models[0])
            truths.append(Ranked.of(slope * fresh[:, 0], order).rate("autoc"))
        mine = np.ones(people, bool) if way == "all others" else fold > 0
        sample = Sample(fold[mine], draws=100, seed=seed)
        found = rate(score[mine], effect[mine], "autoc", sample)
        ends, truth = found.interval, float(np.mean(truths))
        off.append(found.value - truth)
        held.append(ends.low <= truth <= ends.high)
        positive.append(found.something_to_target)
    error = float(np.std(off, ddof=1) / np.sqrt(runs))
    return {
        "held_out_by": way,
        "slope": slope,
        "bias_in_standard_errors": float(np.mean(off)) / error,
        "interval_holds_truth": float(np.mean(held)),
        "said_something_to_target": float(np.mean(positive)),
    }


def budgets(runs: int, people: int = 1500) -> list[dict[str, Any]]:
    """Q(B) of a fixed rule by person at three budgets, with intervals."""
    grid = [0.2, 0.6, 1.2]

    def sample(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        chance = np.random.default_rng(seed)
        true = chance.normal(0.1, 1.0, (count, 2))
        guess = true + chance.normal(size=(count, 2))
        return guess, chance.uniform([0.5, 1.0], [1.5, 3.0], (count, 2)), true

    guess, cost, true = sample(10**6, 400_000)
    few = Sample(draws=2)
    truth = BudgetCurve.of(guess, cost, true, budgets=grid, sample=few).table["gain"].to_numpy()
    off, held = [], []
    for seed in range(runs):
        guess, cost, true = sample(seed, people)
        scores = true + 2 * np.random.default_rng(seed + 10**7).normal(size=true.shape)
        sampled = Sample(draws=100, seed=seed)
        table = BudgetCurve.of(guess, cost, scores, budgets=grid, sample=sampled).table
        off.append(table["gain"].to_numpy() - truth)
        held.append((table["low"].to_numpy() <= truth) & (truth <= table["high"].to_numpy()))
    bias = np.mean(off, axis=0) / (np.std(off, axis=0, ddof=1) / np.sqrt(runs))
    rows = zip(grid, truth, bias, np.mean(held, axis=0), strict=True)
    names = ("budget", "truth", "bias_in_standard_errors", "interval_holds_truth")
    return [dict(zip(names, map(float, row), strict=True)) for row in rows]


def main() -> None:
    """Run all parts and write result.json."""
    begin = time.process_time()
    nothing = np.zeros((3, 3))
    found = {
        "runs": RUNS,
        "policy": [policies(n, EFFECTS, RUNS) for n in (4000, 6000, 10_000)],
        "policy_where_nothing_helps": policies(6000, nothing, RUNS),
        "rate": [
            ranked(slope, RUNS, way) for way in ("all others", "earlier") for slope in (0.0, 0.15)
        ],
        "budget_curve": budgets(RUNS),
        "cpu_seconds": 0.0,
    }
    found["cpu_seconds"] = round(time.process_time() - begin, 1)
    (HERE / "result.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
