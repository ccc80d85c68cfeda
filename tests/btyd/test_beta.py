"""BG/NBD and MBG/NBD: the sum over dropout, and people who never came back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta as beta_of
from support.lifetimes import TRUE

from churnlab.btyd import (
    beta,
)


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


def test_who_never_came_back_is_alive_for_bg_and_not_surely_for_mbg() -> None:
    assert TRUE["bg_nbd"].alive(0, 0, [1, 100, 5000]).tolist() == [1, 1, 1]
    alive = TRUE["mbg_nbd"].alive(0, 0, [1, 100, 5000])
    assert (alive < 1).all() and (np.diff(alive) < 0).all()
