"""Scores of additive models against numpy.interp, to the bit."""

from __future__ import annotations

import numpy as np

from churnlab.kernels import lines


def test_scores_equal_numpy_interp() -> None:
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(2, 3_000))
    columns[0, ::7] = np.nan
    knots = np.full((2, lines.KNOTS), np.nan)
    places, slopes = np.zeros((2, lines.KNOTS)), np.zeros((2, lines.KNOTS))
    wanted = np.full(3_000, 0.25)
    weight, absent, present = np.array([2.0, -1.0]), np.array([5.0, 0.0]), np.array([0.5, 0.1])
    for j, count in enumerate((3, 20)):
        x, y = np.sort(rng.normal(size=count)), rng.normal(size=count)
        knots[j, :count], places[j, :count] = x, y
        slopes[j, : count - 1] = np.diff(y) / np.diff(x)
        on = weight[j] * np.interp(columns[j], x, y) + present[j]
        wanted += np.where(np.isnan(columns[j]), absent[j], on)
    out = np.empty(3_000)
    lines.score(columns, 0.25, weight, absent, present, knots, places, slopes, out)
    assert out.tobytes() == wanted.tobytes()
