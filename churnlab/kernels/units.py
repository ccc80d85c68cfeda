"""Units of the whole numbers that the kernels add up."""

from __future__ import annotations

MICRO = 1_000_000
DAY_MICROS = 86_400 * MICRO
SESSION_GAP_MICROS = 30 * 60 * MICRO
AMOUNT_LIMIT = 1e10
