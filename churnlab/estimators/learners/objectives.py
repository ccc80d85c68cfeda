"""What the value models minimise, as losses and derivatives in a raw score; numpy alone.

Amounts y are in any one unit, at least zero. A raw score is what trees add up: log money, or, for the zero-inflated
lognormal, three columns a row (log-odds to pay, mean of log money, log of its deviation).
"""

from __future__ import annotations

import numpy as np

_WIDEST = 1.0
_NARROWEST = -2.5


def tweedie_loss(y: np.ndarray, raw: np.ndarray, power: float) -> np.ndarray:
    """The part of half the Tweedie deviance that depends on the score log(mean), float64[n]; lower is better.

    `power` is in [1, 2): 1 is Poisson, between 1 and 2 a sum of a Poisson number of gamma amounts (B. Jorgensen, 1987,
    Exponential dispersion models).

    >>> tweedie_loss(np.array([0.0, 2.0]), np.log([1.0, 2.0]), 1.5).round(3).tolist()
    [2.0, 5.657]
    """
    if power == 1:
        return np.asarray(np.exp(raw) - y * raw)
    return np.asarray(
        np.exp((2 - power) * raw) / (2 - power) - y * np.exp((1 - power) * raw) / (1 - power)
    )


def tweedie_gradient(y: np.ndarray, raw: np.ndarray, power: float) -> np.ndarray:
    """The slope of `tweedie_loss` in the score, float64[n]: zero where exp(score) is y.

    >>> tweedie_gradient(np.array([0.0, 4.0]), np.log([1.0, 1.0]), 1.5).round(3).tolist()
    [1.0, -3.0]
    """
    return np.asarray(np.exp((2 - power) * raw) - y * np.exp((1 - power) * raw))


def ziln_loss(y: np.ndarray, raw: np.ndarray) -> np.ndarray:
    """Minus the log likelihood of the zero-inflated lognormal, float64[n], for scores float64[n, 3]; lower is better.

    A person pays with probability expit(raw 0), and then log y is normal with mean raw 1 and deviation exp(raw 2). (X. Wang, T. Liu and
    J. Miao, 2019, A deep probabilistic model for customer lifetime value prediction, with the log of the deviation as the third
    score in the place of softplus.) The scores of the deviation count within [-2.5, 1], so that one amount cannot run away.

    >>> ziln_loss(np.array([0.0, 1.0]), np.zeros((2, 3))).round(3).tolist()
    [0.693, 1.612]
    """
    paid, z, wide = _ziln(y, raw)
    amount = np.where(
        paid, np.log(np.where(paid, y, 1.0)) + wide + 0.5 * np.log(2 * np.pi) + z**2 / 2, 0.0
    )
    return np.asarray(np.logaddexp(0, raw[:, 0]) - paid * raw[:, 0] + amount)


def ziln_gradients(y: np.ndarray, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First derivatives of `ziln_loss`, float64[n, 3], and the positive curvatures that trees divide by.

    The curvatures are the expected ones (Fisher information), which are positive everywhere; the true ones are not.

    >>> ziln_gradients(np.array([0.0, np.e]), np.zeros((2, 3)))[0].tolist()
    [[0.5, -0.0, 0.0], [-0.5, -1.0, 0.0]]
    """
    paid, z, wide = _ziln(y, raw)
    pays = 1 / (1 + np.exp(-np.clip(raw[:, 0], -40, 40)))
    inside = (raw[:, 2] > _NARROWEST) & (raw[:, 2] < _WIDEST)
    first = np.column_stack([pays - paid, -z / np.exp(wide), paid * inside * (1 - z**2)])
    second = np.column_stack([pays * (1 - pays), paid / np.exp(2 * wide), 2.0 * paid])
    return first, np.maximum(second, 1e-6)


def ziln_start(y: np.ndarray) -> np.ndarray:
    """The three scores that fit all of y best, float64[3], where the trees begin.

    >>> ziln_start(np.array([0.0, 0.0, 1.0, np.e**2])).tolist()
    [0.0, 1.0, 0.0]
    """
    logs = np.log(y[y > 0])
    share = np.clip((y > 0).mean(), 1e-3, 1 - 1e-3)
    return np.array(
        [
            np.log(share / (1 - share)),
            logs.mean(),
            np.clip(np.log(max(logs.std(), 1e-6)), _NARROWEST, _WIDEST),
        ]
    )


def ziln_mean(raw: np.ndarray) -> np.ndarray:
    """Log of the expected amount, float64[n]: log p + mean + variance / 2 of the log.

    >>> ziln_mean(np.array([[0.0, 1.0, 0.0]])).round(4).tolist()
    [0.8069]
    """
    wide = np.clip(raw[:, 2], _NARROWEST, _WIDEST)
    return np.asarray(-np.logaddexp(0, -raw[:, 0]) + raw[:, 1] + np.exp(2 * wide) / 2)


def _ziln(y: np.ndarray, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who paid, the standardised log amounts (0 where nothing was paid), the bounded log deviations."""
    paid, wide = y > 0, np.clip(raw[:, 2], _NARROWEST, _WIDEST)
    z = np.where(paid, (np.log(np.where(paid, y, 1.0)) - raw[:, 1]) / np.exp(wide), 0.0)
    return paid, z, wide
