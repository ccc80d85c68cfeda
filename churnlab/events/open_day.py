"""A day that still takes events, and the rows that come of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from churnlab.activity import arrivals
from churnlab.activity.blocks import Block, blocks_of
from churnlab.errors import LogError
from churnlab.events.batches import Counts
from churnlab.events.codes import Tables
from churnlab.events.measured import NOT_COUNTED
from churnlab.events.spec import LogSpec
from churnlab.kernels.ids import FirstSeen
from churnlab.kernels.jit import frozen
from churnlab.kernels.rollup import DayRoll, Meaning, PersonRoll, Slice
from churnlab.kernels.units import SESSION_GAP_MICROS


class Disorder(Exception):
    """Events do not come in the order of time, so the task has to be sorted."""


class OpenDay:
    """A day that still takes events.

    With arrival times it keeps them, in order to roll up each version of the day.
    """

    def __init__(self, day: int, spec: LogSpec, tables: Tables) -> None:
        self.day = day
        self.spec = spec
        self.tables = tables
        self.kept: list[tuple[Slice, int, Meaning]] = []
        self._begin()

    def _begin(self) -> None:
        """Start the rows of the day afresh."""
        measures = enumerate(self.spec.measures)
        self.seen = {i: FirstSeen() for i, m in measures if m.kind == "distinct"}
        self.roll = DayRoll(
            self.day,
            self.tables.kinds,
            len(self.tables.roles.names),
            len(self.spec.measures),
            SESSION_GAP_MICROS,
        )

    def add(self, events: Slice, shift: int, meaning: Meaning) -> None:
        """Add events of the day; `shift` is local time minus the log's clock, in microseconds.

        Raises Disorder when a person's time runs backwards.
        """
        if self.spec.arrived is not None:
            self.kept.append((events, shift, meaning))
        else:
            self._add(events, shift, meaning)

    def _add(self, events: Slice, shift: int, meaning: Meaning) -> None:
        if self.seen:
            extra = events.extra.copy()
            for column, table in self.seen.items():
                extra[:, column] = table.first(events.ids, extra[:, column], NOT_COUNTED)
            events = replace(events, extra=frozen(extra))
        if not self.roll.add(events, shift, meaning):
            raise Disorder

    def blocks(self, counts: Counts) -> Iterator[Block]:
        """The day's rows, and its numbers added to `counts`.

        With arrival times there is one block for each day on which an event of this day arrived,
        with the rows of the people whose rows changed then.
        """
        if self.spec.arrived is None:
            yield from self._finished(self.day, counts)
            return
        known = np.concatenate([events.known for events, _, _ in self.kept])
        ids = np.concatenate([events.ids for events, _, _ in self.kept])
        timely = arrivals.in_time(known, self.day, self.spec.late_days)
        counts.too_late += int((~timely).sum())
        versions = np.unique(known[timely])
        for version in versions:
            self._again(np.unique(ids[known == version]), version)
            own = counts if len(versions) == 1 else Counts()
            yield from self._finished(int(version), own)
        if len(versions) > 1:  # the events of all people, each counted once
            self._again(None, arrivals.last_known(self.day, self.spec.late_days))
            self._count(counts)

    def _again(self, people: np.ndarray | None, version: int) -> None:
        """Roll up the events that had arrived by the day `version`, of some people or of all."""
        self._begin()
        for events, shift, meaning in self.kept:
            rows = arrivals.known_by(events.known, version)
            rows = rows if people is None else rows & np.isin(events.ids, people)
            self._add(events.part(np.flatnonzero(rows)), shift, meaning)

    def _count(self, counts: Counts) -> None:
        counts.bad_amounts += self.roll.bad_amounts
        counts.duplicates += self.roll.repeats()
        counts.events += self.roll.events

    def _finished(self, known: int, counts: Counts) -> Iterator[Block]:
        """The rows as blocks; LogError for a sum that does not fit in 64 bits."""
        codes = self.tables.person_codes(self.roll.ids())
        wide = checked_wide(self.roll, self.spec)
        self._count(counts)
        yield from blocks_of(self.day, known, codes, wide, self.roll.width, self.roll.fill)
        self.roll.end()


def checked_wide(roll: DayRoll | PersonRoll, spec: LogSpec) -> np.ndarray:
    """The rows that are `wide`, bool[m]; LogError for a sum that does not fit in 64 bits."""
    wide = roll.wide()
    for k in roll.overflow:
        raise LogError.from_overflow("money" if k == 0 else spec.measures[k - 1].name)
    return wide
