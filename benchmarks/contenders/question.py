"""The question to all contenders, taken apart: cells to aggregate, then arithmetic over them.

A part that several features share has a name and is made once. Parts come in stages: each is made
of cells and of earlier stages. A value that is the same for everybody is a number.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache

from events import END, ROLES, START

from churnlab.features.expression import (
    Apply,
    Cell,
    Constant,
    Decayed,
    Expression,
    GapsBeyond,
    Observed,
    Wave,
    WindowSum,
)
from contenders.churnlab_features import signals

COLUMNS = frozenset({*ROLES, "other", "money"})
PARTS_OF_DAY = ("night", "morning", "afternoon", "evening")


@dataclass(frozen=True)
class Named(Expression):
    """An existing column of a cell or a part; `known` says that it is never missing."""

    name: str
    known: bool


@dataclass(frozen=True)
class Question:
    """Cells, stages of parts and the features, each by name, over Named columns."""

    cells: dict[str, Cell]
    stages: list[dict[str, Expression]]
    features: dict[str, Expression]


@cache
def question() -> Question:
    """The features of `signals()`; taking them apart is not timed."""
    asked = signals().within((END - START).days)
    values = {f.name: f.value for _, f in asked.features(COLUMNS)}
    uses: Counter[Expression] = Counter()
    for value in values.values():
        _count(value, uses)
    cut = _Cut(
        {
            e: f"part_{i}"
            for i, e in enumerate(e for e, n in uses.items() if n > 1 and isinstance(e, Apply))
        }
    )
    stages: list[dict[str, Expression]] = [
        {} for _ in range(max(map(cut.depth, cut.names), default=0))
    ]
    for part, name in cut.names.items():
        stages[cut.depth(part) - 1][name] = cut.inside(part)
    cells = {
        cell_name(c): c
        for value in values.values()
        for c in value.cells()
        if not isinstance(c, (Observed, Wave))
    }
    return Question(cells, stages, {name: cut.outside(value) for name, value in values.items()})


def _count(value: Expression, uses: Counter[Expression]) -> None:
    uses[value] += 1
    if uses[value] == 1 and isinstance(value, Apply):
        for operand in value.operands:
            _count(operand, uses)


class _Cut:
    """Replaces shared parts and cells by their names."""

    def __init__(self, names: dict[Expression, str]) -> None:
        self.names, self.depths = names, dict[Expression, int]()

    def depth(self, value: Expression) -> int:
        """The stage in which a part can be made; 0 is before all stages."""
        if isinstance(value, Apply) and value not in self.depths:
            self.depths[value] = max(map(self.depth, value.operands)) + (value in self.names)
        return self.depths.get(value, 0)

    def inside(self, value: Expression) -> Expression:
        """The expression that makes a part."""
        return (
            Apply(value.operation, tuple(map(self.outside, value.operands)))
            if isinstance(value, Apply)
            else value
        )

    def outside(self, value: Expression) -> Expression:
        """The expression by which others use a value."""
        if isinstance(value, (Observed, Wave)):
            return Constant(_for_all(value))
        name = cell_name(value) if isinstance(value, Cell) else self.names.get(value)
        return self.inside(value) if name is None else Named(name, known(value))


def _for_all(cell: Observed | Wave) -> float:
    if isinstance(cell, Observed):
        return float((END - START).days)
    return math.sin(2 * math.pi * ((END - date(1970, 1, 1)).days / cell.period + cell.quarters / 4))


def known(value: Expression) -> bool:
    """Whether a value is never missing for a person who was ever active."""
    match value:
        case Named():
            return value.known
        case Constant() | WindowSum() | Decayed() | Observed() | Wave() | GapsBeyond():
            return True
        case Apply("add" | "sub" | "mul" | "min" | "max", operands):
            return all(map(known, operands))
        case Apply("div", (above, Constant(below))):
            return below != 0 and known(above)
        case Apply("fill", operands):
            return any(map(known, operands))
    return False


def cell_name(cell: Cell) -> str:
    """A column name for a cell."""
    parts = (type(cell).__name__, *vars(cell).values())
    return "_".join("all" if p is None else str(p).lower().replace(".", "_") for p in parts)
