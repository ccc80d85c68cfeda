"""The arithmetic over cells: a program of steps over registers, many snapshots at a time.

A register holds one value of LANES snapshots, so that a step's loop becomes vector instructions.
"""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import bare, stream, streamed
from churnlab.kernels.plan import LANES

# Places in `plan.OPERATIONS`.
_ADD = 0
_SUB = 1
_MUL = 2
_DIV = 3
_MIN = 4
_MAX = 5
_LOG = 6
_SQRT = 7
_GIVEN = 8
_FILL = 9


@bare
def run(code: np.ndarray, registers: np.ndarray) -> None:
    """Run the steps `code` int64[i, 4] (operation, target, left, right) over the registers.

    NaN spreads, but for `given` (right where left is above zero, else NaN) and `fill` (right where
    left is NaN). A division by zero is NaN.
    """
    # Long because each operation's loop is compiled to vector instructions of its own.
    for step in range(code.shape[0]):
        out, a, b = registers[code[step, 1]], registers[code[step, 2]], registers[code[step, 3]]
        operation = code[step, 0]
        if operation == _ADD:
            for i in range(LANES):
                out[i] = a[i] + b[i]
        elif operation == _SUB:
            for i in range(LANES):
                out[i] = a[i] - b[i]
        elif operation == _MUL:
            for i in range(LANES):
                out[i] = a[i] * b[i]
        elif operation == _DIV:
            for i in range(LANES):
                out[i] = a[i] / b[i] if b[i] != 0 else np.nan
        elif operation == _MIN:
            for i in range(LANES):
                out[i] = a[i] if a[i] < b[i] or a[i] != a[i] else b[i]
        elif operation == _MAX:
            for i in range(LANES):
                out[i] = a[i] if a[i] > b[i] or a[i] != a[i] else b[i]
        elif operation == _LOG:
            for i in range(LANES):
                out[i] = np.log(a[i])
        elif operation == _SQRT:
            for i in range(LANES):
                out[i] = np.sqrt(a[i])
        elif operation == _GIVEN:
            for i in range(LANES):
                out[i] = b[i] if a[i] > 0 else np.nan
        elif operation == _FILL:
            for i in range(LANES):
                out[i] = b[i] if a[i] != a[i] else a[i]


@bare
def write(
    registers: np.ndarray,
    results: np.ndarray,
    order: np.ndarray,
    begin: int,
    lanes: int,
    out: np.ndarray,
) -> None:
    """Copy the registers `results` int64[p] of the first `lanes` lanes to out float64[p, n].

    Lane i goes to place `order[begin + i]` of out; places that follow each other, as they mostly
    do, are copied without looking each one up.
    """
    to = order[begin]
    together = order[begin + lanes - 1] - to == lanes - 1
    for i in range(lanes):
        together &= order[begin + i] == to + i
    for f in range(results.shape[0]):
        register = results[f]
        if together:
            for i in range(lanes):
                stream(out, f, to + i, registers[register, i])
        else:
            for i in range(lanes):
                out[f, order[begin + i]] = registers[register, i]
    streamed()
