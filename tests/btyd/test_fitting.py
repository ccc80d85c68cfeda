"""The search for the largest likelihood, and optima that do not exist."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.btyd import (
    MODELS,
)
from churnlab.btyd.fitting import dot, maximise, spread


def test_no_dropout_runs_to_the_edge_and_says_so() -> None:
    rng = np.random.default_rng(3)
    x = rng.poisson(rng.gamma(2, 1, 4000))
    t = np.where(x > 0, rng.random(4000) ** (1 / np.maximum(x, 1)) * 10, 0)
    for kind in MODELS.values():
        found = kind.fit(x, t, np.full(4000, 10.0))
        assert not found.converged and "ridge of 0.001" in found.note
        assert found.expected(x, t, 10.0, 10.0).mean() == pytest.approx(2, rel=0.1)
        assert kind.fit(x, t, np.full(4000, 10.0), ridge=0.01).converged


def test_the_best_of_all_starts_wins() -> None:
    def two_hills(v: np.ndarray) -> tuple[float, np.ndarray]:
        u = np.log(v)
        low, high = np.exp(-((u + 2) ** 2)), 2 * np.exp(-((u - 2) ** 2))
        return float((low + high)[0]), (-2 * (u + 2) * low - 2 * (u - 2) * high) / v

    found = maximise(two_hills, two_hills, [[np.exp(-2.1)], [np.exp(1.5)]])
    assert found.converged and found.note == ""
    assert found.params == pytest.approx(np.exp(2), rel=1e-4)
    assert found.mean == pytest.approx(2, rel=1e-6)


def test_a_likelihood_that_only_rises_is_held_by_a_ridge() -> None:
    def rising(v: np.ndarray) -> tuple[float, np.ndarray]:
        return float(1e-4 * np.log(v[0])), 1e-4 / v

    found = maximise(rising, rising, [[1.0]])
    assert not found.converged and "held by a ridge of 0.001" in found.note
    assert found.params == pytest.approx(np.exp(0.05), rel=1e-4)
    least = maximise(
        lambda v: (-v[0], -np.ones(1)), lambda v: (-v[0], -np.ones(1)), [[3.0]], 0.1, [2.0]
    )
    assert not least.converged and least.params == pytest.approx(2)


def test_places_are_spread_over_all_rows() -> None:
    assert spread(3, 10).tolist() == [0, 1, 2]
    assert spread(10**6, 5).tolist() == [0, 249999, 499999, 749999, 999999]
    one = np.random.default_rng(0).random(1000)
    assert dot(one, one) == pytest.approx(float(one @ one))
