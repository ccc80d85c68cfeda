"""Loss functions of the value models with their derivatives in the raw score; numpy alone.

Amounts y are at least zero, in any one unit. The raw score is log money; for the zero-inflated
lognormal it is three columns a row: log-odds to pay, mean of log money, log of its deviation.
"""

from __future__ import annotations

import numpy as np

_LARGEST_LOG_DEVIATION = 1.0
_SMALLEST_LOG_DEVIATION = -2.5


def tweedie_loss(y: np.ndarray, raw: np.ndarray, power: float) -> np.ndarray:
    """Half the Tweedie deviance of each row, float64[n], without terms in y alone; lower is better.

    `raw` float64[n] is the log of the expected amount. `power` is in [1, 2]: 1 is Poisson, 2 is
    gamma; between them an amount is a Poisson number of gamma amounts (B. Jorgensen, 1987,
    Exponential dispersion models).

    >>> tweedie_loss(np.array([0.0, 2.0]), np.log([1.0, 2.0]), 1.5).round(3).tolist()
    [2.0, 5.657]
    """
    if power == 1:
        return np.asarray(np.exp(raw) - y * raw)
    if power == 2:
        return np.asarray(y * np.exp(-raw) + raw)
    return np.asarray(
        np.exp((2 - power) * raw) / (2 - power) - y * np.exp((1 - power) * raw) / (1 - power)
    )


def tweedie_gradient(y: np.ndarray, raw: np.ndarray, power: float) -> np.ndarray:
    """Slope of `tweedie_loss` in the raw score, float64[n]; zero where exp(raw) is y.

    >>> tweedie_gradient(np.array([0.0, 4.0]), np.log([1.0, 1.0]), 1.5).round(3).tolist()
    [1.0, -3.0]
    """
    return np.asarray(np.exp((2 - power) * raw) - y * np.exp((1 - power) * raw))


def ziln_loss(y: np.ndarray, raw: np.ndarray) -> np.ndarray:
    """Negative log likelihood of the zero-inflated lognormal, float64[n]; lower is better.

    With scores `raw` float64[n, 3] a person pays with probability expit(raw[:, 0]); log y is then
    normal with mean raw[:, 1] and deviation exp(raw[:, 2]). Source: X. Wang, T. Liu and J. Miao,
    2019, A deep probabilistic model for customer lifetime value prediction; their softplus of the
    third score is an exponential here. The third score is clipped to [-2.5, 1], so that a single
    amount cannot dominate the loss.

    >>> ziln_loss(np.array([0.0, 1.0]), np.zeros((2, 3))).round(3).tolist()
    [0.693, 1.612]
    """
    paid, z, log_deviation = _ziln(y, raw)
    log_amount = np.log(np.where(paid, y, 1.0))
    amount = np.where(paid, log_amount + log_deviation + 0.5 * np.log(2 * np.pi) + z**2 / 2, 0.0)
    return np.asarray(np.logaddexp(0, raw[:, 0]) - paid * raw[:, 0] + amount)


def ziln_gradients(y: np.ndarray, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First derivatives of `ziln_loss` and curvatures for the trees, float64[n, 3] each.

    The curvatures are expected ones (Fisher information): these are positive everywhere, the
    second derivatives are not.

    >>> ziln_gradients(np.array([0.0, np.e]), np.zeros((2, 3)))[0].tolist()
    [[0.5, -0.0, 0.0], [-0.5, -1.0, 0.0]]
    """
    paid, z, log_deviation = _ziln(y, raw)
    pays = 1 / (1 + np.exp(-np.clip(raw[:, 0], -40, 40)))
    inside = (raw[:, 2] > _SMALLEST_LOG_DEVIATION) & (raw[:, 2] < _LARGEST_LOG_DEVIATION)
    first = np.column_stack([pays - paid, -z / np.exp(log_deviation), paid * inside * (1 - z**2)])
    second = np.column_stack([pays * (1 - pays), paid / np.exp(2 * log_deviation), 2.0 * paid])
    return first, np.maximum(second, 1e-6)


def ziln_start(y: np.ndarray, w: np.ndarray | None = None) -> np.ndarray:
    """The three constant scores with the least `ziln_loss` on y, float64[3]; the trees begin here.

    At least one amount must be above zero. w: how often each row counts, float64[n].

    >>> ziln_start(np.array([0.0, 0.0, 1.0, np.e**2])).tolist()
    [0.0, 1.0, 0.0]
    """
    logs, paid = np.log(y[y > 0]), None if w is None else w[y > 0]
    share = np.clip(np.average(y > 0, weights=w), 1e-3, 1 - 1e-3)
    mean = np.average(logs, weights=paid)
    spread = np.sqrt(np.average((logs - mean) ** 2, weights=paid))
    log_deviation = _clipped(np.log(max(spread, 1e-6)))
    return np.array([np.log(share / (1 - share)), mean, log_deviation])


def ziln_mean(raw: np.ndarray) -> np.ndarray:
    """Log of the expected amount, float64[n]: log(probability) + mean + variance / 2.

    >>> ziln_mean(np.array([[0.0, 1.0, 0.0]])).round(4).tolist()
    [0.8069]
    """
    log_deviation = _clipped(raw[:, 2])
    return np.asarray(-np.logaddexp(0, -raw[:, 0]) + raw[:, 1] + np.exp(2 * log_deviation) / 2)


def _ziln(y: np.ndarray, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who paid; standardised log amounts (0 for those who did not); clipped log deviations."""
    paid = y > 0
    log_deviation = _clipped(raw[:, 2])
    z = np.where(paid, (np.log(np.where(paid, y, 1.0)) - raw[:, 1]) / np.exp(log_deviation), 0.0)
    return paid, z, log_deviation


def _clipped(log_deviation: np.ndarray) -> np.ndarray:
    return np.clip(log_deviation, _SMALLEST_LOG_DEVIATION, _LARGEST_LOG_DEVIATION)
