"""Cells and arithmetic over them: every feature is a small tree of these.

A cell is read from the daily rows before t; arithmetic is float64. NaN means "not known" and
spreads; a division by zero gives NaN. The operations are those of `kernels.plan.OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from churnlab.kernels.units import MICRO

LOOK_BACK = 364


class Expression:
    """A value for each snapshot; `+ - * /` between values and numbers make new values."""

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
        """The cells that the value is computed from.

        >>> [cell.measure for cell in (Sum("orders").all / Sum("active").all).cells()]
        ['orders', 'active']
        """
        raise TypeError(f"{type(self).__name__} has no cells")


Operand = Expression | float | int


class Cell(Expression):
    """A number read from a person's rows before t; equal cells are computed once."""

    def cells(self) -> Iterator[Cell]:
        """The cell itself."""
        yield self

    @property
    def ends(self) -> tuple[int, ...]:
        """Days back from t at which the cell's window ends, the far end last.

        >>> Sum("acts")[28, 84].ends, Sum("acts").all.ends, Since("acts").ends
        ((28, 84), (0,), ())
        """
        return ()

    @property
    def bounded(self) -> bool:
        """Whether the cell sees no day before a far end of its window."""
        return False

    @property
    def back(self) -> int:
        """How many days before t the cell tells apart from the days before them."""
        return max(self.ends, default=0)


class _Windowed(Cell):
    """A cell over `[t - window, t)`."""

    window: int

    @property
    def ends(self) -> tuple[int, ...]:
        """The far end of the window."""
        return (self.window,)

    @property
    def bounded(self) -> bool:
        """True: nothing before the window is seen."""
        return True


@dataclass(frozen=True)
class WindowSum(Cell):
    """The sum of a measure over `[t - old, t - new)`.

    `old` None stands for all days before `t - new`. The measure is one of the daily rows or a
    derived one (see `churnlab.features.derived`).
    """

    measure: str
    new: int
    old: int | None

    @property
    def ends(self) -> tuple[int, ...]:
        """The near end, and the far end where there is one."""
        return (self.new,) if self.old is None else (self.new, self.old)

    @property
    def bounded(self) -> bool:
        """Whether the window has a far end."""
        return self.old is not None


@dataclass(frozen=True)
class Sum:
    """A measure without its window yet: `Sum("acts")[0, 28]` is its sum over `[t - 28, t)`.

    >>> Sum("acts")[28, 84]
    WindowSum(measure='acts', new=28, old=84)
    """

    measure: str

    def __getitem__(self, window: tuple[int, int | None]) -> WindowSum:
        return WindowSum(self.measure, *window)

    @property
    def all(self) -> WindowSum:
        """The sum over all days before t.

        >>> Sum("acts").all
        WindowSum(measure='acts', new=0, old=None)
        """
        return WindowSum(self.measure, 0, None)


@dataclass(frozen=True)
class Since(Cell):
    """Days since the last day with the measure above zero, at least 1; NaN without such a day."""

    measure: str


@dataclass(frozen=True)
class SinceFirst(Cell):
    """Days since the first day with the measure above zero, at least 1; NaN without such a day."""

    measure: str


@dataclass(frozen=True)
class Recent(Cell):
    """The measure on the k-th last active day before t (0: the last); NaN with fewer days."""

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
class Decayed(_Windowed):
    """The sum of a measure in which a day counts half as much every `half_life` days.

    Each day d of `[t - window, t)` has the weight `2 ** (-(t - d) / half_life)`. The window is 8
    half-lives (a day before it would count less than 1/256), at most 364 days.

    >>> Decayed("acts", 7).window
    56
    """

    measure: str
    half_life: int

    @property
    def window(self) -> int:  # type: ignore[override]
        """The length of the window in days."""
        return min(8 * self.half_life, LOOK_BACK)


@dataclass(frozen=True)
class LongestIn(_Windowed):
    """The largest value of the measure on any day of `[t - window, t)`; NaN without a day."""

    measure: str
    window: int


@dataclass(frozen=True)
class LatestIn(_Windowed):
    """The measure on the last day of `[t - window, t)` where it is above zero; NaN without one."""

    measure: str
    window: int


@dataclass(frozen=True)
class MedianIn(_Windowed):
    """The median of the measure over the days of `[t - window, t)` where it is above zero.

    Of an even number of days, the mean of the two middle values; NaN without such a day.
    """

    measure: str
    window: int


@dataclass(frozen=True)
class SlopeIn(_Windowed):
    """The slope through the measure on the days of `[t - window, t)` where it is above zero.

    The line is that of least squares, with these days at equal steps; the slope is per step, and
    above zero where the values rise towards t. NaN with fewer than two such days.
    """

    measure: str
    window: int


@dataclass(frozen=True)
class GapsBeyond(_Windowed):
    """How many gaps outlasted the present silence by more than `extra` days.

    The present silence is the days from the last active day to t; the gaps counted ended in `[t -
    window, t)`. With `extra` 0 they are the gaps longer than the present silence; with `extra` H
    they are those that went on for more than H days longer. NaN for a person who was never active.
    """

    extra: int
    window: int
    measure: str = "gap"


@dataclass(frozen=True)
class Wave(Cell):
    """The place of t in a period of days, as its sine; with `quarters` 1, as its cosine.

    The period begins at midnight of 1970-01-01.
    """

    period: float
    quarters: int = 0


@dataclass(frozen=True)
class Constant(Expression):
    """The same number for every snapshot."""

    value: float

    def cells(self) -> Iterator[Cell]:
        """No cells."""
        return iter(())


@dataclass(frozen=True)
class Apply(Expression):
    """One of `kernels.plan.OPERATIONS` on one or two other expressions."""

    operation: str
    operands: tuple[Expression, ...]

    def cells(self) -> Iterator[Cell]:
        """The cells of the operands."""
        for operand in self.operands:
            yield from operand.cells()


def lift(value: Operand) -> Expression:
    """A number as an expression; an expression as it is.

    >>> lift(7)
    Constant(value=7.0)
    """
    return value if isinstance(value, Expression) else Constant(float(value))


def least(a: Operand, b: Operand) -> Expression:
    """The smaller of two values; missing if either is."""
    return Apply("min", (lift(a), lift(b)))


def greatest(a: Operand, b: Operand) -> Expression:
    """The larger of two values; missing if either is."""
    return Apply("max", (lift(a), lift(b)))


def given(condition: Expression, value: Operand) -> Expression:
    """The value where the condition is above zero, else missing."""
    return Apply("given", (condition, lift(value)))


def positive(value: Expression) -> Expression:
    """The value where it is above zero, else missing."""
    return given(value, value)


def fill(value: Expression, otherwise: Operand) -> Expression:
    """The value where it is known, else `otherwise`."""
    return Apply("fill", (value, lift(otherwise)))


def root(value: Expression) -> Expression:
    """The square root of the value; of zero where the value is negative."""
    return Apply("sqrt", (greatest(value, 0),))


def rate(events: Expression, exposure: Expression, prior: float, strength: float) -> Expression:
    """Events per exposure, drawn to `prior` with the weight of `strength` exposures.

    The posterior mean of a Beta or Gamma prior: (events + prior * strength) / (exposure +
    strength). Missing without exposure.
    """
    return given(exposure, (events + prior * strength) / (exposure + strength))


def log_ratio(now: Expression, before: Expression, floor: float) -> Expression:
    """log((now + floor) / (before + floor)): 0 is no change; missing if either is."""
    return Apply("log", ((now + floor) / (before + floor),))


def deviation(total: Expression, squares: Expression, count: Expression) -> Expression:
    """The standard deviation of `count` values, from their sum and the sum of their squares.

    Missing for fewer than two values.
    """
    return given(count - 1, root((squares - total * total / count) / greatest(count - 1, 1)))


def lived(new: int, old: int) -> Expression:
    """Days of `[t - old, t - new)` since the person was first active.

    0 for a person who came later, missing for a person who was never active.
    """
    return greatest(least(SinceFirst("active"), old) - new, 0)


def per_week(measure: str, new: int, old: int) -> Expression:
    """A measure per week over the days of `[t - old, t - new)` since the person was first active.

    Missing without such a day.
    """
    return Sum(measure)[new, old] * 7 / lived(new, old)


def above(value: Expression) -> Expression:
    """1 where the value is above zero; 0 elsewhere, also where it is missing."""
    return fill(given(value, 1), 0)


def total(values: Iterable[Operand]) -> Expression:
    """The sum of several values, added from the left; 0 without any."""
    out: Expression | None = None
    for value in values:
        out = lift(value) if out is None else out + value
    return Constant(0.0) if out is None else out


def mean(values: Sequence[Expression]) -> Expression:
    """The mean of several values."""
    return total(values) / len(values)


def slope(newest_first: Sequence[Expression]) -> Expression:
    """The slope of the least squares line through values at equal steps, the newest first.

    The slope is per step, and above zero where the values rise towards t. With the steps k = 0, 1,
    … back from t it is sum((m - k) * x) / sum((m - k)^2), where m is the mean step.
    """
    middle = (len(newest_first) - 1) / 2
    weights = [middle - k for k in range(len(newest_first))]
    return total(x * w for x, w in zip(newest_first, weights, strict=True)) / sum(
        w * w for w in weights
    )


def money(new: int, old: int | None) -> Expression:
    """Money spent in `[t - old, t - new)`, in the unit of the log."""
    return Sum("money")[new, old] / MICRO
