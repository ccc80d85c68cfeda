"""1,000 simulated experiments: do the intervals of RATE, Q(B) and policies hold the truth?

    python experiments/winback_policy/run.py

Writes result.json. The planted effects are those of `datasets.make_experiment`, drawn as plain
arrays; the other scenes are made up.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

# One thread. The linear algebra reads it when it is loaded.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from churnlab.demo.treatments import ARMS, COSTS, EFFECTS, SHARES, UNTREATED
from churnlab.winback.targeting.budget import BudgetCurve
from churnlab.winback.targeting.cells import Cells
from churnlab.winback.targeting.learners import folds_of
from churnlab.winback.targeting.policy import Policy
from churnlab.winback.targeting.rate import Ranked, Sample, rate
from churnlab.winback.targeting.scores import effect_scores
from churnlab.winback.targeting.trial import Trial

RUNS = 1000
FIRST = 50_000  # the first seed of policies, whose code was written with others
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Scene:
    """People, treatments and what these do, all known.

    sizes: share of people by stage. shares: of people by arm, nothing first. base: chance to come
    back by stage, untreated. effects: on it, by stage and treatment. cost: of each treatment.
    money: people who come back spend, lognormally, instead of counting 1. budget: money a person.
    """

    sizes: np.ndarray
    shares: np.ndarray
    base: np.ndarray
    effects: np.ndarray
    cost: np.ndarray
    money: bool = False
    budget: float | None = None

    @property
    def gains(self) -> np.ndarray:
        """The true effect on the outcome, by stage and treatment."""
        return self.effects * (np.exp(2.5) if self.money else 1.0)


PLANTED = Scene(
    sizes=np.array([0.55, 0.27, 0.18]),
    shares=np.array(list(SHARES.values())),
    base=UNTREATED,
    effects=EFFECTS,
    cost=np.array([COSTS[arm] for arm in ARMS[1:]]),
)
TWO = np.array([1.0, 2.0])
SCENES = {
    "half of the planted effects": (6000, replace(PLANTED, effects=EFFECTS / 2)),
    "no effects": (6000, replace(PLANTED, effects=np.zeros((3, 3)))),
    "planted, for 0.5 a person": (6000, replace(PLANTED, budget=0.5)),
    "planted, a fifth untreated": (
        6000,
        replace(PLANTED, shares=np.array([0.19, 0.27, 0.27, 0.27])),
    ),
    "treatments that are alike": (
        6000,
        Scene(
            sizes=np.array([0.5, 0.3, 0.2]),
            shares=np.full(4, 0.25),
            base=np.array([0.4, 0.3, 0.2]),
            effects=np.array([[0.08, 0.08, 0.07], [0.10, 0.09, 0.09], [0.10, 0.12, 0.10]]),
            cost=np.ones(3),
        ),
    ),
    "one treatment, five stages": (
        4000,
        Scene(
            sizes=np.array([0.3, 0.3, 0.2, 0.1, 0.1]),
            shares=np.array([0.3, 0.7]),
            base=np.array([0.8, 0.6, 0.4, 0.2, 0.1]),
            effects=np.array([[0.02], [0.05], [0.08], [0.10], [0.15]]),
            cost=np.ones(1),
        ),
    ),
    "one treatment, one stage": (
        4000,
        Scene(
            sizes=np.ones(1),
            shares=np.array([0.5, 0.5]),
            base=np.array([0.3]),
            effects=np.array([[0.06]]),
            cost=np.ones(1),
        ),
    ),
    "rare (1 to 5 of 100)": (
        10_000,
        Scene(
            sizes=np.array([0.4, 0.4, 0.2]),
            shares=np.array([0.5, 0.25, 0.25]),
            base=np.array([0.02, 0.03, 0.01]),
            effects=np.array([[0.015, 0.0], [0.0, 0.03], [0.02, 0.01]]),
            cost=TWO,
        ),
    ),
    "money": (
        10_000,
        Scene(
            sizes=np.array([0.5, 0.3, 0.2]),
            shares=np.array([0.4, 0.3, 0.3]),
            base=np.array([0.3, 0.2, 0.1]),
            effects=np.array([[0.08, 0.0], [0.0, 0.08], [0.06, 0.03]]),
            cost=TWO,
            money=True,
        ),
    ),
    "ten stages, effects at random": (
        10_000,
        Scene(
            sizes=np.full(10, 0.1),
            shares=np.array([0.4, 0.3, 0.3]),
            base=np.linspace(0.1, 0.9, 10),
            effects=np.random.default_rng(99).normal(0, 0.08, (10, 2)).clip(-0.09, 0.09),
            cost=TWO,
        ),
    ),
}


def drawn(people: int, seed: int, scene: Scene) -> tuple[Trial, np.ndarray, np.ndarray]:
    """A trial, the stage of each person as a code, and scores with means of other folds."""
    chance = np.random.default_rng([seed, people])
    stages, arms = len(scene.sizes), len(scene.shares)
    stage = chance.choice(stages, people, p=scene.sizes)
    w = chance.choice(arms, people, p=scene.shares)
    each = np.column_stack([np.zeros(stages), scene.effects])
    y = (chance.random(people) < scene.base[stage] + each[stage, w]).astype(float)
    if scene.money:
        y = y * chance.lognormal(2.0, 1.0, people)
    names = ["none", *(f"arm {k}" for k in range(1, arms))]
    p = dict(zip(names, scene.shares.tolist(), strict=True))
    cost = dict(zip(names[1:], scene.cost.tolist(), strict=True))
    given = np.array(names, object)[w]
    trial = Trial.checked(y, given, arms=names[1:], p=p, cost=cost, outcome="outcome")
    fold = folds_of(trial, 5, seed)
    expected = np.full((people, arms), y.mean())
    cell, cells = stage * arms + w, stages * arms
    for one in range(5):
        learn, held_out = fold != one, np.flatnonzero(fold == one)
        count = np.bincount(cell[learn], minlength=cells)
        total = np.bincount(cell[learn], y[learn], minlength=cells)
        mean = np.divide(total, count, out=np.full(cells, y.mean()), where=count > 0)
        expected[held_out] = mean.reshape(stages, arms)[stage[held_out]]
    return trial, stage, effect_scores(trial.y, trial.w, trial.p, expected)


def best_of(scene: Scene) -> tuple[float, np.ndarray]:
    """The value a person of the best policy by whole stages, and the arm of each stage."""
    arms, stages = len(scene.shares), len(scene.sizes)
    each = np.column_stack([np.zeros(stages), scene.gains])
    if scene.budget is None:
        return float(scene.sizes @ each.max(axis=1)), each.argmax(axis=1)
    price, rows = np.r_[0.0, scene.cost], np.arange(stages)
    found = [np.array(arm) for arm in product(range(arms), repeat=stages)]
    paid = [arm for arm in found if scene.sizes @ price[arm] <= scene.budget]
    best = max(paid, key=lambda arm: float(scene.sizes @ each[rows, arm]))
    return float(scene.sizes @ each[rows, best]), best


def policies(people: int, scene: Scene, runs: int) -> dict[str, Any]:
    """The estimated value of the policy found beside its true value, and its regret."""
    best, wanted = best_of(scene)
    each = np.column_stack([np.zeros(len(scene.sizes)), scene.gains])
    names = np.array([f"stage {i}" for i in range(len(scene.sizes))])
    off, held, worth, harm, exact, some = [], [], [], [], [], []
    for seed in range(FIRST, FIRST + runs):
        trial, stage, scores = drawn(people, seed, scene)
        budget = None if scene.budget is None else scene.budget * people
        found = Policy.find(trial, Cells.of(names[stage]), scores, budget=budget, seed=seed)
        gains = each[np.arange(len(found.chosen)), found.chosen]
        truth = float(scene.sizes @ gains)
        off.append(found.value.value - truth)
        held.append(found.value.low - 1e-12 <= truth <= found.value.high + 1e-12)
        worth.append(truth)
        harm.append(bool((gains < 0).any()))
        exact.append(bool((found.chosen == wanted).all()))
        some.append(found.helps)
    regret = 1 - np.array(worth) / best if best else np.zeros(runs)
    treating = np.array(some)
    error = float(np.std(off, ddof=1) / np.sqrt(runs))
    return {
        "people": people,
        "best_value": best,
        "bias": float(np.mean(off)),
        "bias_in_standard_errors": float(np.mean(off)) / error if error else 0.0,
        "interval_holds_truth": float(np.mean(held)),
        "treats_somebody": float(treating.mean()),
        "interval_holds_truth_of_these": float(np.mean(np.array(held)[treating])),
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


def told(found: Any) -> Any:
    """A result, printed as soon as it is known."""
    print(json.dumps(found), flush=True)
    return found


def main() -> None:
    """Run all parts and write result.json."""
    ways = [(slope, way) for way in ("all others", "earlier") for slope in (0.0, 0.15)]
    found = {
        "runs": RUNS,
        "policy": [told(policies(n, PLANTED, RUNS)) for n in (2000, 4000, 6000, 10_000)],
        "other_policies": {name: told(policies(*at, RUNS)) for name, at in SCENES.items()},
        "rate": [told(ranked(slope, RUNS, way)) for slope, way in ways],
        "budget_curve": told(budgets(RUNS)),
    }
    (HERE / "result.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
