"""Cells and their arithmetic: every feature is a small tree of these.

A cell is read from daily rows before t; arithmetic is float64. NaN is "not known" and spreads; a division by zero is NaN,
not infinity. The operations are those of `kernels.plan.OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from churnlab.kernels.units import MICRO as MICRO

LOOK_BACK = 364


class Expression:
    """A value for each snapshot; `+ - * /` make new ones."""

    def __add__(self, other: Operand) -> Expression:
        return Apply("add", (self, lift(other)))

    def __sub__(self, other: Operand) -> Expression:
        return Apply("sub", (self, lift(other)))

    def __rtruediv__(self, other: Operand) -> Expression:
        return lift(other) / self

    def __rsub__(self, other: Operand) -> Expression:
        return lift(other) - self

    def __radd__(self, other: Operand) -> Expression:
        return lift(other) + self

    def __mul__(self, other: Operand) -> Expression:
        return Apply("mul", (self, lift(other)))

    def __truediv__(self, other: Operand) -> Expression:
        return Apply("div", (self, lift(other)))

    def cells(self) -> Iterator[Cell]:
        """The cells that the value is made of."""
        raise TypeError(f"{type(self).__name__} has no cells")


Operand = Expression | float | int


class Cell(Expression):
    """What is read from a person's rows before t; equal cells are computed once."""

    def cells(self) -> Iterator[Cell]:
        """Itself."""
        yield self


@dataclass(frozen=True)
class WindowSum(Cell):
    """The sum of a measure over `[t - old, t - new)`; `old` None: over all days before `t - new`.

    Beside the measures of the daily rows there are some that are made of them, for windows with an end alone: `days_<count>` (1 on a day
    with the count above zero), `gap_over_<n>` (the days of a gap beyond n), `gaps_over_<n>` (1 for a gap above n) and `weekday_<k>` (1 on an
    active day of the week, 0: Monday).
    """

    measure: str
    new: int
    old: int | None


@dataclass(frozen=True)
class Sum:
    """A measure that waits for its window: `Sum("acts")[0, 28]` is its sum over `[t - 28, t)`.

    >>> Sum("acts")[28, 84]
    WindowSum(measure='acts', new=28, old=84)
    """

    measure: str

    def __getitem__(self, window: tuple[int, int | None]) -> WindowSum:
        return WindowSum(self.measure, *window)

    @property
    def all(self) -> WindowSum:
        """All days before t."""
        return WindowSum(self.measure, 0, None)


@dataclass(frozen=True)
class Since(Cell):
    """Days from t back to the last day with the measure above zero, at least 1; NaN when there is none."""

    measure: str


@dataclass(frozen=True)
class SinceFirst(Cell):
    """Days from t back to the first day with the measure above zero, at least 1; NaN when there is none."""

    measure: str


@dataclass(frozen=True)
class Recent(Cell):
    """The measure on the k-th last active day before t (0: the last); NaN when there are fewer."""

    measure: str
    k: int


@dataclass(frozen=True)
class Longest(Cell):
    """The largest value of the measure on any day before t; NaN without a day."""

    measure: str


@dataclass(frozen=True)
class Observed(Cell):
    """Days from the first day of the log to t."""


@dataclass(frozen=True)
class Decayed(Cell):
    """The sum of a measure in which a day counts half as much every `half_life` days: each day d of `[t - window, t)` is weighed with
    `2 ** (-(t - d) / half_life)`, where the window is 8 half-lives (a day before it would count less than 1/256), at most 364 days.

    >>> Decayed("acts", 7).window
    56
    """

    measure: str
    half_life: int

    @property
    def window(self) -> int:
        """How many days back it sees."""
        return min(8 * self.half_life, LOOK_BACK)


@dataclass(frozen=True)
class LongestIn(Cell):
    """The largest value of the measure on any day of `[t - window, t)`; NaN without a day."""

    measure: str
    window: int


@dataclass(frozen=True)
class LatestIn(Cell):
    """The measure on the last day of `[t - window, t)` on which it is above zero; NaN when there is none."""

    measure: str
    window: int


@dataclass(frozen=True)
class GapsBeyond(Cell):
    """How many gaps that ended in `[t - window, t)` were longer than the present silence by more than `extra` days.

    The present silence is the days from the last active day to t. With extra 0 these are the gaps that outlasted the present silence; of them,
    those with extra H went on for H days more. NaN for a person who was never active.
    """

    extra: int
    window: int
    measure: str = "gap"


@dataclass(frozen=True)
class Season(Cell):
    """The place of t in a period of days, as a wave: its sine, or its cosine with `quarters` 1. Midnight of 1970-01-01 is at 0."""

    period: float
    quarters: int = 0


@dataclass(frozen=True)
class Constant(Expression):
    """The same number for everybody."""

    value: float

    def cells(self) -> Iterator[Cell]:
        """None."""
        return iter(())


@dataclass(frozen=True)
class Apply(Expression):
    """An operation on one or two other expressions: add, sub, mul, div, min, max, log, sqrt, given, fill."""

    operation: str
    operands: tuple[Expression, ...]

    def cells(self) -> Iterator[Cell]:
        """Those of the operands."""
        for operand in self.operands:
            yield from operand.cells()


def lift(value: Operand) -> Expression:
    """A number as an expression."""
    return value if isinstance(value, Expression) else Constant(float(value))


def least(a: Operand, b: Operand) -> Expression:
    """The smaller of two."""
    return Apply("min", (lift(a), lift(b)))


def greatest(a: Operand, b: Operand) -> Expression:
    """The larger of two."""
    return Apply("max", (lift(a), lift(b)))


def given(condition: Expression, value: Operand) -> Expression:
    """The value where the condition is above zero, else missing."""
    return Apply("given", (condition, lift(value)))


def fill(value: Expression, otherwise: Operand) -> Expression:
    """The value where it is known, else another."""
    return Apply("fill", (value, lift(otherwise)))


def root(value: Expression) -> Expression:
    """The square root of what is not negative."""
    return Apply("sqrt", (greatest(value, 0),))


def rate(events: Expression, exposure: Expression, prior: float, strength: float) -> Expression:
    """Events per exposure, drawn to `prior` with the weight of `strength` exposures; missing without exposure.

    The posterior mean of a Beta or Gamma prior: (events + prior * strength) / (exposure + strength).
    """
    return given(exposure, (events + prior * strength) / (exposure + strength))


def log_ratio(now: Expression, before: Expression, floor: float) -> Expression:
    """log((now + floor) / (before + floor)): 0 is no change; missing when either is."""
    return Apply("log", ((now + floor) / (before + floor),))


def deviation(total: Expression, squares: Expression, count: Expression) -> Expression:
    """The standard deviation of `count` values from their sum and sum of squares; missing for fewer than two."""
    return given(count - 1, root((squares - total * total / count) / greatest(count - 1, 1)))


def lived(new: int, old: int) -> Expression:
    """Days of `[t - old, t - new)` since the person was first active; 0 where they came later, missing for who never was active."""
    return greatest(least(SinceFirst("active"), old) - new, 0)


def per_week(measure: str, new: int, old: int) -> Expression:
    """A measure a week over `[t - old, t - new)`, or over the part of it since the person was first active; missing without such a day."""
    return Sum(measure)[new, old] * 7 / lived(new, old)


def above(value: Expression) -> Expression:
    """1 where the value is above zero, else 0; 0 too where it is missing."""
    return fill(given(value, 1), 0)


def total(values: Iterable[Operand]) -> Expression:
    """The sum of several, from the left; 0 of none."""
    out: Expression | None = None
    for value in values:
        out = lift(value) if out is None else out + value
    return Constant(0.0) if out is None else out


def mean(values: Sequence[Expression]) -> Expression:
    """The mean of several."""
    return total(values) / len(values)


def slope(newest_first: Sequence[Expression]) -> Expression:
    """The slope a step of the least squares line through values at equal steps, the newest first: above zero where they rise towards t.

    With the steps k = 0, 1, … back from t this is sum((m - k) * x) / sum((m - k)^2), m the mean step.
    """
    middle = (len(newest_first) - 1) / 2
    weights = [middle - k for k in range(len(newest_first))]
    return total(x * w for x, w in zip(newest_first, weights, strict=True)) / sum(
        w * w for w in weights
    )
