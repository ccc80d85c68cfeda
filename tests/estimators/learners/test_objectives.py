"""Losses of the value models: against numeric slopes and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import bernoulli, lognorm
from support.made_models import known_shop

from churnlab.estimators.learners import objectives

X, Y, TRUTH = known_shop()


@pytest.mark.parametrize("y", [0.0, 0.3, 2.0, 40.0])
def test_slopes_are_those_of_the_losses(y: float) -> None:
    rng = np.random.default_rng(1)
    for raw in rng.normal(size=(20, 3)) * [2, 2, 0.5]:
        numeric = approx_fprime(raw, lambda r: objectives.ziln_loss(np.array([y]), r[None])[0])
        np.testing.assert_allclose(
            objectives.ziln_gradients(np.array([y]), raw[None])[0][0], numeric, rtol=2e-4, atol=2e-5
        )
        for power in (1, 1.3, 1.5, 1.9):
            numeric = approx_fprime(
                raw[:1], lambda r, p=power: objectives.tweedie_loss(np.array([y]), r, p)[0]
            )
            np.testing.assert_allclose(
                objectives.tweedie_gradient(np.array([y]), raw[:1], power),
                numeric,
                rtol=2e-4,
                atol=2e-5,
            )


def test_the_zero_inflated_lognormal_is_the_one_of_scipy() -> None:
    raw = np.array([[0.3, 1.2, -0.4]] * 2)
    pays, mean, wide = 1 / (1 + np.exp(-0.3)), 1.2, np.exp(-0.4)
    wanted = [
        -bernoulli.logpmf(0, pays),
        -bernoulli.logpmf(1, pays) - lognorm.logpdf(5.0, wide, scale=np.exp(mean)),
    ]
    np.testing.assert_allclose(objectives.ziln_loss(np.array([0.0, 5.0]), raw), wanted)
    np.testing.assert_allclose(
        np.exp(objectives.ziln_mean(raw[:1])), pays * lognorm.mean(wide, scale=np.exp(mean))
    )


def test_curvatures_are_the_expected_ones() -> None:
    rng = np.random.default_rng(2)
    raw = np.tile([0.4, 1.0, -0.3], (200_000, 1))
    y = np.where(
        rng.random(len(raw)) < 1 / (1 + np.exp(-0.4)),
        np.exp(1 + np.exp(-0.3) * rng.normal(size=len(raw))),
        0,
    )
    first, second = objectives.ziln_gradients(y, raw)
    np.testing.assert_allclose((first**2).mean(axis=0), second.mean(axis=0), rtol=0.03)
    assert objectives.ziln_gradients(y[:1], np.array([[0, 0, 9.0]]))[0][0, 2] == 0


def test_the_start_is_where_the_loss_is_least() -> None:
    start = objectives.ziln_start(Y)
    loss = objectives.ziln_loss(Y, np.tile(start, (len(Y), 1))).mean()
    for step in np.vstack([np.eye(3), -np.eye(3)]) * 0.02:
        assert objectives.ziln_loss(Y, np.tile(start + step, (len(Y), 1))).mean() > loss
