"""All models against published values, direct integration, simulation and their own limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import hyp2f1
from support.lifetimes import HISTORIES, TRUE, posterior, simulate

from churnlab.btyd import (
    BGNBD,
    MBGNBD,
    MODELS,
    GammaGamma,
    ParetoNBD,
    beta,
    pareto,
)
from churnlab.btyd.histories import History


def test_the_published_parameters_come_out(cdnow: pd.DataFrame) -> None:
    """Fader, Hardie and Lee 2005 (BG/NBD, Pareto/NBD); M. Platzer, the R package BTYDplus (MBG/NBD); Fader and Hardie 2013 (Gamma-Gamma)."""
    assert len(cdnow) == 2357
    columns = cdnow["repeats"], cdnow["last"], cdnow["age"]
    bg, mbg, pnbd = BGNBD.fit(*columns), MBGNBD.fit(*columns), ParetoNBD.fit(*columns)
    assert (bg.r, bg.alpha, bg.a, bg.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=6e-4)
    assert (mbg.r, mbg.alpha, mbg.a, mbg.b) == pytest.approx((0.525, 6.183, 0.891, 1.614), abs=6e-4)
    assert (pnbd.r, pnbd.alpha, pnbd.s, pnbd.beta) == pytest.approx(
        (0.553, 10.578, 0.606, 11.669), abs=6e-4
    )
    assert (bg.log_likelihood, pnbd.log_likelihood) == pytest.approx((-9582.4, -9595.0), abs=0.05)
    assert all(m.converged and m.note == "" and m.people == 2357 for m in (bg, mbg, pnbd))
    spend = GammaGamma.fit(cdnow["repeats"], cdnow["value"])
    assert (spend.p, spend.q, spend.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=6e-3)
    assert spend.people == 946 and spend.converged


def test_published_expectations_of_one_customer() -> None:
    """Fader, Hardie and Lee 2005 (x = 2), and the walkthrough of the R package BTYD (x = 26)."""
    bg, pnbd = BGNBD(0.2426, 4.4136, 0.7929, 2.4259), ParetoNBD(0.5533, 10.5776, 0.6062, 11.6671)
    assert BGNBD(0.243, 4.414, 0.793, 2.426).expected(2, 30.43, 38.86, 39) == pytest.approx(
        1.226, abs=5e-4
    )
    assert bg.expected(26, 30.86, 31, 52) == pytest.approx(25.76, abs=5e-3) and bg.alive(
        26, 30.86, 31
    ) == pytest.approx(0.9689, abs=5e-5)
    assert pnbd.expected(26, 30.86, 31, 52) == pytest.approx(25.46, abs=5e-3) and pnbd.alive(
        26, 30.86, 31
    ) == pytest.approx(0.9979, abs=5e-5)


def test_the_unit_of_time_and_repeated_rows_change_nothing(cdnow: pd.DataFrame) -> None:
    some = cdnow.iloc[:600]
    for kind in MODELS.values():
        weeks, days = (
            kind.fit(some["repeats"], some["last"], some["age"]),
            kind.fit(some["repeats"], some["last"] * 7, some["age"] * 7),
        )
        assert days.alpha == pytest.approx(weeks.alpha * 7, rel=1e-3) and days.r == pytest.approx(
            weeks.r, rel=1e-3
        )
        density = weeks.log_density(some["repeats"], some["last"], some["age"]).sum()
        assert density == pytest.approx(weeks.log_likelihood, rel=1e-9)
        thrice = kind.fit(*(np.repeat(some[c].to_numpy(), 3) for c in ("repeats", "last", "age")))
        thirds = kind.fit(some["repeats"], some["last"], some["age"], np.full(600, 3.0))
        assert (
            thrice.log_likelihood
            == pytest.approx(thirds.log_likelihood)
            == pytest.approx(3 * weeks.log_likelihood)
        )


@pytest.mark.parametrize("kind", sorted(MODELS))
@pytest.mark.parametrize("history", HISTORIES)
def test_likelihood_and_chances_equal_direct_integration(
    kind: str, history: tuple[float, float, float]
) -> None:
    model, h = TRUE[kind], 12.0

    def quiet(rate: np.ndarray, other: np.ndarray) -> np.ndarray:
        if kind != "pareto_nbd":
            return np.exp(-rate * h)
        return (other + rate * np.exp(-(rate + other) * h)) / (rate + other)

    total = posterior(model, history, lambda rate, other: (1.0, 1.0))
    assert np.exp(model.log_density(*history)[0]) == pytest.approx(total, rel=1e-7)
    assert model.alive(*history)[0] == pytest.approx(
        posterior(model, history, lambda rate, other: (1.0, 0.0)) / total, rel=1e-7
    )
    assert model.none(*history, h)[0] == pytest.approx(
        posterior(model, history, lambda rate, other: (quiet(rate, other), 1.0)) / total, rel=1e-7
    )


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("a", [0.4, 0.9, 1.7])
def test_expectations_equal_the_papers_formulas(
    history: tuple[float, float, float], a: float
) -> None:
    x, t, T = history
    r, alpha, b, h = 0.6, 5.0, 2.5, 20.0
    for model, k in ((BGNBD(r, alpha, a, b), x), (MBGNBD(r, alpha, a, b), x + 1)):
        gauss = hyp2f1(r + x, b + k, a + b + k - 1, h / (alpha + T + h))
        ratio = a / (b + k - 1) * ((alpha + T) / (alpha + t)) ** (r + x) if k else 0.0
        wanted = (
            (a + b + k - 1)
            / (a - 1)
            * (1 - ((alpha + T) / (alpha + T + h)) ** (r + x) * gauss)
            / (1 + ratio)
        )
        assert model.expected(*history, h)[0] == pytest.approx(wanted, rel=1e-7)
    s, other = a, 9.0
    model = ParetoNBD(r, alpha, s, other)
    wanted = (
        (r + x)
        * (other + T)
        / ((alpha + T) * (s - 1))
        * (1 - ((other + T) / (other + T + h)) ** (s - 1))
        * model.alive(*history)
    )
    assert model.expected(*history, h) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_expectations_equal_simulation(kind: str) -> None:
    model, age, h = TRUE[kind], 20.0, 15.0
    x, t, later, alive = simulate(model, 300_000, age, h)
    wanted = {"expected": later, "none": later == 0, "alive": alive}
    found = {
        "expected": model.expected(x, t, age, h),
        "none": model.none(x, t, age, h),
        "alive": model.alive(x, t, age),
    }
    group = np.minimum(x, 6) * 4 + np.floor(t / 5.01)
    for name in wanted:
        table = (
            pd.DataFrame({"d": wanted[name] - found[name]})
            .groupby(group)["d"]
            .agg(["mean", "sem", "size"])
        )
        table = table[table["size"] > 300]
        assert len(table) > 10 and (table["mean"].abs() <= 4 * table["sem"] + 1e-9).all(), name


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_parameters_are_recovered_from_simulated_people(kind: str) -> None:
    truth = TRUE[kind]
    x, t, _, _ = simulate(truth, 40_000, 40.0, 0.0, seed=1)
    found = MODELS[kind].fit(x, t, np.full(len(x), 40.0))
    assert (
        found.converged
        and found.r == pytest.approx(truth.r, rel=0.06)
        and found.alpha == pytest.approx(truth.alpha, rel=0.06)
    )
    assert found.log_likelihood >= truth.log_density(x, t, 40.0).sum()
    assert found.expected(x, t, 40.0, 20).mean() == pytest.approx(
        truth.expected(x, t, 40.0, 20).mean(), rel=0.03
    )


@pytest.mark.parametrize("kind", sorted(MODELS))
@settings(max_examples=25)
@given(theta=st.lists(st.floats(-3, 3), min_size=4, max_size=4))
def test_gradients_equal_differences(kind: str, theta: list[float]) -> None:
    history = History.of(
        [0, 1, 2, 7, 40, 300],
        [0, 2.0, 30, 20, 31, 400],
        [30, 38.0, 38, 25, 31, 500],
        [5, 2, 1, 1, 1, 1],
    )
    objective = (
        pareto._objective(history)
        if kind == "pareto_nbd"
        else beta._objective(history, MODELS[kind].first)
    )
    params = np.exp(theta)
    wanted = approx_fprime(params, lambda v: objective(v)[0], params * 1e-7)
    assert objective(params)[1] * params == pytest.approx(
        wanted * params, rel=2e-4, abs=2e-5 * abs(objective(params)[0])
    )


@pytest.mark.parametrize("kind", sorted(MODELS))
@settings(max_examples=60)
@given(
    theta=st.lists(st.floats(-9, 9), min_size=4, max_size=4),
    repeats=st.integers(0, 5000),
    share=st.floats(0, 1),
    age=st.floats(1, 5000),
    horizon=st.floats(0.1, 1000),
)
def test_nothing_is_lost_at_any_size(
    kind: str, theta: list[float], repeats: int, share: float, age: float, horizon: float
) -> None:
    model = MODELS[kind](*(float(v) for v in np.exp(theta)))
    history = (repeats, share * age, age)
    alive, none, expected = (
        model.alive(*history)[0],
        model.none(*history, horizon)[0],
        model.expected(*history, horizon)[0],
    )
    assert np.isfinite([alive, none, expected, model.log_density(*history)[0]]).all()
    assert 0 <= alive <= 1 and -1e-9 <= none <= 1 + 1e-9 and expected >= 0
    assert 1 - none <= expected * (1 + 1e-6) + 1e-12 and 1 - none <= alive * (1 + 1e-6) + 1e-12
    rate = (model.r + repeats) / (model.alpha + age)
    assert expected <= alive * rate * horizon * (1 + 1e-6)
    soon = 1e-6 * (model.alpha + age) / (model.r + repeats + 1)
    if isinstance(model, ParetoNBD):  # people leave between transactions too
        soon = min(soon, 1e-6 * (model.beta + age) / model.s)
    assert model.expected(*history, soon)[0] == pytest.approx(alive * rate * soon, rel=1e-5, abs=0)
    assert model.none(*history, 2 * horizon)[0] <= none + 1e-7 and model.expected(
        *history, 2 * horizon
    )[0] >= expected * (1 - 1e-6)


def test_the_outlook_is_what_the_single_questions_say() -> None:
    x, t, T = (np.array(c) for c in zip(*HISTORIES, strict=True))
    for model in TRUE.values():
        alive, soon, none_soon, later, none_later = model.outlook(x, t, T, [5, 50])
        assert alive.tolist() == model.alive(x, t, T).tolist()
        assert soon.tolist() == model.expected(x, t, T, 5).tolist()
        assert none_later.tolist() == model.none(x, t, T, 50).tolist()
        assert (soon < later).all() and (none_later < none_soon).all()
