"""Nested windows: whether sums of one measure over several windows can be so at once.

A measure that is counted has a whole number, not below 0, on each day. With P(k) the sum over the
last k days, a window over `[t - old, t - new)` holds P(old) - P(new), so that each bound on it is a
bound on a difference of two of them. Such bounds can hold together where no circle of them has a
sum below 0 (Bellman and Ford's shortest paths), and then they can in whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from math import inf
from typing import TypeAlias

from churnlab.features.expression import Cell, Since, SinceFirst, WindowSum

Bound: TypeAlias = tuple[float, float, float]  # P(second) - P(first) is at most the third


def can_hold(measure: str, ranges: Mapping[Cell, tuple[float, float]]) -> bool:
    """Whether cells of one counted measure can lie in their ranges together.

    `ranges` are the least and the most of each, whole numbers or infinite.

    >>> week, month = WindowSum("acts", 0, 7), WindowSum("acts", 0, 28)
    >>> can_hold("acts", {week: (5, inf), month: (0, 4)})
    False
    >>> can_hold("acts", {week: (4, inf), month: (0, 4)})
    True
    """
    bounds = [b for cell, (low, high) in ranges.items() for b in _bounds(cell, low, high)]
    days = sorted({0.0, inf} | {day for first, second, _ in bounds for day in (first, second)})
    for new, old in pairwise(days):
        bounds.append((old, new, 0))
        if measure == "active" and old < inf:
            bounds.append((new, old, old - new))
    return not _has_negative_circle(days, bounds)


def _bounds(cell: Cell, low: float, high: float) -> Iterator[Bound]:
    """The bounds on differences that a cell within its range means."""
    if isinstance(cell, WindowSum):
        new, old = float(cell.new), inf if cell.old is None else float(cell.old)
        yield (old, new, -low)
        if high < inf:
            yield (new, old, high)
    elif isinstance(cell, Since):
        yield (0.0, low - 1, 0)  # none in the last low - 1 days
        yield (high, 0.0, -1)  # one or more in the last high days
    elif isinstance(cell, SinceFirst):
        yield (inf, low - 1, -1)  # one or more before them
        yield (high, inf, 0)  # none before the last high days


def _has_negative_circle(days: Iterable[float], bounds: Iterable[Bound]) -> bool:
    """Whether some bounds in a circle add up to less than 0."""
    most, steps = dict.fromkeys(days, 0.0), list(bounds)
    for _ in most:
        changed = False
        for first, second, at_most in steps:
            if most[first] + at_most < most[second]:
                most[second], changed = most[first] + at_most, True
        if not changed:
            return False
    return True
