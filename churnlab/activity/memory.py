"""Memory for one array after another, so that a machine need not hand out fresh pages for each."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np


class ReusedMemory:
    """Makes arrays; what nobody holds any more is handed out again.

    Fresh memory costs more to touch than the rows or features that are written into it. An array
    counts as held for as long as anything sees it: a view, or a frame that was made of it.

    >>> memory = ReusedMemory()
    >>> first = memory.empty((2, 3))
    >>> place = first.ctypes.data
    >>> del first
    >>> memory.empty((3, 2)).ctypes.data == place
    True
    """

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []

    def empty(self, shape: tuple[int, ...]) -> np.ndarray:
        """An array float64 of this shape with any values. Threads may ask at the same time."""
        return self.arrays((shape, np.float64))[0]

    def arrays(self, *wanted: tuple[tuple[int, ...], Any]) -> list[np.ndarray]:
        """Arrays with any values side by side, of these shapes and types: wider types first.

        >>> counts, names = ReusedMemory().arrays(((2, 3), np.int64), ((5,), np.uint8))
        >>> counts.shape, counts.dtype, names.shape
        ((2, 3), dtype('int64'), (5,))
        """
        sizes = [int(np.prod(shape)) * np.dtype(kind).itemsize for shape, kind in wanted]
        ends = np.cumsum(sizes).tolist()
        whole = self._bytes(ends[-1])
        return [
            whole[end - size : end].view(kind).reshape(shape)
            for size, end, (shape, kind) in zip(sizes, ends, wanted, strict=True)
        ]

    def _bytes(self, size: int) -> np.ndarray:
        """So many bytes with any values, uint8[size]."""
        block = self._block(size)
        lent = _Lent(block)
        weakref.finalize(lent, self._free.append, block).atexit = False
        return np.asarray(lent)[:size]

    def _block(self, size: int) -> np.ndarray:
        """A free block that is large enough, or a new one; free ones that are smaller are let go.

        A new one has room for an eighth more, as the next array may have a few rows more.
        """
        while True:
            try:
                block = self._free.pop()
            except IndexError:
                return np.empty(size + size // 8, np.uint8)
            if len(block) >= size:
                return block


class _Lent:
    """What the arrays made of a block hold on to: it goes when the last of them goes."""

    def __init__(self, block: np.ndarray) -> None:
        self.__array_interface__: dict[str, Any] = block.__array_interface__
