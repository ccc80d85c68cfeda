"""The buy-till-you-die models against published values, direct integration, simulation and their own limits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import betaln, expit, hyp2f1
from scipy.stats import beta as beta_of
from scipy.stats import gamma as gamma_of

from churnlab.btyd import (
    BGNBD,
    MBGNBD,
    MODELS,
    GammaGamma,
    ParetoNBD,
    beta,

    money,
    pareto,
    statistics,
)
from churnlab.btyd.histories import History
from churnlab.demo.datasets import load_cdnow
from churnlab.errors import ConfigError, FrameError, HistoryError

SAMPLE = (
    Path(__file__).parents[1] / "data" / "cdnow_sample.txt"
)  # the ids of the sample of CDNOW that the papers use, a tenth of the cohort
END = pd.Timestamp("1997-09-30")
HISTORIES = [(0, 0.0, 30.0), (1, 2.0, 38.86), (2, 30.43, 38.86), (7, 20.0, 25.0), (26, 30.86, 31.0)]
TRUE = {
    "bg_nbd": BGNBD(0.8, 4.0, 0.9, 2.5),
    "mbg_nbd": MBGNBD(0.8, 4.0, 0.9, 2.5),
    "pareto_nbd": ParetoNBD(0.8, 4.0, 0.7, 9.0),
}


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """repeats, last, age (weeks) and mean value of repeat days of the 2,357 people of the sample, first 39 weeks."""
    ids = {f"{int(i):05d}" for i in SAMPLE.read_text(encoding="utf-8").split()}
    log = load_cdnow()
    log = (
        log[log["user_id"].isin(ids) & (log["ts"] <= END)]
        .groupby(["user_id", "ts"])["amount"]
        .sum()
        .reset_index()
    )
    days = log.groupby("user_id")["ts"].agg(["min", "max", "count"])
    again = log[log["ts"] > log["user_id"].map(days["min"])].groupby("user_id")["amount"].mean()
    return pd.DataFrame(
        {
            "repeats": days["count"] - 1,
            "last": (days["max"] - days["min"]).dt.days / 7,
            "age": (END - days["min"]).dt.days / 7,
            "value": again.reindex(days.index),
        }
    )


def simulate(
    model: object, people: int, age: float, horizon: float, seed: int = 0
) -> tuple[np.ndarray, ...]:
    """repeats and last in (0, age], transactions in (age, age + horizon], and who is alive at age; one transaction after another."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(model.r, 1 / model.alpha, people)
    gone = np.full(people, np.inf)
    if isinstance(model, ParetoNBD):
        gone = rng.exponential(1, people) / rng.gamma(model.s, 1 / model.beta, people)
    p = np.zeros(people) if isinstance(model, ParetoNBD) else rng.beta(model.a, model.b, people)
    left = (rng.random(people) < p) & isinstance(model, MBGNBD)
    gone = np.where(left, 0, gone)
    now, repeats, last, later = (
        np.zeros(people),
        np.zeros(people),
        np.zeros(people),
        np.zeros(people),
    )
    while True:
        now = now + rng.exponential(1, people) / rate
        happens = (now <= age + horizon) & (now < gone)
        if not happens.any():
            return repeats, last, later, gone > age
        repeats += happens & (now <= age)
        last = np.where(happens & (now <= age), now, last)
        later += happens & (now > age)
        gone = np.where(happens & (rng.random(people) < p), now, gone)


def posterior(
    model: object,
    history: tuple[float, float, float],
    of: Callable[..., tuple[np.ndarray | float, np.ndarray | float]],
) -> float:
    """The integral over people of lambda^x times what `of(lambda, p or mu)` gives for who is there at T and for who has gone, on a fine grid."""
    x, t, T = history
    u = np.arange(-60, 9, 0.05)
    rate = np.exp(u)[:, None]
    weight = (gamma_of.pdf(rate, model.r, scale=1 / model.alpha) * rate) * 0.05
    if isinstance(model, ParetoNBD):
        mu = np.exp(u)
        weight = weight * (gamma_of.pdf(mu, model.s, scale=1 / model.beta) * mu) * 0.05
        stays, both = np.exp(-(rate + mu) * T), rate + mu
        leaves = mu / both * (np.exp(-both * t) - stays)
        there, gone = of(rate, mu)
    else:
        k, v = x + isinstance(model, MBGNBD), np.arange(-60, 40, 0.05)
        p, q = expit(v), expit(-v)
        weight = (
            weight
            * np.exp(model.a * np.log(p) + model.b * np.log(q) - betaln(model.a, model.b))
            * 0.05
        )
        stays = q**k * np.exp(-rate * T)
        leaves = p * q ** (k - 1) * np.exp(-rate * t) if k else 0.0
        there, gone = of(rate, p)
    return float((weight * rate**x * (stays * there + leaves * gone)).sum())


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


@pytest.mark.parametrize(
    "a, b, shape, reach",
    [
        (1e-3, 0.5, 2.0, 3.0),
        (0.05, 400.0, 800.0, 0.2),
        (1.0, 1.0, 0.3, 900.0),
        (300.0, 500.0, 5.0, 1.0),
        (4.0, 0.02, 1.0, 1.0),
        (0.8, 3.0, 4000.0, 4.0),
        (8000.0, 8000.0, 50.0, 1e-4),
    ],
)
def test_the_sum_over_dropout_equals_adaptive_quadrature(
    a: float, b: float, shape: float, reach: float
) -> None:
    """The rest of the mass beside 0 or 1 is taken exactly by a substitution that makes the density flat there."""

    def gone(p: float) -> float:
        return -np.expm1(-shape * np.log1p(p * reach)) / p if p > 0 else shape * reach

    parts = beta_of.ppf(np.linspace(0, 1, 41), a, b)
    wanted = quad(
        lambda u: gone(float(beta_of.ppf(u, a, b))), 0, 1, limit=400, epsabs=0, epsrel=1e-9
    )[0]
    assert len(parts) == 41 and beta.until_gone(
        np.array([shape]), np.array([reach]), a, np.array([b])
    )[0] == pytest.approx(wanted, rel=2e-6)


@pytest.mark.parametrize(
    "n, alpha, s, other, since, until",
    [
        (0.5, 4.0, 0.7, 9.0, 0, 30),
        (2000.5, 50.0, 0.2, 3.0, 4000, 5000),
        (60.0, 900.0, 0.3, 0.01, 0.5, 4000),
        (0.1, 0.01, 3.0, 500.0, 0, 5000),
        (5.0, 1e-3, 80.0, 4000.0, 0, 100),
        (900.0, 1.0, 2.0, 1.0, 0, 5),
    ],
)
def test_the_integral_over_leaving_equals_adaptive_quadrature(
    n: float, alpha: float, s: float, other: float, since: float, until: float
) -> None:
    top = -n * np.log(alpha + since) - (s + 1) * np.log(other + since)
    edges = np.r_[since, since + (until - since) * np.geomspace(1e-9, 1, 40)]
    wanted = sum(
        quad(
            lambda u: np.exp(-n * np.log(alpha + u) - (s + 1) * np.log(other + u) - top),
            i,
            j,
            epsabs=0,
            epsrel=1e-10,
        )[0]
        for i, j in pairwise(edges)
    )
    found = pareto.gone(
        np.array([n]), alpha, s, other, np.array([float(since)]), np.array([float(until)])
    ).log_mass[0]
    assert found == pytest.approx(np.log(wanted) + top, abs=1e-6)


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
    assert 1 - none <= expected * (1 + 1e-6) + 1e-7 and 1 - none <= alive * (1 + 1e-6) + 1e-7
    assert expected <= alive * (model.r + repeats) / (model.alpha + age) * horizon * (1 + 1e-6)
    assert model.none(*history, 2 * horizon)[0] <= none + 1e-7 and model.expected(
        *history, 2 * horizon
    )[0] >= expected * (1 - 1e-6)


@settings(max_examples=25)
@given(theta=st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_gradients_of_gamma_gamma_equal_differences(theta: list[float]) -> None:
    objective = money._objective(
        np.array([1.0, 1, 4, 30]), np.array([0.1, 2, 1, 0.9]), np.array([0.1, 0.2, 0.3, 0.4])
    )
    params = np.exp(theta)
    wanted = approx_fprime(params, lambda v: objective(v)[0], params * 1e-7)
    assert objective(params)[1] * params == pytest.approx(
        wanted * params, rel=2e-4, abs=2e-5 * abs(objective(params)[0])
    )


def test_who_never_came_back_is_alive_for_bg_and_not_surely_for_mbg() -> None:
    assert TRUE["bg_nbd"].alive(0, 0, [1, 100, 5000]).tolist() == [1, 1, 1]
    alive = TRUE["mbg_nbd"].alive(0, 0, [1, 100, 5000])
    assert (alive < 1).all() and (np.diff(alive) < 0).all()


def test_no_dropout_runs_to_the_edge_and_says_so() -> None:
    rng = np.random.default_rng(3)
    x = rng.poisson(rng.gamma(2, 1, 4000))
    t = np.where(x > 0, rng.random(4000) ** (1 / np.maximum(x, 1)) * 10, 0)
    for kind in MODELS.values():
        found = kind.fit(x, t, np.full(4000, 10.0))
        assert not found.converged and "ridge of 0.001" in found.note
        assert found.expected(x, t, 10.0, 10.0).mean() == pytest.approx(2, rel=0.1)
        assert kind.fit(x, t, np.full(4000, 10.0), ridge=0.01).converged


def test_missing_rows_stay_missing_and_impossible_ones_are_refused() -> None:
    model = TRUE["mbg_nbd"]
    assert np.isnan(model.expected([1, np.nan, 1], [1, 1, np.nan], 5, 5)).tolist() == [
        False,
        True,
        True,
    ]
    assert np.isnan(model.none(np.nan, 1, 5, 5)).all() and model.alive(0, np.nan, 5)[0] < 1
    fit = MBGNBD.fit([0, 1, 2, np.nan], [0, 2, 3, 1], [9, 9, 9, 9])
    assert fit.people == 3
    for wrong in [(1, 6, 5), (-1, 0, 5), (1, -1, 5), (1, 1, np.inf)]:
        with pytest.raises(FrameError, match="1 histories cannot be"):
            model.alive(*wrong)
    with pytest.raises(FrameError, match="weights has 1 values"):
        BGNBD.fit([1, 2], [1, 1], [3, 3], [1])
    with pytest.raises(FrameError, match="last has 3 values"):
        model.alive([1, 2], [1, 1, 1], 3)
    for nobody in ([0, 0], [0, 0], [9, 9]), ([np.nan], [1], [2]), ([], [], []):
        with pytest.raises(HistoryError, match="came back"):
            ParetoNBD.fit(*nobody)
    for horizon in (-1, np.nan, np.inf):
        with pytest.raises(ConfigError, match="horizon"):
            model.none(1, 1, 2, horizon)
    assert model.expected(1, 1, 2, 0) == pytest.approx(0, abs=1e-12) and model.none(1, 1, 2, 0) == 1


def test_gamma_gamma_equals_direct_integration_and_pulls_to_the_mean() -> None:
    model = GammaGamma(6.25, 3.74, 15.44)
    for x, z in [(1, 20.0), (3, 50.0), (12, 8.0)]:

        def joint(nu: float, x: int = x, z: float = z) -> float:
            return float(
                gamma_of.pdf(z, 6.25 * x, scale=1 / (nu * x))
                * gamma_of.pdf(nu, 3.74, scale=1 / 15.44)
            )

        total = quad(joint, 0, 10)[0]
        assert np.exp(model.log_density(x, z)) == pytest.approx(total, rel=1e-7)
        mean = quad(lambda nu: joint(nu) * 6.25 / nu, 0, 10)[0] / total
        assert model.expected_value(x, z) == pytest.approx(mean, rel=1e-6)
    everybody = 6.25 * 15.44 / 2.74
    assert model.expected_value([0, 2, 2, 1], [5.0, np.nan, -3, 0]).tolist() == pytest.approx(
        [everybody] * 4
    )
    assert model.expected_value(10**6, 3.0) == pytest.approx(3.0, rel=1e-3)
    assert np.isnan(model.log_density([0, 1], [1.0, 0.0])).all()


def test_gamma_gamma_is_recovered_and_refuses_what_it_cannot_learn() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(1, 9, 20_000)
    z = rng.gamma(4 * x) / (rng.gamma(3, 1 / 20, 20_000) * x)
    found = GammaGamma.fit(x, z)
    assert (found.p, found.q, found.gamma) == pytest.approx((4, 3, 20), rel=0.12)
    assert found.log_likelihood == pytest.approx(found.log_density(x, z).sum()) and found.converged
    assert (
        0 <= found.log_likelihood - GammaGamma(4, 3, 20).log_density(x, z).sum() < 8
    )  # half a chi-square of three degrees
    scaled = GammaGamma.fit(x, z * 1000)
    assert scaled.gamma == pytest.approx(
        found.gamma * 1000, rel=1e-3
    ) and scaled.log_likelihood == pytest.approx(found.log_likelihood - 20_000 * np.log(1000))
    heavy = GammaGamma.fit(x, rng.gamma(4 * x) / (rng.gamma(0.6, 1, 20_000) * x))
    assert (
        heavy.q >= 1.05 - 1e-9
        and not heavy.converged
        and np.isfinite(heavy.expected_value(0, 0)).all()
    )
    same = GammaGamma.fit(x, np.full(20_000, 7.0))
    assert same.expected_value(3, 7.0) == pytest.approx(7, rel=0.02)
    with pytest.raises(HistoryError, match="came back"):
        GammaGamma.fit([0, 0, 1], [1, 2, -5])
    with pytest.raises(FrameError, match="mean_value has 1 values"):
        GammaGamma.fit([1, 2], [3])


def test_statistics_are_those_of_the_events() -> None:
    from churnlab import EventLog, Snapshots, build_dataset

    rng = np.random.default_rng(5)
    events = pd.DataFrame(
        {
            "user_id": rng.integers(0, 80, 700),
            "ts": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 200, 700), "D"),
            "event": "purchase",
            "amount": rng.gamma(2, 10, 700).round(2) + 0.01,
        }
    )
    events = pd.concat([events, events.sample(60, random_state=0)])  # several a day
    activity = EventLog.from_frame(
        events,
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        roles={"purchase": ["purchase"]},
        timezone="UTC",
    ).daily()
    days = [pd.Timestamp("2026-03-01"), pd.Timestamp("2026-06-10")]
    X = build_dataset(activity, Snapshots.at(activity, days, active_within=60)).X
    for what in ("acts", "orders"):
        found = statistics(X, what)
        for i, (user, t) in enumerate(X.index):
            past = events[(events["user_id"] == user) & (events["ts"] < t)]
            dates = np.sort(past["ts"].unique())
            assert found.repeats[i] == len(dates) - 1
            assert found.last[i] == (dates[-1] - dates[0]) / pd.Timedelta("1D") and found.age[
                i
            ] == (t - dates[0]) / pd.Timedelta("1D")
            if what == "orders":
                assert found.value[i] == pytest.approx(
                    past["amount"].sum() / len(dates)
                ) and found.valued[i] == len(dates)
        assert pd.Series(found.weights).groupby(
            X.index.get_level_values("user_id")
        ).sum().to_numpy() == pytest.approx(1)


def test_statistics_of_who_never_ordered_are_missing_and_lacking_columns_are_named() -> None:
    X = pd.DataFrame(
        {
            "spend__orders_sum__all": [0.0, 1, 3, 3, np.nan],
            "spend__since_first_days__all": [np.nan, 9, 9, 9, np.nan],
            "spend__since_last_days__all": [np.nan, 9, 9, 2, np.nan],
            "spend__amount_sum__all": [0.0, -5, 30, 30, np.nan],
        }
    )
    found = statistics(X, "orders")
    assert np.array_equal(found.repeats, [np.nan, 0, 0, 2, np.nan], equal_nan=True)
    assert np.array_equal(found.last, [np.nan, 0, 0, 7, np.nan], equal_nan=True)
    assert (
        np.array_equal(found.value, [np.nan, np.nan, 30, 10, np.nan], equal_nan=True)
        and found.weights.tolist() == [1] * 5
    )
    with pytest.raises(FrameError, match="spend__since_last_days__all"):
        statistics(X.drop(columns="spend__since_last_days__all"), "orders")
    with pytest.raises(FrameError, match="lacks 3 column"):
        statistics(X)
    with pytest.raises(ConfigError, match="did you mean 'orders'"):
        statistics(X, "order")
