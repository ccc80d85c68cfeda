"""Units and limits of the whole numbers that the kernels add up.

Compiled kernels hold these values. Numba does not compile a kernel again when this file changes, so
that a change here needs the kernels' `__pycache__` removed.
"""

from __future__ import annotations

MICRO = 1_000_000
DAY_MICROS = 86_400 * MICRO
SESSION_GAP_MICROS = 30 * 60 * MICRO
AMOUNT_LIMIT = 1e10
NO_DAY = -(2**40)
