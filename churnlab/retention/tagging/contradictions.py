"""Contradictions: conditions that no person can ever meet, such as `active[7] > 7`.

Comparisons of one cell with a number are looked through, for every way to meet a condition: counts
are whole and not negative, days in a window are no more than the window has, days since something
are at least 1, and a window that lies in another has no more than it (the module `nested`).
Comparisons of other things are taken to be possible, and so is a condition that can be met in too
many ways.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, floor, inf, prod

from churnlab.errors.tags import TagError
from churnlab.features.expression import (
    Apply,
    Cell,
    Constant,
    Expression,
    Since,
    SinceFirst,
    WindowSum,
)
from churnlab.retention.tagging.language import All, Comparison, Condition, Either
from churnlab.retention.tagging.nested import can_hold

_MOST_WAYS = 256
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def check_possible(text: str, condition: Condition, whole: frozenset[str]) -> None:
    """Raise TagError for a condition that contradicts itself; `text` is what was written.

    `whole` are the measures that are counts: whole numbers, not below 0.
    """
    if _count(condition) > _MOST_WAYS:
        return
    why = ""
    for way in _ways(condition):
        found = _impossible(way, whole)
        if not found:
            return
        why = why or found
    raise TagError.from_contradiction(text, why)


def _count(condition: Condition) -> int:
    """In how many ways a condition can be met."""
    if isinstance(condition, Comparison):
        return len(_signs(condition))
    counts = [_count(part) for part in condition.parts]
    return sum(counts) if isinstance(condition, Either) else prod(counts)


def _signs(comparison: Comparison) -> str | tuple[str, ...]:
    """The signs of which one must hold: to be unlike is to be less or more."""
    return ("<", ">") if comparison.sign == "!=" else (comparison.sign,)


def _ways(condition: Condition) -> Iterator[tuple[Comparison, ...]]:
    """The sets of comparisons of which each is enough."""
    if isinstance(condition, Comparison):
        for sign in _signs(condition):
            yield (replace(condition, sign=sign),)
    elif isinstance(condition, Either):
        for part in condition.parts:
            yield from _ways(part)
    elif isinstance(condition, All):
        for parts in product(*(list(_ways(p)) for p in condition.parts)):
            yield tuple(each for part in parts for each in part)


def _impossible(way: tuple[Comparison, ...], whole: frozenset[str]) -> str:
    """Why not all comparisons can hold together; empty where they can, as far as is known."""
    ranges: dict[Cell, Range] = {}
    for comparison in way:
        if _is_never(comparison):
            return "a number is compared with another, and it does not hold"
        found = _about_one_cell(comparison)
        if found is None:
            continue
        cell, sign, number = found
        before = ranges.get(cell) or Range.of(cell, whole)
        ranges[cell] = before.cut(sign, number)
        if ranges[cell].empty:
            return f"{_written(cell)} cannot be {sign} {number:g} and {before}"
    return _impossible_together(ranges, whole)


def _impossible_together(ranges: Mapping[Cell, Range], whole: frozenset[str]) -> str:
    """Why windows of one measure cannot be so together; empty where they can."""
    for measure in dict.fromkeys(_measure(cell) for cell in ranges):
        own = {cell: found for cell, found in ranges.items() if _measure(cell) == measure}
        if measure not in whole or len(own) < 2:
            continue
        if not can_hold(measure, {cell: found.ends for cell, found in own.items()}):
            said = ", ".join(f"{_written(cell)} {found}" for cell, found in own.items())
            return f"{said} cannot hold together"
    return ""


def _measure(cell: Cell) -> str:
    return str(getattr(cell, "measure", ""))


def _is_never(comparison: Comparison) -> bool:
    """Whether two numbers are compared, and the comparison does not hold."""
    left, right = comparison.left, comparison.right
    if not isinstance(left, Constant) or not isinstance(right, Constant):
        return False
    return not _HOLDS[comparison.sign](left.value, right.value)


def _about_one_cell(comparison: Comparison) -> tuple[Cell, str, float] | None:
    """The cell, the sign and the number of a comparison that is about one cell alone."""
    left, sign, right = comparison.left, comparison.sign, comparison.right
    if isinstance(left, Constant):
        left, sign, right = right, _TURNED[sign], left
    if not isinstance(right, Constant):
        return None
    number = right.value
    if isinstance(left, Apply) and left.operation == "div":
        above, below = left.operands
        if isinstance(below, Constant) and below.value > 0:
            left, number = above, number * below.value
    return (left, sign, number) if isinstance(left, Cell) else None


@dataclass(frozen=True)
class Range:
    """The numbers that a cell can have: from `low` to `high`, whole numbers only if `whole`."""

    low: float
    high: float
    whole: bool
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def of(cls, cell: Cell, whole: frozenset[str]) -> Range:
        """What a cell can be before any comparison.

        >>> Range.of(WindowSum("active", 0, 7), frozenset({"active"}))
        Range(low=0, high=7, whole=True, low_open=False, high_open=False)
        """
        if isinstance(cell, Since | SinceFirst):
            return cls(1, inf, True)
        measure = _measure(cell)
        if measure not in whole:
            return cls(-inf, inf, False)
        if measure == "active" and isinstance(cell, WindowSum) and cell.old is not None:
            return cls(0, cell.old - cell.new, True)
        return cls(0, inf, True)

    def cut(self, sign: str, number: float) -> Range:
        """The part of it that a comparison leaves."""
        low, high = (self.low, self.low_open), (self.high, self.high_open)
        if sign in (">", ">=", "=="):
            low = max(low, (number, sign == ">"))
        if sign in ("<", "<=", "=="):
            high = min(high, (number, sign == "<"), key=lambda end: (end[0], not end[1]))
        return Range(low[0], high[0], self.whole, low[1], high[1])

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the most whole number in it; infinite where there is none."""
        low: float = self.low
        high: float = self.high
        if low > -inf:
            low = floor(low) + 1 if self.low_open else ceil(low)
        if high < inf:
            high = ceil(high) - 1 if self.high_open else floor(high)
        return low, high

    @property
    def empty(self) -> bool:
        """Whether no number is left."""
        if self.whole:
            least, most = self.ends
            return least > most
        open_end = self.low_open or self.high_open
        return self.low > self.high or (self.low == self.high and open_end)

    def __str__(self) -> str:
        parts = [f"{'>' if self.low_open else '>='} {self.low:g}"] if self.low > -inf else []
        parts += [f"{'<' if self.high_open else '<='} {self.high:g}"] if self.high < inf else []
        return " and ".join(parts) or "any number"


def _written(cell: Expression) -> str:
    """A cell as the language of tags writes it."""
    measure = getattr(cell, "measure", "?")
    if isinstance(cell, Since):
        return f"since({measure})"
    if isinstance(cell, SinceFirst):
        return f"first({measure})"
    new, old = getattr(cell, "new", 0), getattr(cell, "old", None)
    window = f"{new or ''}:{old or ''}" if new or old is None else str(old)
    return f"{measure}[{window}]"
