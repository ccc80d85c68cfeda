"""Profit against slow oracles written from the definitions, against Neslin's formula, and against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.evaluation import metrics, profit

rng = np.random.default_rng(3)
Y = (rng.random(300) < 0.25).astype(float)
P = np.round(np.clip(0.25 * Y + 0.75 * rng.random(300), 0, 1), 2)
W = rng.integers(0, 4, 300).astype(float)
GRID = (np.arange(4000) + 0.5) / 4000


def payoff(
    gamma: float, left: int, stayed: int, value: float, incentive: float, contact: float
) -> float:
    """Each contacted person one by one: a churner who takes the offer, one who does not, and a stayer."""
    return left * (gamma * (value - incentive - contact) + (1 - gamma) * -contact) + stayed * (
        -incentive - contact
    )


def best_cutoff(
    gamma: float, y: np.ndarray, p: np.ndarray, money: tuple[float, float, float]
) -> tuple[float, float]:
    """Profit and share of the best of all cutoffs, tried one by one."""
    tried = [(0.0, 0.0)]
    for cutoff in np.unique(p):
        taken = y[p >= cutoff]
        tried.append(
            (
                payoff(gamma, int(taken.sum()), int((1 - taken).sum()), *money) / len(y),
                len(taken) / len(y),
            )
        )
    return max(tried, key=lambda pair: (pair[0], -pair[1]))


def slow_empc(
    y: np.ndarray, p: np.ndarray, alpha: float, beta: float, money: tuple[float, float, float]
) -> tuple[float, float]:
    """The mean of the best cutoff over a fine grid of chances of taking the offer."""
    found = np.array([best_cutoff(g, y, p, money) for g in GRID])
    return tuple(np.average(found, weights=stats.beta(alpha, beta).pdf(GRID), axis=0))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("alpha", "beta", "money"),
    [(6, 14, (200, 10, 1)), (2, 3, (50, 8, 2)), (6, 14, (200, 0, 0)), (1, 1, (15, 10, 0.5))],
)
def test_the_expected_maximum_profit_is_the_mean_of_the_best_cutoffs(
    alpha: float, beta: float, money: tuple[float, float, float]
) -> None:
    y, p = Y[:60], P[:60]
    value, incentive, contact = money
    found = profit.expected_maximum_profit(
        y, p, alpha=alpha, beta=beta, value=value, incentive=incentive, contact=contact
    )
    wanted = slow_empc(y, p, alpha, beta, money)
    assert found.profit == pytest.approx(wanted[0], rel=2e-3, abs=2e-4)
    assert found.share == pytest.approx(wanted[1], rel=5e-3, abs=2e-3)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4)), min_size=1, max_size=12))
def test_it_is_that_for_every_small_ranking_with_ties(rows: list[tuple[int, int]]) -> None:
    y, p = np.array(rows, float).T
    found = profit.expected_maximum_profit(y, p)
    wanted = integrate.quad(
        lambda g: best_cutoff(g, y, p, (200, 10, 1))[0] * stats.beta(6, 14).pdf(g), 0, 1, limit=200
    )[0]
    assert found.profit == pytest.approx(wanted, rel=1e-3, abs=1e-3)
    assert profit.maximum_profit(y, p, gamma=0.4) == pytest.approx(
        best_cutoff(0.4, y, p, (200, 10, 1))
    )


def test_a_perfect_and_a_blind_ranking_have_closed_forms() -> None:
    """Written out from the paper's integral for curves of one and two segments, with scipy's beta in place of incomplete integrals."""
    rate, taken = Y.mean(), stats.beta(6, 14)
    perfect = taken.expect(lambda g: 190 * g - 1, lb=1 / 190, ub=1) * rate
    assert profit.empc(Y, Y) == pytest.approx(perfect, rel=1e-6)
    least = (1 + 11 * (1 - rate) / rate) / 190
    blind = taken.expect(lambda g: rate * (190 * g - 1) - (1 - rate) * 11, lb=least, ub=1)
    found = profit.expected_maximum_profit(Y, np.zeros(300))
    assert found == pytest.approx((blind, taken.sf(least)), rel=1e-6)


@pytest.mark.parametrize("top", [0.05, 0.1, 0.3, 1.0])
def test_the_profit_of_a_cutoff_is_neslins_formula_of_the_lift(top: float) -> None:
    """S. Neslin and others (2006), equation 1 without fixed cost: N a {[g V + d (1 - g)] b0 lift - d - f}."""
    p = rng.permutation(1000) / 1000
    y = (rng.random(1000) < p).astype(float)
    gamma, value, incentive, contact = 0.3, 200.0, 10.0, 1.0
    neslin = top * (
        (gamma * value + incentive * (1 - gamma)) * y.mean() * metrics.lift(y, p, top=top)
        - incentive
        - contact
    )
    taken = p >= np.sort(p)[::-1][round(top * 1000) - 1]
    assert profit.contact_profit(y[taken]).sum() / 1000 == pytest.approx(neslin)
    assert profit.maximum_profit(y, p).profit >= neslin - 1e-9


def test_a_weight_of_two_is_a_row_twice_and_row_order_does_not_matter() -> None:
    again, turned = np.repeat(np.arange(300), W.astype(int)), rng.permutation(300)
    for found in (profit.expected_maximum_profit, profit.maximum_profit):
        assert found(Y, P, W) == pytest.approx(found(Y[again], P[again]))
        assert found(Y[turned], P[turned]) == pytest.approx(found(Y, P))
        assert found(Y, P) == pytest.approx(found(Y, np.exp(P)))


def test_nobody_leaving_is_worth_nothing_and_everybody_leaving_the_mean() -> None:
    assert profit.expected_maximum_profit(np.zeros(9), P[:9]) == (0, 0)
    assert profit.maximum_profit(np.zeros(9), P[:9]) == (0, 0)
    everybody = profit.expected_maximum_profit(np.ones(9), P[:9])
    assert everybody == pytest.approx((190 * 0.3 - 1, 1), abs=1e-3)


def test_a_better_ranking_is_worth_more() -> None:
    assert profit.empc(Y, Y) > profit.empc(Y, P) > profit.empc(Y, 1 - P)


def test_a_chance_of_taking_that_is_nearly_certain_is_the_deterministic_profit() -> None:
    sharp = profit.expected_maximum_profit(Y, P, alpha=30_000, beta=70_000)
    assert sharp.profit == pytest.approx(profit.maximum_profit(Y, P, gamma=0.3).profit, rel=1e-3)


def test_the_curve_contacts_whom_it_pays_to_contact_and_no_other() -> None:
    value = rng.lognormal(4, 1, 300)
    curve = profit.profit_curve(Y, P, value, gamma=0.4)
    own = np.array(
        [
            p * payoff(0.4, 1, 0, v, 10, 1) + (1 - p) * payoff(0.4, 0, 1, v, 10, 1)
            for p, v in zip(P, value, strict=True)
        ]
    )
    assert profit.contact_profit(P, value, gamma=0.4) == pytest.approx(own)
    assert curve.best["contacted"] == (own > 0).sum() and curve.best["expected"] == pytest.approx(
        own[own > 0].sum()
    )
    assert curve.best["cutoff"] == pytest.approx(own[own > 0].min())
    seen = [
        payoff(0.4, int(y), int(1 - y), v, 10, 1)
        for y, v in zip(Y[own > 0], value[own > 0], strict=True)
    ]
    assert curve.best["realised"] == pytest.approx(sum(seen))
    assert curve.hindsight is not None and curve.hindsight["realised"] >= curve.best["realised"]
    assert curve.table["share"].iloc[[0, -1]].tolist() == [0, 1] and "<table" in curve._repr_html_()


def test_value_a_person_changes_who_comes_first() -> None:
    p, value = np.array([0.9, 0.5]), np.array([15.0, 2000.0])
    assert profit.profit_curve(None, p, value).best["contacted"] == 1
    assert (
        profit.contact_profit(p, value).argmax() == 1
        and profit.profit_curve(None, p, value).hindsight is None
    )


def test_one_customer_who_is_most_of_the_value_is_said() -> None:
    value = np.r_[100_000.0, np.full(299, 200.0)]
    warnings = profit.profit_curve(Y, np.full(300, 0.5), value).warnings
    assert "one person is" in str(warnings[0])
    assert profit.profit_curve(Y, np.full(300, 0.5)).warnings == ()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: profit.expected_maximum_profit(Y, P, value=10),
            ConfigError,
            "value is 10; give an amount above the incentive of 10",
        ),
        (lambda: profit.expected_maximum_profit(Y, P, alpha=0), ConfigError, "alpha is 0"),
        (lambda: profit.maximum_profit(Y, P, gamma=1.1), ConfigError, "gamma is 1.1"),
        (lambda: profit.contact_profit(P, contact=-1), ConfigError, "contact is -1"),
        (lambda: profit.empc(Y, P[:5]), FrameError, "5 for 300 labels"),
        (lambda: profit.empc(Y, P * np.nan), FrameError, "300 of them null"),
        (lambda: profit.profit_curve(Y, P, np.ones(3)), FrameError, "'value': 3 for 300"),
        (lambda: profit.empc(Y[:0], P[:0]), HistoryError, "no row"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    call, error: type[Exception], says: str
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error, match=says):
        call()
