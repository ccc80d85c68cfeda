"""Features compiled to what the kernel runs: cells to read, constants, and one operation a line on registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from churnlab.errors import ConfigError
from churnlab.features.expression import Apply, Cell, Constant, Expression, Longest, Observed, Recent, Since, SinceFirst, WindowSum
from churnlab.kernels import cells as kernel

_KINDS = {WindowSum: kernel.WINDOW, Since: kernel.SINCE, SinceFirst: kernel.SINCE_FIRST, Recent: kernel.RECENT, Longest: kernel.LONGEST,
          Observed: kernel.OBSERVED}


@dataclass(frozen=True)
class Program:
    """Arrays for `kernels.cells.features`: measures int64[k, 2], backs int64[b] (rising, the first 0), cells int64[c, 4], code int64[i, 4],
    results int64[p]. `names` are the measures in the order of `measures`; `constants` are values by register, out of `size`."""

    names: tuple[str, ...]
    measures: np.ndarray
    backs: np.ndarray
    cells: np.ndarray
    constants: Mapping[int, float]
    code: np.ndarray
    results: np.ndarray
    size: int

    def registers(self) -> np.ndarray:
        """Fresh registers float64[size, LANES] with the constants in place; one set a thread."""
        out = np.zeros((self.size, kernel.LANES))
        for register, value in self.constants.items():
            out[register] = value
        return out


def compile_features(values: Iterable[Expression], sources: Mapping[str, tuple[int, int]]) -> Program:
    """Compiles expressions; equal parts are computed once. `sources` says where each measure stands: kind and column.

    Raises ConfigError with near names for a measure that the daily rows do not have.
    """
    return _Compiler(sources).compile(tuple(values))


def _table(rows: list[Any], width: int) -> np.ndarray:
    return np.array(rows, np.int64).reshape(-1, width)


class _Compiler:
    def __init__(self, sources: Mapping[str, tuple[int, int]]) -> None:
        self.sources = sources
        self.known: dict[Expression, int] = {}
        self.constants: dict[int, float] = {}
        self.code: list[tuple[int, int, int, int]] = []
        self.measures: dict[str, int] = {}
        self.backs: dict[int, int] = {}

    def compile(self, values: tuple[Expression, ...]) -> Program:
        """The program of all values."""
        cells = list(dict.fromkeys(c for v in values for c in v.cells()))
        ends = {e for c in cells if isinstance(c, WindowSum) for e in (c.new, c.old) if e is not None}
        self.backs = {back: i for i, back in enumerate(sorted({0, *ends}))}
        self.known = {cell: i for i, cell in enumerate(cells)}
        rows = [self._cell(cell) for cell in cells]
        results = [self._register(v) for v in values]
        measures = [self.sources[name] for name in self.measures]
        return Program(tuple(self.measures), _table(measures, 2), np.array(list(self.backs), np.int64), _table(rows, 4), self.constants,
                       _table(self.code, 4), np.array(results, np.int64), max(len(self.known), 1))

    def _cell(self, cell: Cell) -> tuple[int, int, int, int]:
        measure = self._measure(cell.measure) if hasattr(cell, "measure") else 0
        if isinstance(cell, WindowSum):
            return kernel.WINDOW, measure, self.backs[cell.new], -1 if cell.old is None else self.backs[cell.old]
        return _KINDS[type(cell)], measure, getattr(cell, "k", 0), 0

    def _measure(self, name: str) -> int:
        if name not in self.sources:
            raise ConfigError.from_unknown("measure", name, self.sources)
        return self.measures.setdefault(name, len(self.measures))

    def _register(self, value: Expression) -> int:
        if value not in self.known:
            operands = [self._register(o) for o in value.operands] if isinstance(value, Apply) else []
            self.known[value] = register = len(self.known)
            if isinstance(value, Constant):
                self.constants[register] = value.value
            elif isinstance(value, Apply):
                left, right = operands[0], operands[-1]
                self.code.append((kernel.OPERATIONS.index(value.operation), register, left, right))
        return self.known[value]
