"""Cells and their arithmetic: every feature is a small tree of these.

A cell is read from daily rows before t; arithmetic is float64. NaN is "not known" and spreads; a division by zero is NaN,
not infinity. The operations are those of `kernels.cells.OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class Expression:
    """A value for each snapshot; `+ - * /` make new ones."""

    def __add__(self, other: Operand) -> Expression:
        return Apply("add", (self, lift(other)))

    def __sub__(self, other: Operand) -> Expression:
        return Apply("sub", (self, lift(other)))

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
    """The sum of a measure over `[t - old, t - new)`; `old` None: over all days before `t - new`."""

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
