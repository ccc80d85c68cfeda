"""The one import of numba: `jit` compiles once a machine and releases the GIL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

jit = njit(cache=True, nogil=True, error_model="numpy")


def compiled(kernel: Any) -> bool:
    """Whether a kernel was ever compiled on this machine, so that it need only be loaded."""
    return any(Path(kernel._cache.cache_path).glob(f"*.{kernel.__name__}-*.nbi"))


def frozen(values: Any) -> np.ndarray:
    """A read-only view: kernels are compiled for read-only columns alone, whatever memory these lie in."""
    view = np.ascontiguousarray(values).view()
    view.flags.writeable = False
    return view
