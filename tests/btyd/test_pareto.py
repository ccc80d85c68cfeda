"""Pareto/NBD: the integral over the time of leaving."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from churnlab.btyd import (
    pareto,
)


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
