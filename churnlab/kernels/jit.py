"""The only import of numba: decorators of compiled loops.

Compiled code is cached on disk, by the source file of each kernel. Numba does not see a change in
another file: remove `churnlab/kernels/__pycache__` after an edit of a helper or a constant that
kernels of other files use.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

jit = njit(cache=True, nogil=True, error_model="numpy")
# A helper that is copied into its caller, where a call in the innermost loop would cost time.
inlined = njit(inline="always", nogil=True, error_model="numpy")


def compiled(kernel: Any) -> bool:
    """Whether a kernel was compiled on this machine before, so that it is only loaded."""
    return any(Path(kernel._cache.cache_path).glob(f"*.{kernel.__name__}-*.nbi"))


def frozen(values: Any) -> np.ndarray:
    """A read-only contiguous view. Kernels are compiled for such arrays only, whoever owns them."""
    view = np.ascontiguousarray(values).view()
    view.flags.writeable = False
    return view
