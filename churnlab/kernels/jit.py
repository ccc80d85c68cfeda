"""The only import of numba: decorators of compiled loops.

Compiled code is cached on disk, by the source file of each kernel. Numba does not see a change in
another file: remove `churnlab/kernels/__pycache__` after an edit of a helper or a constant that
kernels of other files use. Where that folder cannot be written, the cache is below the user's own
cache folder, and `NUMBA_CACHE_DIR` names another.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.core.event import Listener, TimingListener, register, unregister
from numba.extending import intrinsic

# Called before a kernel is compiled, with None, and after it, with its name and the seconds.
Heard: TypeAlias = Callable[[str, float | None], None]
_COMPILED = "numba:compile"
_OURS = f"{__name__.rpartition('.')[0]}."
_kernels: list[Any] = []
_ASKS = "numba.np.arraymath"
_BLAS = "scipy.linalg.cython_blas"


def _answer_for_blas() -> None:
    """Let numba see that SciPy has a BLAS without loading it, a fifth of the first call.

    Numba asks when it loads this module, and needs no more than the answer. Who compiles linear
    algebra later loads it then.
    """
    if _ASKS in sys.modules or _BLAS in sys.modules or not find_spec("scipy"):
        return
    sys.modules[_BLAS] = ModuleType(_BLAS)
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del sys.modules[_BLAS]


_answer_for_blas()


def jit(kernel: Any) -> Any:
    """The compiled kernel, cached on disk, or in memory alone where no folder can be written."""
    return _made(kernel)


def bare(kernel: Any) -> Any:
    """As `jit`, for a kernel that makes no arrays: uses of those that it is given are not counted.

    Numba counts each use of an array, of a part of it and of a tuple of arrays, in order to know
    when its memory is free; in a loop that costs more than the work. Nor can such a kernel copy a
    row as a whole.
    """
    return _made(kernel, _nrt=False)


def _made(kernel: Any, **options: bool) -> Any:
    try:
        made = njit(cache=True, nogil=True, error_model="numpy", **options)(kernel)
    except RuntimeError:  # numba found no folder for its cache
        made = njit(nogil=True, error_model="numpy", **options)(kernel)
    _kernels.append(made)
    return made


# A helper that is copied into its caller, where a call in the innermost loop would cost time.
inlined = njit(inline="always", nogil=True, error_model="numpy")


@intrinsic  # type: ignore[misc]
def stream(typing: Any, array: Any, i: Any, j: Any, value: Any) -> Any:
    """`array[i, j] = value`, past the caches: for what is written whole and not read soon.

    A usual store first fetches the memory that it then overwrites. Call `streamed` after the last.
    """

    def store(context: Any, builder: Any, _: Any, given: Any) -> Any:
        held = context.make_array(array)(context, builder, given[0])
        place = cgutils.get_item_pointer(context, builder, array, held, given[1:3])
        hint = builder.module.add_metadata([cgutils.int32_t(1)])
        builder.store(given[3], place).set_metadata("nontemporal", hint)
        return context.get_dummy_value()

    return types.void(array, i, j, value), store


@intrinsic  # type: ignore[misc]
def streamed(typing: Any) -> Any:
    """Wait until all that was streamed can be read by other threads."""

    def fence(context: Any, builder: Any, _: Any, given: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), fence


def compiled(kernel: Any) -> bool:
    """Whether a kernel was compiled on this machine before, so that it is only loaded."""
    folder = _folder(kernel)
    return bool(folder and any(folder.glob(f"*.{kernel.__name__}-*.nbi")))


def cache_folder() -> Path | None:
    """The folder of the compiled kernels; None where they are kept nowhere."""
    return next((folder for folder in map(_folder, _kernels) if folder), None)


def missing() -> int:
    """How many of the kernels that this process knows were not compiled on this machine before."""
    return sum(not kernel.signatures and not compiled(kernel) for kernel in _kernels)


@contextmanager
def heard(listener: Heard) -> Iterator[None]:
    """Tell `listener` of each of our kernels that is compiled inside, by any thread.

    A kernel that another one calls is compiled inside that one, and its seconds count in both.
    """
    ear = _Ear(listener)
    register(_COMPILED, ear)
    try:
        yield
    finally:
        unregister(_COMPILED, ear)


class _Ear(Listener):  # type: ignore[misc]
    """Hands on what numba tells of compilations; numba compiles one kernel at a time."""

    def __init__(self, listener: Heard) -> None:
        self._listener = listener
        self._begun: list[Any] = []

    def on_start(self, event: Any) -> None:
        """A compilation begins."""
        self._begun.append(TimingListener())
        self._begun[-1].on_start(event)
        if name := _name(event):
            self._listener(name, None)

    def on_end(self, event: Any) -> None:
        """A compilation ends; one that another thread began before `heard` is nobody's business."""
        if not self._begun:
            return
        timer = self._begun.pop()
        timer.on_end(event)
        if name := _name(event):
            self._listener(name, timer.duration)


def _name(event: Any) -> str:
    """The kernel of an event as module and function; "" for a function of numba's own."""
    kernel = event.data["dispatcher"].py_func
    if not kernel.__module__.startswith(_OURS):
        return ""
    return f"{kernel.__module__.removeprefix(_OURS)}.{kernel.__name__}"


def _folder(kernel: Any) -> Path | None:
    path = getattr(kernel._cache, "cache_path", None)
    return None if path is None else Path(path)


def frozen(values: Any) -> np.ndarray:
    """A read-only contiguous view. Kernels are compiled for such arrays only, whoever owns them."""
    view = np.ascontiguousarray(values).view()
    view.flags.writeable = False
    return view
