"""Later days: whether a choice made on other people also holds for days to come.

Folds by person have all days on both sides. What a model learns about the days themselves helps it
there, and not in the future. So a choice is looked at again on later days.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.special import expit

from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.objectives import tweedie_loss

# Losses float64[k, m] of amounts or labels float64[m] and k raw scores for each, float64[k, m].
Losses: TypeAlias = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
_NEWTON_STEPS = 12
_LONGEST_STEP = 2.0
_FEWEST_ROWS = 10
_SMALLEST_TOTAL = 1e-12


def turned(inner: Folds, day: np.ndarray) -> Folds:
    """Folds that hold out people and later days together; none with a single day.

    Each learns from its people on the first half of the days, and holds out its other people on the
    later days. inner: folds by person. day: snapshot of each row as a code, int64[n].

    >>> inner = [(np.array([0, 1]), np.array([2, 3]))]
    >>> [[rows.tolist() for rows in fold] for fold in turned(inner, np.array([0, 1, 0, 1]))]
    [[[0], [3]]]
    """
    days, place = np.unique(day, return_inverse=True)
    early = place < -(-len(days) // 2)
    both = ((learn[early[learn]], held_out[~early[held_out]]) for learn, held_out in inner)
    return [fold for fold in both if len(fold[0]) and len(fold[1])]


def nearest(
    losses: np.ndarray,
    options: np.ndarray,
    wanted: float,
    weight: np.ndarray | None = None,
    errors: float = 1.0,
) -> float:
    """Of k options the nearest to `wanted` within some standard errors of the least mean loss.

    The rule of one standard error is that of L. Breiman and others, 1984, Classification and
    regression trees. losses: float64[k, m], the loss of each row under each option. weight: how
    often a row counts, float64[m]. errors: how many standard errors. Without rows it is `wanted`.

    >>> nearest(np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([0.0, 0.5]), wanted=0.5)
    0.0
    """
    if not losses.shape[1]:
        return wanted
    worse = losses - losses[np.average(losses, axis=1, weights=weight).argmin()]
    mean = np.average(worse, axis=1, weights=weight)
    spread = np.sqrt(np.average((worse - mean[:, None]) ** 2, axis=1, weights=weight))
    rows = losses.shape[1] if weight is None else weight.sum()
    close = mean <= errors * spread / np.sqrt(rows)
    return float(min(options[close], key=lambda option: abs(option - wanted)))


def level_free(
    losses: Losses, y: np.ndarray, score: np.ndarray, day: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Losses float64[k, m'] after each day's scores were brought to the level of its labels.

    The level of a day to come is not what the options differ in. y float64[m], score float64[k, m],
    day int64[m], weight float64[m] or None. Days with fewer than ten rows, or with one label only,
    are left out; the second result holds the positions that are left, int64[m'].

    >>> y = np.array([0.0, 1.0] * 10)
    >>> score = np.array([y * 2 - 1, y * 2 + 4])
    >>> at_level, rows = level_free(log_losses, y, score, np.zeros(20, int), None)
    >>> bool(np.allclose(at_level[0], at_level[1])), len(rows)
    (True, 20)
    """
    counts = np.ones(len(y)) if weight is None else weight
    parts = [np.zeros((len(score), 0))]
    places = [np.zeros(0, np.int64)]
    for code in np.unique(day):
        rows = np.flatnonzero(day == code)
        if len(rows) >= _FEWEST_ROWS and y[rows].min() < y[rows].max():
            parts.append(losses(y[rows], score[:, rows], counts[rows]))
            places.append(rows)
    return np.hstack(parts), np.concatenate(places)


def log_losses(y: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Log losses of log-odds moved so that the expected number of ones is that of y."""
    shift = np.zeros((len(score), 1))
    for _ in range(_NEWTON_STEPS):
        p = expit(score + shift)
        off = (weight * (p - y)).sum(axis=1, keepdims=True)
        bend = (weight * p * (1 - p)).sum(axis=1, keepdims=True)
        step = off / np.maximum(bend, _SMALLEST_TOTAL)
        shift -= np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
    moved = score + shift
    return np.asarray(np.logaddexp(0, moved) - y * moved)


def deviances(power: float) -> Losses:
    """Tweedie deviances of log amounts moved so that their amounts add up to the total of y."""

    def losses(y: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The deviance of each row for several scores at once."""
        total = max((weight * y).sum(), _SMALLEST_TOTAL)
        expected = (weight * np.exp(score)).sum(axis=1, keepdims=True)
        return np.asarray(tweedie_loss(y, score + np.log(total / expected), power))

    return losses
