"""Tasks to blocks of daily rows, several at a time.

A task whose events come in the order of time, or one person after the other, is streamed. The
events of any other, and those of days or people that several tasks share, are put on piles by day,
which are rolled up when all is read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pyarrow as pa

from churnlab.activity.blocks import Block, Shelf
from churnlab.activity.memory import ReusedMemory
from churnlab.events import person_days
from churnlab.events.batches import Counts, Reader
from churnlab.events.codes import Tables
from churnlab.events.on_disk import Disk
from churnlab.events.open_day import Disorder, OpenDay
from churnlab.events.person_days import NOBODY, PersonDays
from churnlab.events.piled_days import PiledDays
from churnlab.events.piles import Part, Piles
from churnlab.events.seen import Seen
from churnlab.events.source import BATCH, BYTES_A_ROW, Source, Task
from churnlab.events.spec import LogSpec
from churnlab.events.unusable import Unusable
from churnlab.kernels import cores, local_days
from churnlab.kernels.jit import frozen
from churnlab.kernels.rollup import Slice
from churnlab.schema.compiling import first_compilation_said
from churnlab.schema.days import before, contains
from churnlab.schema.files import scratch_folder
from churnlab.schema.progress import bar, counted
from churnlab.schema.zones import zone_changes

# So many events are decoded and then added: each of the two loops keeps its own data in the cache.
_AT_ONCE = 4 * BATCH
_RUNS = 65_536  # a batch with more changes of day than this is not in the order of time
_NEVER = -(2**62)


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

    def add_day(self, day: int, blocks: list[Block], counts: Counts) -> None:
        """Add the blocks and counts of a day that was rolled up from its pile."""
        self.blocks += blocks
        self.counts.add(counts)
        if counts.events:
            self.events[day] = self.events.get(day, 0) + counts.events

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
    with scratch_folder() as folder, first_compilation_said():
        dropped = 0
        if spec.event_id is not None:
            source, dropped = Disk(spec, threads, folder).without_repeats(source)
        done = _tried(_Rolling(source, spec, tables, threads, folder))
        if done is None:
            done = _Rolling(source, spec, tables, threads, folder, by_person=False).run()
    done.counts.duplicates_dropped = dropped
    return done


def _tried(rolling: _Rolling) -> Rolled | None:
    """All of it; None where people turn out not to lie together."""
    try:
        return rolling.run()
    except _Scattered:
        return None


class _Scattered(Exception):
    """People do not lie together, though the statistics of the source said so."""


class _Rolling:
    """The work on one source: tasks, then the days that are left on piles."""

    def __init__(
        self,
        source: Source,
        spec: LogSpec,
        tables: Tables,
        threads: int,
        folder: Path,
        *,
        by_person: bool = True,
    ) -> None:
        self.source = source
        self.spec = spec
        self.tables = tables
        self.threads = threads
        self.shelf = Shelf(spec.memory // 3)
        self.reused = ReusedMemory()
        self.done = Rolled(tables)
        self.by_person = by_person
        self._scattered = threading.Event()
        # One for each thread; three quarters of the memory are for piles, the rest for single days.
        memory = spec.memory * 3 // 4 // threads
        self.piles = [Piles(source.name, spec, memory, folder) for _ in range(threads)]

    def run(self) -> Rolled:
        """All of it; _Scattered where people turn out not to lie together."""
        with closing(self), ThreadPoolExecutor(self.threads) as pool:
            self.read(pool)
            self.finish(pool)
        return self.done

    def read(self, pool: ThreadPoolExecutor) -> None:
        """Read all tasks, roll up what can be streamed, and put the other days on piles."""
        free: SimpleQueue[Piles] = SimpleQueue()
        for piles in self.piles:
            free.put(piles)
        with bar("reading events", lambda: self.source.rows, self.spec.progress) as step:

            def work(task: Task) -> _Roller:
                """Read and roll up one task."""
                seen = replace(task, batches=lambda: self._together(task, step))
                roller = _Roller(
                    self.source.name, self.spec, self.tables, self.shelf.put, self.reused
                )
                mine = free.get()
                try:
                    return roller.run(seen, mine)
                except _Scattered:
                    self._scattered.set()
                    raise
                finally:
                    free.put(mine)

            rollers = list(pool.map(work, self._tasks()))
        self._check_people(rollers)
        for roller in rollers:
            self.done.add(roller)

    def _tasks(self) -> list[Task]:
        """The tasks, without an order by person where that was tried in vain."""
        tasks = self.source.tasks(self.spec, self.threads)
        together = self.by_person and person_days.serves(self.spec)
        return [t if together or t.order != "person" else replace(t, order=None) for t in tasks]

    def _together(self, task: Task, step: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
        """The batches of a task, until people turn out not to lie together."""
        for batch in counted(task.batches(), step, len):
            if self._scattered.is_set():
                raise _Scattered
            yield batch

    def _check_people(self, rollers: Sequence[_Roller]) -> None:
        """Raise _Scattered where a person has rows of one task and events in another."""
        people = np.concatenate([NOBODY, *(r.people for r in rollers)])
        at_borders = np.concatenate([NOBODY, *(r.at_borders for r in rollers)])
        if len(people):
            tasks = np.bincount(people, minlength=int(at_borders.max(initial=0)) + 1)
            if tasks.max() > 1 or tasks[at_borders].any():
                raise _Scattered

    def finish(self, pool: ThreadPoolExecutor) -> None:
        """Roll up the days on piles."""
        parts: dict[int, list[Part]] = {}
        for piles in self.piles:
            for day, found in piles.parts().items():
                parts.setdefault(day, []).extend(found)
        zone_name = self.spec.clock_zone(bool(self.tables.naive))
        memory = self.spec.memory // 4 // self.threads
        days = PiledDays(self.spec, self.tables, self.shelf.put, zone_name, memory)

        def work(day: int) -> tuple[list[Block], Counts]:
            """Roll up one day from its pile."""
            return days.roll(day, parts[day])

        rising = sorted(parts)
        for day, (blocks, counts) in zip(rising, pool.map(work, rising), strict=True):
            self.done.add_day(day, blocks, counts)

    def close(self) -> None:
        """Close the files of the piles."""
        for piles in self.piles:
            piles.close()


class _Roller:
    """Reads one task."""

    def __init__(
        self,
        name: str,
        spec: LogSpec,
        tables: Tables,
        keep: Callable[[Block], Block],
        reused: ReusedMemory,
    ) -> None:
        self.name = name
        self.reused = reused
        self.spec = spec
        self.tables = tables
        self.keep = keep
        self._begin()

    def _begin(self) -> None:
        self.blocks: list[Block] = []
        self.events: dict[int, int] = {}
        self.open: dict[int, OpenDay] = {}
        self.shared: list[Slice] = []
        self.people = NOBODY
        self.at_borders = NOBODY
        self.room = self.spec.memory // 4
        self.closed = _NEVER
        self.reader = Reader(self.name, self.spec, self.tables)

    @property
    def counts(self) -> Counts:
        """What the task read and set aside."""
        return self.reader.counts

    def run(self, task: Task, piles: Piles) -> _Roller:
        """Try the task as it comes; put all on piles when it is not in the order of time.

        Raises _Scattered when it is not by person, though it should be.
        """
        if task.order == "person":
            self._pile(self._people(task), piles)
            return self
        if task.order == "time":
            try:
                self._stream(task)
                self._pile(self.shared, piles)
                self.shared = []
                return self
            except Disorder:
                self._begin()
        for batch in task.batches():
            self._pile([self.reader.read(batch, task.days)], piles)
        return self

    def _pile(self, several: Sequence[Slice], piles: Piles) -> None:
        """Put events on the piles of their days."""
        for events in several:
            if len(events):
                low, high = int(events.clock.min()), int(events.clock.max())
                piles.add(events, *zone_changes(self.reader.zone, low, high))

    def _people(self, task: Task) -> list[Slice]:
        """Roll up events by person; returns those of people whom other tasks may have events of."""
        with closing(PersonDays(self.spec, self.tables, self.keep, self.room, self.reused)) as days:
            try:
                for batch in task.batches():
                    days.add(self.reader.read(batch, task.days), self.reader.zone)
            except Disorder:
                raise _Scattered from None
            days.finish(self.counts)
        self.blocks = days.blocks
        self.events = days.events
        self.people = days.people
        self.at_borders = days.at_borders
        return days.borders

    def _stream(self, task: Task) -> None:
        several: list[Slice] = []
        rows = 0
        for batch in task.batches():
            several.append(self.reader.read(batch, task.days))
            rows += len(several[-1])
            if rows >= _AT_ONCE:
                self._add_all(several, task.own)
                several, rows = [], 0
        self._add_all(several, task.own)
        self._close(2**62)

    def _add_all(self, several: Sequence[Slice], own: tuple[int, int]) -> None:
        for events in several:
            self._add(events, own)

    def _add(self, events: Slice, own: tuple[int, int]) -> None:
        """Add events to their days, and close the days that are over."""
        if not len(events):
            return
        runs = self._runs(events.clock)
        meaning = self.tables.meaning()
        stops = [*runs[1:, 0], len(events)]
        for (start, day, shift), stop in zip(runs.tolist(), stops, strict=True):
            part = events.part(slice(start, stop))
            if not contains(day, *own):
                self._share(part)
                continue
            if not before(self.closed, day):
                raise Disorder
            self._day(day).add(part, shift, meaning)
        self._close(int(runs[:, 1].max()) - 1)

    def _share(self, events: Slice) -> None:
        """Hold events of a day that other tasks may have events of; Disorder when they are many."""
        self.shared.append(events)
        self.room -= len(events) * BYTES_A_ROW
        if self.room < 0:
            raise Disorder

    def _day(self, day: int) -> OpenDay:
        if day not in self.open:
            self.open[day] = OpenDay(day, self.spec, self.tables)
        return self.open[day]

    def _runs(self, clock: np.ndarray) -> np.ndarray:
        """Runs of events of one day, int64[runs, 3]: first event, day, shift to local time."""
        turns, shifts = zone_changes(self.reader.zone, int(clock.min()), int(clock.max()))
        out = np.empty((min(len(clock), _RUNS), 3), np.int64)
        count = local_days.runs(clock, frozen(turns), frozen(shifts), out)
        if count < 0:
            raise Disorder
        return out[:count]

    def _close(self, bound: int) -> None:
        """Finish the open days before one: no more events of them are expected."""
        for day in sorted(d for d in self.open if before(d, bound)):
            earlier = self.counts.events
            self.blocks += map(self.keep, self.open.pop(day).blocks(self.counts))
            if self.counts.events > earlier:
                self.events[day] = self.events.get(day, 0) + self.counts.events - earlier
            self.closed = day
