"""Daily rows as they were rolled up: blocks of a day, in memory or on disk."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import IO, Any

import numpy as np

from churnlab.activity.rows import PIECE_BITS, Carry, Rows
from churnlab.kernels import windows
from churnlab.kernels.jit import frozen

Fill = Callable[
    [np.ndarray, np.ndarray, np.ndarray], None
]  # (to, counts, sums): writes row i to place to[i], -1 for none


@dataclass(frozen=True)
class OnDisk:
    """An array in a file; slices of its first axis are read when they are asked for."""

    file: IO[bytes]
    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def __getitem__(self, rows: Any) -> np.ndarray:
        if not isinstance(rows, slice):
            whole: np.ndarray = self[:][rows]
            return whole
        begin, end, _ = rows.indices(self.shape[0])
        width = int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize
        data = os.pread(
            self.file.fileno(), max(end - begin, 0) * width, self.offset + begin * width
        )
        return np.frombuffer(data, self.dtype).reshape(-1, *self.shape[1:])


class Shelf:
    """Keeps blocks in memory up to a number of bytes, and what is more in a file that goes away with them."""

    def __init__(self, limit: int) -> None:
        self.limit, self._held, self._end, self._lock = limit, 0, 0, threading.Lock()
        self._file: IO[bytes] | None = None

    def put(self, block: Block) -> Block:
        """The block, its rows in memory or on disk."""
        with self._lock:
            size = block.codes.nbytes + block.counts.nbytes + block.sums.nbytes
            if self._held + size <= self.limit:
                self._held += size
                return block
            return replace(
                block,
                codes=self._write(block.codes),
                counts=self._write(block.counts),
                sums=self._write(block.sums),
            )

    def _write(self, array: np.ndarray) -> OnDisk:
        self._file = self._file or tempfile.TemporaryFile(prefix="churnlab-")  # noqa: SIM115  (closed with the last block that is in it)
        self._file.seek(self._end)
        self._file.write(np.ascontiguousarray(array).data.cast("B"))
        self._file.flush()
        begin, self._end = self._end, self._end + array.nbytes
        return OnDisk(self._file, begin, array.shape, array.dtype)


@dataclass(frozen=True)
class Block:
    """Rows of one day as they were rolled up: codes int32[m] of persons grouped by `code >> PIECE_BITS` at `starts`, counts uint8 or
    int32[m, k], sums int64[m, s], arrays or OnDisk; `known` as in Rows."""

    day: int
    known: int
    codes: Any
    starts: np.ndarray
    counts: Any
    sums: Any

    def group(self, piece: int) -> slice:
        """Where the rows of a group of persons stand."""
        return (
            slice(int(self.starts[piece]), int(self.starts[piece + 1]))
            if piece + 1 < len(self.starts)
            else slice(0, 0)
        )


class BlockRows:
    """Daily rows that stay as they were rolled up, by day, until the rows of a group of persons are asked for.

    `place` int64[codes] is each code's place among the users, -1 for none; `width` how many counts and sums a row has.
    """

    def __init__(
        self,
        blocks: list[Block],
        place: np.ndarray,
        columns: np.ndarray,
        versions: bool,
        width: tuple[int, ...],
    ) -> None:
        self.blocks = sorted(blocks, key=lambda b: (b.day, b.known))
        self.place, self.columns, self.versions, self.width = place, columns, versions, width
        self.late = versions and any(b.known > b.day for b in blocks)

    def pieces(self) -> list[np.ndarray]:
        """As Rows.pieces."""
        groups = [
            np.sort(self.place[i : i + (1 << PIECE_BITS)])
            for i in range(0, len(self.place), 1 << PIECE_BITS)
        ]
        groups = [g[np.searchsorted(g, 0) :] for g in groups]
        return [g for g in groups if len(g)]

    def piece(self, places: np.ndarray) -> Rows:
        """The rows of one group of `pieces`."""
        return self._gather(self._code(places[0]) >> PIECE_BITS, places)

    def _code(self, place: int) -> int:
        return int(self._codes[place])

    @cached_property
    def _codes(self) -> np.ndarray:
        codes = np.zeros(int(self.place.max(initial=-1)) + 1, np.int64)
        codes[self.place[self.place >= 0]] = np.flatnonzero(self.place >= 0)
        return codes

    def _gather(self, piece: int, places: np.ndarray) -> Rows:
        base = piece << PIECE_BITS
        local = np.searchsorted(places, self.place[base : base + (1 << PIECE_BITS)])
        parts = [(b, b.group(piece)) for b in self.blocks]
        held = np.zeros(len(places), np.int64)
        for block, rows in parts:
            windows.count(frozen(local), frozen(block.codes[rows]), base, held)
        first = np.concatenate([[0], np.cumsum(held)])
        out = self._room(int(first[-1]))
        self._put(parts, local, base, first[:-1].copy(), out)
        return self._chosen(first, *out)

    def _room(self, rows: int) -> tuple[np.ndarray, ...]:
        counts, sums = self.width
        return (
            np.empty(rows, np.int32),
            np.empty(rows if self.versions else 0, np.int32),
            np.empty((rows, counts), np.int32),
            np.empty((rows, sums), np.int64),
        )

    def _put(
        self,
        parts: list[tuple[Block, slice]],
        place: np.ndarray,
        base: int,
        at: np.ndarray,
        out: tuple[np.ndarray, ...],
    ) -> None:
        for block, rows in parts:
            if rows.stop > rows.start:
                windows.put(
                    frozen(place),
                    frozen(block.codes[rows]),
                    base,
                    block.day,
                    block.known,
                    frozen(block.counts[rows]),
                    frozen(block.sums[rows]),
                    at,
                    *out,
                )

    def _chosen(
        self,
        first: np.ndarray,
        day: np.ndarray,
        known: np.ndarray,
        counts: np.ndarray,
        sums: np.ndarray,
    ) -> Rows:
        """Without the columns that the log turned out not to have."""
        counts = (
            counts
            if len(self.columns) == counts.shape[1]
            else np.ascontiguousarray(counts[:, self.columns])
        )
        return Rows(first, day, counts, sums, known)

    @cached_property
    def whole(self) -> Rows:
        """All rows, put in order."""
        held = np.zeros(len(self._codes), np.int64)
        for block in self.blocks:
            windows.count(frozen(self.place), frozen(block.codes), 0, held)
        first = np.concatenate([[0], np.cumsum(held)])
        out, at = self._room(int(first[-1])), first[:-1].copy()
        groups = max((len(b.starts) for b in self.blocks), default=1) - 1
        with ThreadPoolExecutor() as pool:
            list(
                pool.map(
                    lambda g: self._put(
                        [(b, b.group(g)) for b in self.blocks], self.place, 0, at, out
                    ),
                    range(groups),
                )
            )
        return self._chosen(first, *out)

    def with_carry(self, carry: Carry) -> Rows:
        """All rows, put in order, with what was folded away before them."""
        return replace(self.whole, carry=carry)


def blocks_of(
    day: int, known: int, codes: np.ndarray, wide: np.ndarray, width: tuple[int, int], fill: Fill
) -> Iterator[Block]:
    """Rolled rows as a block of one byte a count and, where one does not fit (`wide` bool[m]), another; `width` counts and sums a row."""
    for is_wide, kind in ((False, np.uint8), (True, np.int32)):
        if (wide == is_wide).any():
            starts, to = (
                np.empty((int(codes.max()) >> PIECE_BITS) + 2, np.int64),
                np.empty(len(codes), np.int64),
            )
            grouped = windows.by_piece(frozen(codes), frozen(wide), is_wide, PIECE_BITS, starts, to)
            counts, sums = (
                np.empty((len(grouped), width[0]), kind),
                np.empty((len(grouped), width[1]), np.int64),
            )
            fill(to, counts, sums)
            yield Block(day, known, grouped, starts, counts, sums)
