"""Features compiled for the kernel: cells to read, constants, and operations on registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from churnlab.errors import ConfigError
from churnlab.features.derived import Sources, derived
from churnlab.features.expression import (
    LOOK_BACK,
    Apply,
    Cell,
    Constant,
    Decayed,
    Expression,
    GapsBeyond,
    LatestIn,
    Longest,
    LongestIn,
    MedianIn,
    Observed,
    Recent,
    Since,
    SinceFirst,
    SlopeIn,
    Wave,
    WindowSum,
)
from churnlab.kernels import plan as kernel

_KINDS = {
    WindowSum: kernel.WINDOW,
    Since: kernel.SINCE,
    SinceFirst: kernel.SINCE_FIRST,
    Recent: kernel.RECENT,
    Longest: kernel.LONGEST,
    Observed: kernel.OBSERVED,
    Decayed: kernel.DECAYED,
    LongestIn: kernel.LONGEST_IN,
    LatestIn: kernel.LATEST_IN,
    MedianIn: kernel.MEDIAN_IN,
    SlopeIn: kernel.SLOPE_IN,
    GapsBeyond: kernel.GAPS_BEYOND,
    Wave: kernel.SEASON,
}


@dataclass(frozen=True)
class Program:
    """A set of features as `kernels.cells.features` computes it.

    `plan` has the arrays of the kernel, and `names` the measures that it reads, in its order. Of
    `size` registers, `constants` gives those that hold a constant, with their values.
    """

    names: tuple[str, ...]
    plan: kernel.Plan
    constants: Mapping[int, float]
    size: int

    def registers(self) -> np.ndarray:
        """Registers float64[size, LANES] with the constants in place; each thread needs its own."""
        out = np.zeros((self.size, kernel.LANES))
        for register, value in self.constants.items():
            out[register] = value
        return out


def compile_features(values: Iterable[Expression], sources: Sources) -> Program:
    """The program that computes the expressions; equal parts are computed once.

    `sources` has the kind and the column of every measure of the daily rows. Raises ConfigError,
    with near names, for a measure that the daily rows do not have.
    """
    return _Compiler(sources).compile(tuple(values))


def _table(rows: list[Any], width: int) -> np.ndarray:
    return np.array(rows, np.int64).reshape(-1, width)


def _weights(cells: Iterable[Decayed]) -> np.ndarray:
    """The weight of a day by its age in days, for each cell: float64[LOOK_BACK + 1, w]."""
    columns = [
        [2.0 ** (-age / c.half_life) if age <= c.window else 0.0 for age in range(LOOK_BACK + 1)]
        for c in cells
    ]
    return np.array(columns, np.float64).reshape(-1, LOOK_BACK + 1).T.copy()


def _kind(cell: Cell) -> int:
    return _KINDS[type(cell)]


class _Compiler:
    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.known: dict[Expression, int] = {}
        self.constants: dict[int, float] = {}
        self.code: list[tuple[int, int, int, int]] = []
        self.measures: dict[str, tuple[int, int]] = {}
        self.backs: dict[int, int] = {}

    def compile(self, values: tuple[Expression, ...]) -> Program:
        """The program of all values."""
        cells = sorted(dict.fromkeys(c for v in values for c in v.cells()), key=_kind)
        ends = sorted({0, *(end for cell in cells for end in cell.ends)})
        self.backs = {back: i for i, back in enumerate(ends)}
        self.known = {cell: i for i, cell in enumerate(cells)}
        self.measures = self._measures(c.measure for c in cells if hasattr(c, "measure"))
        rows = [self._cell(cell) for cell in cells]
        results = [self._register(v) for v in values]
        plan = kernel.Plan(
            measures=_table(list(self.measures.values()), 2),
            backs=np.array(ends, np.int64),
            cells=_table(rows, 4),
            weights=_weights(c for c in cells if isinstance(c, Decayed)),
            code=_table(self.code, 4),
            results=np.array(results, np.int64),
        )
        return Program(tuple(self.measures), plan, self.constants, max(len(self.known), 1))

    def _cell(self, cell: Cell) -> tuple[int, int, int, int]:
        """A row of Plan.cells."""
        if isinstance(cell, Wave):
            return kernel.SEASON, 0, round(cell.period * 10_000), cell.quarters
        measure = list(self.measures).index(cell.measure) if hasattr(cell, "measure") else 0
        if isinstance(cell, WindowSum):
            old = len(self.backs) if cell.old is None else self.backs[cell.old]
            return kernel.WINDOW, measure, self.backs[cell.new], old
        detail = getattr(cell, "extra", getattr(cell, "k", 0))
        return _kind(cell), measure, detail, self.backs[cell.back]

    def _measures(self, names: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Kind and column of the measures, by rising kind."""
        found = {}
        for name in names:
            source = self.sources.get(name) or derived(name, self.sources)
            if source is None:
                raise ConfigError.from_unknown("measure", name, self.sources)
            found[name] = source
        return dict(sorted(found.items(), key=lambda item: item[1][0]))

    def _register(self, value: Expression) -> int:
        """The register that holds a value; code that computes it is added where it is new."""
        if value in self.known:
            return self.known[value]
        operands = [self._register(o) for o in value.operands] if isinstance(value, Apply) else []
        register = self.known[value] = len(self.known)
        if isinstance(value, Constant):
            self.constants[register] = value.value
        elif isinstance(value, Apply):
            operation = kernel.OPERATIONS.index(value.operation)
            self.code.append((operation, register, operands[0], operands[-1]))
        return register
