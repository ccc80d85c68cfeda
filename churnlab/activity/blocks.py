"""Daily rows by day, in the blocks that the rollup makes; they are kept in memory or on disk."""

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

from churnlab.activity.arrivals import is_late
from churnlab.activity.memory import ReusedMemory
from churnlab.activity.rows import PIECE_BITS, Carry, Rows
from churnlab.kernels import cores, windows
from churnlab.kernels.jit import frozen

# fill(to, counts, sums) writes row i to place to[i] of counts and sums; -1 leaves the row out.
Fill = Callable[[np.ndarray, np.ndarray, np.ndarray], None]


@dataclass(frozen=True)
class OnDisk:
    """An array in a file. Slices of its first axis are read when they are asked for."""

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


@dataclass(frozen=True)
class FirstColumns:
    """The first columns of an array in a file; slices of its rows are read when asked for."""

    values: OnDisk
    width: int

    def __getitem__(self, rows: slice) -> np.ndarray:
        found: np.ndarray = self.values[rows][:, : self.width]
        return found


class Shelf:
    """Holds blocks in memory up to `limit` bytes, and further blocks in a temporary file.

    The file is removed with the last block that is in it.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held = 0
        self._end = 0
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None

    def put(self, block: Block) -> Block:
        """The block with its rows in memory or on disk."""
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
        # Not closed here: it is closed with the last block that is in it.
        self._file = self._file or tempfile.TemporaryFile(prefix="churnlab-")  # noqa: SIM115
        self._file.seek(self._end)
        self._file.write(np.ascontiguousarray(array).data.cast("B"))
        self._file.flush()
        begin, self._end = self._end, self._end + array.nbytes
        return OnDisk(self._file, begin, array.shape, array.dtype)


@dataclass(frozen=True)
class Block:
    """Rows of one day and version, with one row a person.

    | field  | type                 | meaning                                         |
    |--------|----------------------|-------------------------------------------------|
    | day    | day                  | the day of the rows                             |
    | known  | day                  | the day from which on the rows are known        |
    | codes  | int32[m]             | people, grouped by piece (`code >> PIECE_BITS`) |
    | starts | int64[pieces + 1]    | where each piece begins, from `first` on        |
    | counts | uint8 or int32[m, k] | counts                                          |
    | sums   | int64[m, s]          | sums                                            |

    codes, counts and sums are arrays or OnDisk. `first` is the first piece that may have rows.
    """

    day: int
    known: int
    codes: Any
    starts: np.ndarray
    counts: Any
    sums: Any
    first: int = 0

    def group(self, piece: int) -> slice:
        """The rows of one piece, as a slice."""
        place = piece - self.first
        if not 0 <= place < len(self.starts) - 1:
            return slice(0, 0)
        return slice(int(self.starts[place]), int(self.starts[place + 1]))


class BlockRows:
    """Daily rows that stay in their blocks until the rows of a group of people are asked for.

    `place` int64[codes] is the place of each code among the sorted users, -1 for codes without
    rows. `columns` are the columns of counts to keep, of the `width` (counts, sums) that the blocks
    have. `versions` says whether the log has arrival times.
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
        self.place = place
        self.columns = columns
        self.versions = versions
        self.width = width
        self.late = versions and any(is_late(b.known, b.day) for b in blocks)

    def pieces(self) -> list[np.ndarray]:
        """The people in groups of some thousands, each as rising places int64[k]."""
        groups = [
            np.sort(self.place[i : i + (1 << PIECE_BITS)])
            for i in range(0, len(self.place), 1 << PIECE_BITS)
        ]
        groups = [g[np.searchsorted(g, 0) :] for g in groups]
        return [g for g in groups if len(g)]

    def piece(self, places: np.ndarray, memory: ReusedMemory | None = None) -> Rows:
        """The rows of one group of `pieces`, in fresh memory or in memory that is used again."""
        piece = int(self._codes[places[0]]) >> PIECE_BITS
        base = piece << PIECE_BITS
        local = np.searchsorted(places, self.place[base : base + (1 << PIECE_BITS)])
        parts = self._parts(piece)
        held = np.zeros(len(places), np.int64)
        codes = np.concatenate([np.zeros(0, np.int32), *(b.codes[rows] for b, rows in parts)])
        windows.count(frozen(local), frozen(codes), base, held)
        first = np.concatenate([[0], np.cumsum(held)])
        out = self._room(int(first[-1]), memory or ReusedMemory())
        self._put(parts, local, base, first[:-1].copy(), out)
        return self._chosen(first, *out)

    @cached_property
    def _codes(self) -> np.ndarray:
        """The code of each user, int64[people]."""
        codes = np.zeros(int(self.place.max(initial=-1)) + 1, np.int64)
        codes[self.place[self.place >= 0]] = np.flatnonzero(self.place >= 0)
        return codes

    def _parts(self, piece: int) -> list[tuple[Block, slice]]:
        """The blocks that have rows of a piece, and these rows."""
        parts = ((b, b.group(piece)) for b in self.blocks)
        return [(b, rows) for b, rows in parts if rows.stop > rows.start]

    def _room(self, rows: int, memory: ReusedMemory) -> tuple[np.ndarray, ...]:
        """Empty day, known, counts and sums for a number of rows."""
        counts, sums = self.width
        found = memory.arrays(
            ((rows, sums), np.int64),
            ((rows,), np.int32),
            ((rows if self.versions else 0,), np.int32),
            ((rows, counts), np.int32),
        )
        return (*found[1:], found[0])

    def _put(
        self,
        parts: list[tuple[Block, slice]],
        place: np.ndarray,
        base: int,
        at: np.ndarray,
        out: tuple[np.ndarray, ...],
    ) -> None:
        """Copy slices of blocks into `out`, behind each person's earlier rows; see windows.put."""
        for block, rows in parts:
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
        """Rows without the columns of roles that the log turned out not to have."""
        if len(self.columns) < counts.shape[1]:
            counts = np.ascontiguousarray(counts[:, self.columns])
        return Rows(first, day, counts, sums, known)

    @cached_property
    def whole(self) -> Rows:
        """All rows, sorted by person and day."""
        held = np.zeros(len(self._codes), np.int64)
        for block in self.blocks:
            windows.count(frozen(self.place), frozen(block.codes), 0, held)
        first = np.concatenate([[0], np.cumsum(held)])
        out, at = self._room(int(first[-1]), ReusedMemory()), first[:-1].copy()
        groups = max((b.first + len(b.starts) for b in self.blocks), default=1) - 1

        def put(group: int) -> None:
            """Copy the rows of one group of people to their places."""
            self._put(self._parts(group), self.place, 0, at, out)

        with ThreadPoolExecutor(cores.allowed()) as pool:
            list(pool.map(put, range(groups)))
        return self._chosen(first, *out)

    def acts_alone(self) -> BlockRows:
        """The same rows with the count of acts alone, which are put in order in less time."""
        blocks = [
            replace(b, counts=_first(b.counts, 1), sums=_first(b.sums, 0)) for b in self.blocks
        ]
        return BlockRows(blocks, self.place, np.zeros(1, np.int64), self.versions, (1, 0))

    @property
    def carry(self) -> Carry | None:
        """None: blocks hold every day one by one."""
        return None

    def with_carry(self, carry: Carry) -> Rows:
        """All rows, sorted by person and day, with the folded past before them."""
        return replace(self.whole, carry=carry)


def _first(values: Any, width: int) -> Any:
    """The first columns of an array, in memory or on disk."""
    return FirstColumns(values, width) if isinstance(values, OnDisk) else values[:, :width]


def blocks_of(
    day: int, known: int, codes: np.ndarray, wide: np.ndarray, width: tuple[int, int], fill: Fill
) -> Iterator[Block]:
    """The rows of one day and version as blocks.

    One block has a byte for each count; another has int32 counts for the rows that need them
    (`wide` bool[m]). `width` is the number of counts and of sums of a row, `fill` writes the rows.
    """
    for is_wide, kind in ((False, np.uint8), (True, np.int32)):
        if not (wide == is_wide).any():
            continue
        starts = np.empty((int(codes.max()) >> PIECE_BITS) + 2, np.int64)
        to = np.empty(len(codes), np.int64)
        grouped = windows.by_piece(frozen(codes), frozen(wide), is_wide, PIECE_BITS, starts, to)
        counts = np.empty((len(grouped), width[0]), kind)
        sums = np.empty((len(grouped), width[1]), np.int64)
        fill(to, counts, sums)
        yield Block(day, known, grouped, starts, counts, sums)
