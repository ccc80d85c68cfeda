"""Q(B) against a linear program, slow plain loops and worked values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from churnlab.errors import ConfigError, TrialError
from churnlab.winback.targeting.budget import BudgetCurve, Steps
from churnlab.winback.targeting.rate import Sample

EFFECT = np.array([[30.0, 10.0], [40.0, 50.0], [10.0, 55.0]])
COST = np.array([[3.0, 6.0]] * 3)


def slow_best(effect: np.ndarray, cost: np.ndarray, budget: float) -> float:
    """The most that a budget a person brings: the linear program itself."""
    n, k = effect.shape
    once = np.kron(np.eye(n), np.ones(k))
    found = linprog(
        -effect.ravel() / n,
        A_ub=np.vstack([once, cost.ravel() / n]),
        b_ub=np.r_[np.ones(n), budget],
        method="highs",
    )
    return -float(found.fun)


def slow_gain(effect: list, cost: list, scores: list, budget: float) -> float:
    """Go up the hulls by hand: always the steepest step that is left, ties by one share."""
    n = len(effect)
    now = [(0.0, 0.0, 0.0)] * n
    money, gain = 0.0, 0.0
    while True:
        ways = []
        for i in range(n):
            e0, c0, s0 = now[i]
            own = []
            for e, c, s in zip(effect[i], cost[i], scores[i], strict=True):
                if e > e0 and c >= c0:
                    slope = float("inf") if c == c0 else (e - e0) / (c - c0)
                    own.append((slope, c - c0, e - e0, s - s0, i, (e, c, s)))
            if own:
                steepest = max(way[0] for way in own)
                near = [w for w in own if w[0] >= steepest * (1 - 1e-12)]
                ways.append(max(near, key=lambda w: (w[1], w[2])))
        if not ways:
            return gain / n
        steepest = max(way[0] for way in ways)
        group = [way for way in ways if way[0] == steepest]
        price = sum(way[1] for way in group)
        part = 1.0 if price == 0 else min(1.0, (budget * n - money) / price)
        if part <= 0:
            return gain / n
        money += part * price
        gain += part * sum(way[3] for way in group)
        if part < 1:
            return gain / n
        for way in group:
            now[way[4]] = way[5]


def test_the_worked_example_of_the_package_maq() -> None:
    # Arms cost 3 and 6. Slopes: Bob A 40/3, Alice A 30/3, Eve B 55/6, Bob from A to B 10/3.
    # A spend of 5 a person (15 in all): 3 + 3 + 6 + 3, so Alice has A, Bob B and Eve B.
    steps = Steps.of(EFFECT, COST)
    assert steps.person.tolist() == [1, 0, 2, 1]
    assert steps.slope.tolist() == pytest.approx([40 / 3, 10, 55 / 6, 10 / 3])
    assert steps.at(5.0, 3).argmax(axis=1).tolist() == [1, 2, 2]
    curve = BudgetCurve.of(EFFECT, COST, EFFECT, budgets=[0, 1, 3, 5, 9])
    # 1 a person pays Bob's A: 40; 3 a person (9 in all) Bob's and Alice's and half of Eve's.
    assert curve.table["gain"].tolist() == pytest.approx([0, 40 / 3, 97.5 / 3, 45, 45])
    assert curve.needed == 5.0


numbers = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.7, 2.0, 3.3])
prices = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])


@settings(max_examples=60)
@given(
    st.integers(1, 3).flatmap(
        lambda k: st.lists(
            st.lists(st.tuples(numbers, prices, numbers), min_size=k, max_size=k),
            min_size=1,
            max_size=12,
        )
    ),
    st.floats(0, 4),
)
def test_it_equals_the_slow_loops_and_the_linear_program(rows: list, budget: float) -> None:
    made = np.array(rows)
    effect, cost, scores = made[..., 0], made[..., 1], made[..., 2]
    found = BudgetCurve.of(effect, cost, scores, budgets=[budget], sample=Sample(draws=2))
    slow = slow_gain(effect.tolist(), cost.tolist(), scores.tolist(), budget)
    assert found.at(budget).value == pytest.approx(slow, abs=1e-9)
    own = BudgetCurve.of(effect, cost, effect, budgets=[budget], sample=Sample(draws=2))
    assert own.at(budget).value == pytest.approx(slow_best(effect, cost, budget), abs=1e-9)


@settings(max_examples=30)
@given(st.integers(0, 1000), st.floats(0, 3))
def test_a_rule_spends_the_budget_and_gives_each_one_treatment(seed: int, budget: float) -> None:
    chance = np.random.default_rng(seed)
    effect, cost = chance.normal(size=(20, 3)), chance.integers(1, 4, (20, 3)).astype(float)
    steps = Steps.of(effect, cost)
    rule = steps.at(budget, 20)
    assert rule.sum(axis=1).tolist() == pytest.approx([1] * 20)
    assert rule.min() >= -1e-12
    wide = np.column_stack([np.zeros(20), cost])
    needed = steps.cost.sum() / 20
    assert (rule * wide).sum() / 20 == pytest.approx(min(budget, needed), abs=1e-9)


def test_a_treatment_that_harms_is_never_given() -> None:
    steps = Steps.of(np.array([[-1.0, 0.0], [-2.0, -0.1]]), np.ones((2, 2)))
    assert len(steps.person) == 0
    curve = BudgetCurve.of(-np.ones((4, 1)), np.ones((4, 1)), np.ones((4, 1)))
    assert curve.needed == 0 and curve.at(9.0).value == 0
    assert Steps.of(np.zeros((0, 2)), np.zeros((0, 2))).at(1.0, 0).shape == (0, 3)


def test_a_free_treatment_is_given_at_once_and_the_best_of_them() -> None:
    effect, cost = np.array([[0.1, 0.3, 0.5]]), np.array([[0.0, 0.0, 2.0]])
    curve = BudgetCurve.of(effect, cost, effect, budgets=[0.0, 1.0])
    assert curve.table["gain"].tolist() == pytest.approx([0.3, 0.4])


def test_steps_that_do_not_pay_are_left_out() -> None:
    assert Steps.of(EFFECT, COST, least=9.5).slope.tolist() == pytest.approx([40 / 3, 10])


def test_each_fold_spends_the_budget_on_its_own_people() -> None:
    effect, cost = np.array([[9.0], [8.0], [2.0], [1.0]]), np.ones((4, 1))
    fold = np.array([0, 0, 1, 1])
    apart = BudgetCurve.of(effect, cost, effect, budgets=[0.5], sample=Sample(fold))
    together = BudgetCurve.of(effect, cost, effect, budgets=[0.5])
    assert apart.at(0.5).value == pytest.approx((9 + 2) / 4)
    assert together.at(0.5).value == pytest.approx((9 + 8) / 4)


def test_the_standard_error_is_that_of_new_samples() -> None:
    def gain(seed: int, draws: int) -> BudgetCurve:
        chance = np.random.default_rng(seed)
        effect = chance.normal(size=(300, 2))
        scores = effect + chance.normal(size=(300, 2))
        cost = np.tile([1.0, 2.0], (300, 1))
        return BudgetCurve.of(
            effect, cost, scores, budgets=[0.4], sample=Sample(draws=draws, seed=seed)
        )

    many = [gain(seed, 2).table["gain"][0] for seed in range(300)]
    error = np.mean([gain(seed, 100).table["error"][0] for seed in range(10)])
    assert error == pytest.approx(np.std(many), rel=0.15)


@pytest.mark.parametrize("budget", [-1.0, float("nan")])
def test_a_budget_below_0_is_refused(budget: float) -> None:
    curve = BudgetCurve.of(EFFECT, COST, EFFECT)
    with pytest.raises(ConfigError, match="at least 0"):
        curve.at(budget)
    with pytest.raises(ConfigError, match="at least 0"):
        BudgetCurve.of(EFFECT, COST, EFFECT, budgets=[budget])


def test_costs_that_are_missing_or_negative_are_refused() -> None:
    with pytest.raises(TrialError, match="the cost is missing or infinite for 3"):
        Steps.of(EFFECT, COST * np.nan)
    with pytest.raises(TrialError, match="'arm 2' costs -1"):
        Steps.of(EFFECT, -COST + 5)
    with pytest.raises(TrialError, match="estimated effect is missing"):
        Steps.of(EFFECT * np.nan, COST)
    with pytest.raises(TrialError, match="shape"):
        BudgetCurve.of(EFFECT, COST, EFFECT[:2])
