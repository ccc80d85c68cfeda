"""Events by local day, in pages of memory, and in a temporary file when the memory is full."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from churnlab.errors import LogError
from churnlab.events.spec import LogSpec
from churnlab.kernels import piles as kernel
from churnlab.kernels.jit import frozen
from churnlab.kernels.piles import PAGE
from churnlab.kernels.rollup import Slice

_LEAST = 64  # pages that are held at least when memory is short
_SOME = 4096  # pages that are taken at a time
_EACH = 2  # pages a day that are taken at least


@dataclass(frozen=True)
class Part:
    """Events of one day: `read` gives their rows, int64[rows, words]."""

    read: Callable[[], np.ndarray]
    rows: int


class Piles:
    """The events of some days, day by day, in the order in which they were added.

    They take up to `memory` bytes; what is more goes to a temporary file in `folder`. Pages are
    taken some thousands at a time, and stay where they are. Not safe for two threads that add at
    once.
    """

    def __init__(self, source: str, spec: LogSpec, memory: int, folder: Path) -> None:
        self.source = source
        self.spec = spec
        self.folder = folder
        words = 2 + len(spec.measures) + (spec.amount is not None) + (spec.arrived is not None)
        self._pages_left = max(memory // (8 * words * PAGE), _LEAST)
        self._rows = np.empty((0, PAGE, words), np.int64)
        self._owner = np.empty(0, np.int32)
        self._head = np.full(0, -1, np.int32)
        self._used = np.zeros(0, np.int32)
        self._tally = np.zeros(2, np.int64)
        self._file: IO[bytes] | None = None
        self._parts: dict[int, list[Part]] = {}

    def add(self, events: Slice, turns: np.ndarray, shifts: np.ndarray) -> None:
        """Add events; the local time is the clock and shifts[i] from turns[i] on, int64 both."""
        if not len(events):
            return
        day = np.empty(len(events), np.int32)
        kernel.days_of(events.clock, frozen(turns), frozen(shifts), day)
        if events.name.max() >= kernel.NAMES:
            given = f"text of {kernel.NAMES:,} or more different values"
            wanted = "fewer names of events"
            raise LogError.from_wrong_type(self.source, self.spec.event, given, wanted)
        self._cover(int(day.min()), int(day.max()))
        columns = kernel.Columns(
            events.ids,
            events.clock,
            events.name,
            events.amount.view(np.int64),
            events.lacking,
            events.extra,
            events.known,
        )
        done = 0
        while (done := kernel.deal(columns, frozen(day), done, self._pages())) < len(events):
            few = max(_SOME, _EACH * len(self._head))
            if len(self._owner) and few > self._pages_left:
                self._spill()
            else:
                self._put_away()
                self._take(min(few, self._pages_left))

    def _take(self, count: int) -> None:
        """Take so many fresh pages."""
        self._pages_left -= count
        self._rows = np.empty((count, *self._rows.shape[1:]), np.int64)
        self._owner = np.empty(count, np.int32)

    def _pages(self) -> kernel.Pages:
        return kernel.Pages(self._rows, self._owner, self._head, self._used, self._tally)

    def _cover(self, low: int, high: int) -> None:
        """Make room for the days from `low` to `high`."""
        first, held = int(self._tally[0]), len(self._head)
        if held and first <= low and high < first + held:
            return
        begin = min(low, first) if held else low
        end = max(high + 1, first + held) if held else high + 1
        head = np.full(end - begin, -1, np.int32)
        used = np.zeros(end - begin, np.int32)
        if held:
            head[first - begin : first - begin + held] = self._head
            used[first - begin : first - begin + held] = self._used
        self._head, self._used, self._tally[0] = head, used, begin

    def _spill(self) -> None:
        """Move the pages at work to the file."""
        self._file = self._file or tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115
        for day, pages in self._held().items():
            place, last = self._file.seek(0, 2), self._last(day)
            self._file.write(self._rows[pages].data)
            self._add_part(day, partial(self._read, place, len(pages), last), len(pages), last)
        self._file.flush()
        self._empty()

    def _put_away(self) -> None:
        """Leave the pages at work in memory as they are."""
        for day, pages in self._held().items():
            last = self._last(day)
            self._add_part(day, partial(_copy, self._rows, pages, last), len(pages), last)
        self._empty()

    def _add_part(self, day: int, read: Callable[[], np.ndarray], pages: int, last: int) -> None:
        self._parts.setdefault(day, []).append(Part(read, _rows(pages, last)))

    def _empty(self) -> None:
        """Begin with the pages at work anew."""
        self._head.fill(-1)
        self._used.fill(0)
        self._tally[1] = 0

    def _held(self) -> dict[int, np.ndarray]:
        """The pages at work of each day, in their order."""
        owner = self._owner[: self._tally[1]]
        order = np.argsort(owner, kind="stable")
        days, begins = np.unique(owner[order], return_index=True)
        return dict(zip(days.tolist(), np.split(order, begins)[1:], strict=True))

    def parts(self) -> dict[int, list[Part]]:
        """The events of each day in parts, in their order; nothing is added any more."""
        self._put_away()
        return self._parts

    def close(self) -> None:
        """Close the file; the parts cannot be read any more."""
        if self._file is not None:
            self._file.close()

    def _read(self, place: int, pages: int, last: int) -> np.ndarray:
        """The rows of some pages of one day in the file."""
        words = self._rows.shape[2]
        assert self._file is not None
        data = os.pread(self._file.fileno(), 8 * pages * PAGE * words, place)
        return np.frombuffer(data, np.int64).reshape(-1, words)[: _rows(pages, last)]

    def _last(self, day: int) -> int:
        """The rows of the page that a day was filling."""
        return int(self._used[day - self._tally[0]])


def _rows(pages: int, last: int) -> int:
    """The number of rows of some pages of which the last holds `last`."""
    return (pages - 1) * PAGE + last


def _copy(rows: np.ndarray, pages: np.ndarray, last: int) -> np.ndarray:
    """The rows of some pages of one day in memory."""
    mine = rows[pages]
    return mine.reshape(-1, mine.shape[2])[: _rows(len(pages), last)]
