"""The one import of numba: `jit` compiles once a machine and releases the GIL."""

from __future__ import annotations

from numba import njit

jit = njit(cache=True, nogil=True)
