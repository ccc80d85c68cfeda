"""Days whose events came in no order, from their piles to blocks of daily rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from churnlab.activity.blocks import Block
from churnlab.events.batches import Counts
from churnlab.events.codes import Tables
from churnlab.events.open_day import Disorder, OpenDay
from churnlab.events.piles import Part
from churnlab.events.source import BYTES_A_ROW
from churnlab.events.spec import LogSpec
from churnlab.kernels import local_days
from churnlab.kernels import piles as kernel
from churnlab.kernels.jit import frozen
from churnlab.kernels.rollup import Slice
from churnlab.schema.zones import zone_changes

_AS_THEY_ARE = np.zeros(0, np.int32)
_LOOK = 4096  # rows that are looked at for their order
_RARE = 10  # one in so many
_TURNS = 64  # a day with more changes between two distances to UTC is not in the order of time


class PiledDays:
    """Rolls up days from their piles, a share of the people at a time where a day is large.

    `zone_name` is the zone of the log's clock, `memory` bounds the bytes of the events of a share.
    """

    def __init__(
        self,
        spec: LogSpec,
        tables: Tables,
        keep: Callable[[Block], Block],
        zone_name: str | None,
        memory: int,
    ) -> None:
        self.spec = spec
        self.tables = tables
        self.keep = keep
        self.zone_name = zone_name
        self.memory = memory

    def roll(self, day: int, parts: Sequence[Part]) -> tuple[list[Block], Counts]:
        """The blocks of a day, and what was counted in it."""
        blocks: list[Block] = []
        counts = Counts()
        shares = sum(part.rows for part in parts) * BYTES_A_ROW // max(self.memory, 1) + 1
        for mine in range(shares):
            rows = _share(parts, shares, mine)
            if len(rows):
                blocks += map(self.keep, self._added(day, rows).blocks(counts))
        return blocks, counts

    def _added(self, day: int, rows: np.ndarray) -> OpenDay:
        """The day with the events of some rows, in the order of time where that is needed."""
        clock = np.empty(len(rows), np.int64)
        kernel.times(rows, day, clock)
        if self._in_order(rows):
            try:
                return self._opened(day, self._laid_out(rows, clock, _AS_THEY_ARE))
            except Disorder:
                pass
        order = np.empty(len(rows), np.int32)
        kernel.by_time(clock, order)
        return self._opened(day, self._laid_out(rows, clock, order))

    def _in_order(self, rows: np.ndarray) -> bool:
        """Whether each person's own events may well come in the order of time.

        They do in a file by person and time, and in one by time. With arrival times, the order
        would show only when the day ends.
        """
        seen = rows[:_LOOK]
        return self.spec.arrived is None and min(kernel.falls(seen)) * _RARE <= len(seen)

    def _laid_out(self, rows: np.ndarray, clock: np.ndarray, order: np.ndarray) -> Slice:
        """The rows as columns, in an order of their places."""
        count = len(rows)
        paid = count if self.spec.amount is not None else 0
        dated = count if self.spec.arrived is not None else 0
        out = kernel.Columns(
            np.empty(count, np.int64),
            np.empty(count, np.int64),
            np.empty(count, np.int32),
            np.empty(paid, np.int64),
            np.empty(paid, np.uint8),
            np.empty((count, len(self.spec.measures)), np.int64),
            np.empty(dated, np.int32),
        )
        kernel.lay_out(rows, clock, order, out)
        columns = [frozen(column) for column in out._replace(amount=out.amount.view(np.float64))]
        return Slice(*columns)

    def _opened(self, day: int, events: Slice) -> OpenDay:
        """The day with these events; Disorder when a person's time runs backwards."""
        turns, shifts = zone_changes(
            self.zone_name, int(events.clock.min()), int(events.clock.max())
        )
        runs = np.empty((_TURNS, 3), np.int64)
        count = local_days.runs(events.clock, frozen(turns), frozen(shifts), runs)
        if count < 0:
            raise Disorder
        found = OpenDay(day, self.spec, self.tables)
        meaning = self.tables.meaning()
        stops = [*runs[1:count, 0], len(events)]
        for (start, _, shift), stop in zip(runs[:count].tolist(), stops, strict=True):
            found.add(events.part(slice(start, stop)), shift, meaning)
        return found


def _share(parts: Sequence[Part], shares: int, mine: int) -> np.ndarray:
    """The rows of one of several shares of the people, int64[k, words]."""
    found = []
    for part in parts:
        rows = frozen(part.read())
        if shares > 1:
            out = np.empty_like(rows)
            rows = out[: kernel.share(rows, shares, mine, out)].copy()
        found.append(rows)
    return frozen(found[0] if len(found) == 1 else np.concatenate(found))
