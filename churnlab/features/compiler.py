"""Features compiled to what the kernel runs: cells to read, constants, and one operation a line on registers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from churnlab.errors import ConfigError
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
    Observed,
    Recent,
    Season,
    Since,
    SinceFirst,
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
    GapsBeyond: kernel.GAPS_BEYOND,
    Season: kernel.SEASON,
}
_MADE = re.compile(r"(?P<what>days|gap_over|gaps_over|weekday)_(?P<of>.+)")
_MADE_KINDS = {
    "gap_over": kernel.GAP_OVER,
    "gaps_over": kernel.GAPS_OVER,
    "weekday": kernel.WEEKDAY,
}


def made_of(measure: str, sources: Mapping[str, tuple[int, int]]) -> tuple[int, int] | None:
    """Kind and column of a measure that is made of the daily rows (see WindowSum); None for any other name.

    >>> made_of("gap_over_30", {}) == (kernel.GAP_OVER, 30), made_of("days_orders", {"orders": (kernel.COUNT, 2)}) == (kernel.DAYS, 2)
    (True, True)
    """
    found = None if measure in sources else _MADE.fullmatch(measure)
    if not found:
        return None
    if found["what"] != "days":
        return (_MADE_KINDS[found["what"]], int(found["of"])) if found["of"].isdecimal() else None
    kind, column = sources.get(found["of"], (-1, 0))
    return (kernel.DAYS, column) if kind == kernel.COUNT else None


@dataclass(frozen=True)
class Program:
    """Arrays for `kernels.cells.features`: measures int64[k, 2], backs int64[b] (rising, the first 0), cells int64[c, 4], code int64[i, 4],
    weights float64[d, w],
    results int64[p]. `names` are the measures in the order of `measures`; `constants` are values by register, out of `size`."""

    names: tuple[str, ...]
    measures: np.ndarray
    backs: np.ndarray
    cells: np.ndarray
    weights: np.ndarray
    constants: Mapping[int, float]
    code: np.ndarray
    results: np.ndarray
    size: int

    @property
    def plan(self) -> kernel.Plan:
        """The arrays as the kernel takes them."""
        return kernel.Plan(
            self.measures, self.backs, self.cells, self.weights, self.code, self.results
        )

    def registers(self) -> np.ndarray:
        """Fresh registers float64[size, LANES] with the constants in place; one set a thread."""
        out = np.zeros((self.size, kernel.LANES))
        for register, value in self.constants.items():
            out[register] = value
        return out


def compile_features(
    values: Iterable[Expression], sources: Mapping[str, tuple[int, int]]
) -> Program:
    """Compiles expressions; equal parts are computed once. `sources` says where each measure stands: kind and column.

    Raises ConfigError with near names for a measure that the daily rows do not have.
    """
    return _Compiler(sources).compile(tuple(values))


def _table(rows: list[Any], width: int) -> np.ndarray:
    return np.array(rows, np.int64).reshape(-1, width)


def _weights(cells: Iterable[Decayed]) -> np.ndarray:
    """What a day counts by its age in days, for each cell, nothing beyond its window: float64[LOOK_BACK + 1, w]."""
    columns = [
        [2.0 ** (-age / c.half_life) if age <= c.window else 0.0 for age in range(LOOK_BACK + 1)]
        for c in cells
    ]
    return np.array(columns, np.float64).reshape(-1, LOOK_BACK + 1).T.copy()


def _place(cell: Cell) -> tuple[int, str]:
    """Where a cell stands among the others: windows, what decays by measure, the rest."""
    return (
        (0, "")
        if isinstance(cell, WindowSum)
        else (1, cell.measure)
        if isinstance(cell, Decayed)
        else (2, "")
    )


class _Compiler:
    def __init__(self, sources: Mapping[str, tuple[int, int]]) -> None:
        self.sources = sources
        self.known: dict[Expression, int] = {}
        self.constants: dict[int, float] = {}
        self.code: list[tuple[int, int, int, int]] = []
        self.measures: dict[str, tuple[int, int]] = {}
        self.backs: dict[int, int] = {}

    def compile(self, values: tuple[Expression, ...]) -> Program:
        """The program of all values."""
        cells = sorted(dict.fromkeys(c for v in values for c in v.cells()), key=_place)
        ends = {
            e
            for c in cells
            for e in (getattr(c, "new", None), getattr(c, "old", None), getattr(c, "window", None))
            if e is not None
        }
        self.backs = {back: i for i, back in enumerate(sorted({0, *ends}))}
        self.known = {cell: i for i, cell in enumerate(cells)}
        self.measures = self._measures(c.measure for c in cells if hasattr(c, "measure"))
        rows = [self._cell(cell) for cell in cells]
        results = [self._register(v) for v in values]
        weights = _weights(c for c in cells if isinstance(c, Decayed))
        return Program(
            tuple(self.measures),
            _table(list(self.measures.values()), 2),
            np.array(list(self.backs), np.int64),
            _table(rows, 4),
            weights,
            self.constants,
            _table(self.code, 4),
            np.array(results, np.int64),
            max(len(self.known), 1),
        )

    def _cell(self, cell: Cell) -> tuple[int, int, int, int]:
        measure = list(self.measures).index(cell.measure) if hasattr(cell, "measure") else 0
        if isinstance(cell, WindowSum):
            return (
                kernel.WINDOW,
                measure,
                self.backs[cell.new],
                len(self.backs) if cell.old is None else self.backs[cell.old],
            )
        if isinstance(cell, Season):
            return kernel.SEASON, 0, round(cell.period * 10_000), cell.quarters
        detail = getattr(cell, "extra", getattr(cell, "k", 0))
        return _KINDS[type(cell)], measure, detail, self.backs[getattr(cell, "window", 0)]

    def _measures(self, names: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Where the measures stand, by rising kind."""
        found = {}
        for name in names:
            source = self.sources.get(name) or made_of(name, self.sources)
            if source is None:
                raise ConfigError.from_unknown("measure", name, self.sources)
            found[name] = source
        return dict(sorted(found.items(), key=lambda item: item[1][0]))

    def _register(self, value: Expression) -> int:
        if value not in self.known:
            operands = (
                [self._register(o) for o in value.operands] if isinstance(value, Apply) else []
            )
            self.known[value] = register = len(self.known)
            if isinstance(value, Constant):
                self.constants[register] = value.value
            elif isinstance(value, Apply):
                left, right = operands[0], operands[-1]
                self.code.append((kernel.OPERATIONS.index(value.operation), register, left, right))
        return self.known[value]
