"""Gamma-Gamma against direct integration, simulation and its own limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import gamma as gamma_of

from churnlab.btyd import (
    GammaGamma,
    money,
)
from churnlab.errors import FrameError, HistoryError


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
