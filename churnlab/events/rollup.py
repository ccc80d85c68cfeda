"""Tasks to blocks of daily rows, several at a time.

A task whose events come in the order of time is streamed. Any other is sorted in memory. When it
does not fit there, the whole log is partitioned by person on disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from churnlab.activity.blocks import Block, Shelf
from churnlab.events.batches import Counts, Reader
from churnlab.events.codes import Tables
from churnlab.events.on_disk import Disk
from churnlab.events.open_day import Disorder, OpenDay
from churnlab.events.seen import Seen
from churnlab.events.source import BATCH, BYTES_A_ROW, Source, Task
from churnlab.events.spec import LogSpec
from churnlab.events.unusable import Unusable
from churnlab.kernels import cores, local_days
from churnlab.kernels.jit import frozen
from churnlab.kernels.rollup import Slice
from churnlab.schema.compiling import first_compilation_said
from churnlab.schema.days import before, contains
from churnlab.schema.progress import bar, counted
from churnlab.schema.zones import zone_changes

# Batches are decoded and then added four at a time: each of the two loops keeps its own data in the
# cache.
_AT_ONCE = 4
_RUNS = 65_536  # a batch with more changes of day than this is not in the order of time
_NEVER = -(2**62)
_PLENTY = 2**60  # bytes


class _TooLarge(Exception):
    """A task that has to be sorted does not fit into memory."""


@dataclass
class Rolled:
    """A log as blocks, whose people are codes of `tables.ids`, and its number of events by day."""

    tables: Tables
    blocks: list[Block] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    unusable: dict[str, Unusable] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    events: dict[int, int] = field(default_factory=dict)

    def examples(self) -> dict[str, list[str]]:
        """Up to three values for each reason to set rows aside."""
        found = Seen()
        found.add(self.seen)
        for what, numbers in self.unusable.items():
            if numbers.examples:
                reason = "bad_amounts" if what == "amount" else "bad_measures"
                found.tell(reason, numbers.examples)
        return found.examples

    def add(self, roller: _Roller) -> None:
        """Add the blocks and counts of a task."""
        self.blocks += roller.blocks
        self.counts.add(roller.counts)
        for what, seen in roller.reader.unusable.items():
            self.unusable.setdefault(what, Unusable()).merge(seen)
        self.seen.add(roller.reader.seen)
        for day, count in roller.events.items():
            self.events[day] = self.events.get(day, 0) + count

    def since(self, start: int) -> Rolled:
        """The same without the days before `start`."""
        blocks = [b for b in self.blocks if not before(b.day, start)]
        return self if len(blocks) == len(self.blocks) else replace(self, blocks=blocks)


def roll(source: Source, spec: LogSpec, tables: Tables) -> Rolled:
    """A whole source as blocks, rolled up on `spec.threads` cores (None: all).

    The result depends neither on the number of cores nor on batches and tasks. `tables` collects
    the codes. LogError for events that cannot be used.
    """
    threads = spec.threads or cores.allowed()
    folder = tempfile.TemporaryDirectory(prefix="churnlab-")
    with folder, first_compilation_said():
        disk = Disk(spec, threads, Path(folder.name))
        dropped = 0
        if spec.event_id is not None:
            source, dropped = disk.without_repeats(source)
        try:
            tasks = source.tasks(spec, threads)
            done = _roll_tasks(tasks, source, spec, tables, threads, spec.memory // threads)
        except _TooLarge:
            tables = Tables(tables.roles)
            tasks = disk.by_person(source)
            done = _roll_tasks(tasks, source, spec, tables, threads, _PLENTY)
    done.counts.duplicates_dropped = dropped
    return done


def _roll_tasks(
    tasks: list[Task], source: Source, spec: LogSpec, tables: Tables, threads: int, memory: int
) -> Rolled:
    """Roll up all tasks; _TooLarge when one has to be sorted and takes more than `memory` bytes."""
    shelf = Shelf(spec.memory // 3)
    done = Rolled(tables)

    with (
        bar("reading events", lambda: source.rows, spec.progress) as step,
        ThreadPoolExecutor(threads) as pool,
    ):

        def work(task: Task) -> _Roller:
            seen = replace(task, batches=lambda: counted(task.batches(), step, len))
            return _Roller(source.name, spec, tables, shelf.put, memory).run(seen)

        for roller in list(pool.map(work, tasks)):
            done.add(roller)
    return done


class _Roller:
    """Rolls up one task."""

    def __init__(
        self,
        name: str,
        spec: LogSpec,
        tables: Tables,
        keep: Callable[[Block], Block],
        memory: int,
    ) -> None:
        self.name = name
        self.spec = spec
        self.tables = tables
        self.keep = keep
        self.memory = memory
        self._begin(_RUNS)

    def _begin(self, runs: int) -> None:
        self.runs = runs
        self.blocks: list[Block] = []
        self.events: dict[int, int] = {}
        self.open: dict[int, OpenDay] = {}
        self.closed = _NEVER
        self.reader = Reader(self.name, self.spec, self.tables)

    @property
    def counts(self) -> Counts:
        """What the task read and set aside."""
        return self.reader.counts

    def run(self, task: Task) -> _Roller:
        """Try the task as it comes, and sort it when it is not in the order of time."""
        if task.ordered:
            try:
                self._stream(task)
                return self
            except Disorder:
                pass
        self._begin(runs=2**62)
        events = self._collect(task)
        events = events.part(np.argsort(events.clock, kind="stable"))
        for begin in range(0, len(events), BATCH):
            self._add(events.part(slice(begin, begin + BATCH)), task.days)
        self._close(2**62)
        return self

    def _stream(self, task: Task) -> None:
        batches = iter(task.batches())
        while several := [self.reader.read(b, task.days) for b in islice(batches, _AT_ONCE)]:
            for events in several:
                self._add(events, task.days)
        self._close(2**62)

    def _collect(self, task: Task) -> Slice:
        """All events of a task in memory."""
        several: list[Slice] = []
        rows = 0
        for batch in task.batches():
            several.append(self.reader.read(batch, task.days))
            rows += len(several[-1])
            if rows * BYTES_A_ROW > self.memory:
                raise _TooLarge
        return _joined(several)

    def _add(self, events: Slice, days: tuple[int, int] | None) -> None:
        """Add events to their days, and close the days that are over."""
        if not len(events):
            return
        runs = self._runs(events.clock)
        meaning = self.tables.meaning()
        stops = [*runs[1:, 0], len(events)]
        for (start, day, shift), stop in zip(runs.tolist(), stops, strict=True):
            if days is not None and not contains(day, *days):
                continue
            if not before(self.closed, day):
                raise Disorder
            self._day(day).add(events.part(slice(start, stop)), shift, meaning)
        self._close(int(runs[:, 1].max()) - 1)

    def _day(self, day: int) -> OpenDay:
        if day not in self.open:
            self.open[day] = OpenDay(day, self.spec, len(self.tables.roles.names))
        return self.open[day]

    def _runs(self, clock: np.ndarray) -> np.ndarray:
        """Runs of events of one day, int64[runs, 3]: first event, day, shift to local time."""
        turns, shifts = zone_changes(self.reader.zone, int(clock.min()), int(clock.max()))
        out = np.empty((min(len(clock), self.runs), 3), np.int64)
        count = local_days.runs(clock, frozen(turns), frozen(shifts), out)
        if count < 0:
            raise Disorder
        return out[:count]

    def _close(self, bound: int) -> None:
        """Finish the open days before one: no more events of them are expected."""
        for day in sorted(d for d in self.open if before(d, bound)):
            earlier = self.counts.events
            self.blocks += map(self.keep, self.open.pop(day).blocks(self.tables, self.counts))
            if self.counts.events > earlier:
                self.events[day] = self.events.get(day, 0) + self.counts.events - earlier
            self.closed = day


def _joined(several: list[Slice]) -> Slice:
    """The events of several batches, one batch after the other."""
    if any(len(s.lacking) for s in several):
        several = [s if len(s.lacking) else _none_lacking(s) for s in several]
    columns = zip(*(s.columns() for s in several), strict=True)
    return Slice(*(frozen(np.concatenate(c)) for c in columns))


def _none_lacking(events: Slice) -> Slice:
    return replace(events, lacking=np.zeros(len(events), np.uint8))
