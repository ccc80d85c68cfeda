"""Streams of events to daily rows: in the order of time where they come so, sorted where they do not, on disk where memory is short."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.activity import arrivals
from churnlab.activity.blocks import Block, Shelf, blocks_of
from churnlab.errors import LogError
from churnlab.events.batches import NOT_COUNTED, Counts, Reader, Tables
from churnlab.events.sources import BATCH, DatabaseTable, ParquetFiles, Source, Task, quoted
from churnlab.events.spec import LogSpec
from churnlab.kernels import local_days
from churnlab.kernels.ids import FirstSeen, IntIds
from churnlab.kernels.jit import frozen
from churnlab.kernels.rollup import DayRoll, Meaning, Slice
from churnlab.kernels.units import SESSION_GAP_MICROS
from churnlab.schema.days import before, contains
from churnlab.schema.roles import Roles
from churnlab.schema.zones import zone_changes

_BYTES_A_ROW = 64
_LOT = 4  # batches decoded one after another, then added: each work keeps its own data in the cache
_RUNS = 65_536  # a batch with more changes of day than this is not in the order of time


class _Disorder(Exception):
    """An event of a day that was closed, or a person's clock that runs backwards: the task has to be sorted."""


class _TooLarge(Exception):
    """A task that has to be sorted and does not fit into memory."""


@dataclass
class Rolled:
    """A log as daily blocks: codes of `tables.ids`, what was counted, and the days seen, `[start, end)`."""

    tables: Tables
    blocks: list[Block] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    start: int = 2**62
    end: int = -(2**62)


def roll(source: Source, spec: LogSpec, tables: Tables) -> Rolled:
    """Rolls a whole source up on `spec.threads` threads (None: all cores); the result does not depend on their number or on batches."""
    threads = spec.threads or os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="churnlab-") as folder:
        dropped = 0
        if spec.event_id is not None:
            source = (
                source if spec.days is None else _spool(source, spec, threads, Path(folder))
            )  # repeats of those days alone
            source, dropped = _without_repeats(source, spec, threads, Path(folder))
        done = Rolled(tables)
        try:
            _roll_tasks(
                source.tasks(spec, threads),
                source.name,
                spec,
                done,
                threads,
                spec.memory // threads,
            )
        except _TooLarge:
            done = Rolled(Tables(tables.roles))
            _roll_tasks(
                _by_person(source, spec, threads, Path(folder)),
                source.name,
                spec,
                done,
                threads,
                2**60,
            )  # a person is not cut
    done.counts.duplicates_dropped = dropped
    return done


def _roll_tasks(
    tasks: list[Task], name: str, spec: LogSpec, done: Rolled, threads: int, memory: int
) -> None:
    shelf = Shelf(spec.memory // 3)

    def work(task: Task) -> _Roller:
        return _Roller(name, spec, done.tables, shelf, memory).run(task)

    with ThreadPoolExecutor(threads) as pool:
        rollers = list(pool.map(work, tasks))
    for roller in rollers:
        done.blocks += roller.blocks
        done.counts.add(roller.counts)
        if roller.blocks:
            days = [b.day for b in roller.blocks]
            done.start, done.end = min(done.start, *days), max(done.end, *(d + 1 for d in days))


class _Roller:
    """One task to blocks."""

    def __init__(self, name: str, spec: LogSpec, tables: Tables, shelf: Shelf, memory: int) -> None:
        self.name, self.spec, self.tables, self.shelf, self.memory = (
            name,
            spec,
            tables,
            shelf,
            memory,
        )
        self._begin(_RUNS)

    def _begin(self, runs: int) -> None:
        self.runs = runs
        self.blocks: list[Block] = []
        self.open: dict[int, _OpenDay] = {}
        self.closed = -(2**62)
        self.reader = Reader(self.name, self.spec, self.tables)

    @property
    def counts(self) -> Counts:
        """What the task read and set aside."""
        return self.reader.counts

    def run(self, task: Task) -> _Roller:
        """Tries the task as it comes; where it is not in the order of time, sorts it."""
        if task.ordered:
            try:
                batches = iter(task.batches())
                while lot := [self.reader.read(b, task.days) for b in islice(batches, _LOT)]:
                    for events in lot:
                        self._take(events, task.days)
                self._close(2**62)
                return self
            except _Disorder:
                pass
        self._begin(runs=2**62)
        events = self._collect(task)
        events = events.part(np.argsort(events.clock, kind="stable"))
        for begin in range(0, len(events), BATCH):
            self._take(events.part(slice(begin, begin + BATCH)), task.days)
        self._close(2**62)
        return self

    def _collect(self, task: Task) -> Slice:
        slices, rows = [], 0
        for batch in task.batches():
            slices.append(self.reader.read(batch, task.days))
            rows += len(slices[-1])
            if rows * _BYTES_A_ROW > self.memory:
                raise _TooLarge
        return _joined(slices)

    def _take(self, events: Slice, days: tuple[int, int] | None) -> None:
        if not len(events):
            return
        runs = self._runs(events.clock)
        meaning = self.tables.meaning()
        for (start, day, shift), stop in zip(runs, [*runs[1:, 0], len(events)], strict=True):
            if days is not None and not contains(day, *days):
                continue
            if not before(self.closed, day):
                raise _Disorder
            opened = self.open.get(int(day)) or self.open.setdefault(
                int(day), _OpenDay(int(day), self.spec, len(self.tables.roles.names))
            )
            opened.add(events.part(slice(start, stop)), int(shift), meaning)
        self._close(int(runs[:, 1].max()) - 1)

    def _runs(self, clock: np.ndarray) -> np.ndarray:
        zone_name = None if self.tables.naive else self.spec.timezone or "UTC"
        turns, shifts = zone_changes(zone_name, int(clock.min()), int(clock.max()))
        out = np.empty((min(len(clock), self.runs), 3), np.int64)
        count = local_days.runs(clock, frozen(turns), frozen(shifts), out)
        if count < 0:
            raise _Disorder
        return out[:count]

    def _close(self, bound: int) -> None:
        """Close the open days before a day: no more of their events are expected."""
        for day in sorted(d for d in self.open if before(d, bound)):
            self.blocks += map(self.shelf.put, self.open.pop(day).blocks(self.tables, self.counts))
            self.closed = day


class _OpenDay:
    """A day that still takes events; with arrival times it keeps them, to roll up each version of the day."""

    def __init__(self, day: int, spec: LogSpec, roles: int) -> None:
        self.day, self.spec, self.roles = day, spec, roles
        self.kept: list[tuple[Slice, int, Meaning]] = []
        self.roll = self._fresh()

    def _fresh(self) -> DayRoll:
        self.seen = {
            i: FirstSeen() for i, m in enumerate(self.spec.measures) if m.kind == "distinct"
        }
        return DayRoll(self.day, self.roles, len(self.spec.measures), SESSION_GAP_MICROS)

    def add(self, events: Slice, shift: int, meaning: Meaning) -> None:
        """Takes events of the day in."""
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
            raise _Disorder

    def blocks(self, tables: Tables, counts: Counts) -> Iterator[Block]:
        """The day's rows; with arrival times one block for each day on which something of it arrived."""
        if self.spec.arrived is None:
            yield from self._blocks(self.day, tables, counts)
            return
        known = np.concatenate([events.known for events, _, _ in self.kept])
        timely = arrivals.in_time(known, self.day, self.spec.late_days)
        counts.too_late += int((~timely).sum())
        versions = np.unique(known[timely])
        for version in versions:
            self._again(
                np.unique(np.concatenate([e.ids[e.known == version] for e, _, _ in self.kept])),
                version,
            )
            yield from self._blocks(
                int(version), tables, counts if len(versions) == 1 else Counts()
            )
        if len(versions) > 1:
            self._again(None, arrivals.last_known(self.day, self.spec.late_days))
            self._count(counts)

    def _again(self, people: np.ndarray | None, version: int) -> None:
        """Rolls up what had arrived by the day `version`, of some people or all."""
        self.roll = self._fresh()
        for events, shift, meaning in self.kept:
            rows = arrivals.known_by(events.known, version)
            rows = rows if people is None else rows & np.isin(events.ids, people)
            self._add(events.part(np.flatnonzero(rows)), shift, meaning)

    def _count(self, counts: Counts) -> None:
        counts.bad_amounts += self.roll.bad_amounts
        counts.duplicates += self.roll.repeats()
        counts.events += self.roll.events

    def _blocks(self, known: int, tables: Tables, counts: Counts) -> Iterator[Block]:
        codes = self.roll.ids()
        if isinstance(tables.ids, IntIds):
            with tables.lock:
                codes = tables.ids.encode(codes)
        wide = self.roll.wide()
        for k in self.roll.overflow:
            raise LogError.from_overflow("money" if k == 0 else self.spec.measures[k - 1].name)
        self._count(counts)
        yield from blocks_of(
            self.day, known, codes.astype(np.int32), wide, self.roll.width, self.roll.fill
        )
        self.roll.end()


def _joined(slices: list[Slice]) -> Slice:
    """Slices one behind the other."""
    if any(len(s.lacking) for s in slices):
        slices = [
            replace(s, lacking=s.lacking if len(s.lacking) else np.zeros(len(s), np.uint8))
            for s in slices
        ]
    return Slice(
        *(frozen(np.concatenate(c)) for c in zip(*(s.columns() for s in slices), strict=True))
    )


def _spool(source: Source, spec: LogSpec, threads: int, folder: Path) -> ParquetFiles:
    """A source that DuckDB cannot read, or of which some days are wanted, written to a file batch by batch."""
    file, writer, reader = (
        folder / "spool.parquet",
        None,
        Reader(source.name, spec, Tables(Roles())),
    )
    for batch in (
        reader.inside(b, t.days) for t in source.tasks(spec, threads) for b in t.batches()
    ):
        table = pa.table(batch).select(spec.columns)
        if writer is None:
            kinds = pa.schema(
                [
                    f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f
                    for f in table.schema
                ]
            )
            writer = pq.ParquetWriter(file, kinds, compression="lz4", write_page_checksum=True)
        try:
            writer.write_table(table.cast(kinds))
        except pa.ArrowException as error:
            raise LogError.from_unreadable(source.name, str(error)) from error
    if writer is None:
        raise LogError.from_empty(source.name)
    writer.close()
    return ParquetFiles(source.name, (str(file),))


def _copy(
    source: Source, spec: LogSpec, threads: int, folder: Path, select: str, options: str
) -> tuple[Path, int, int]:
    """Runs `copy (select … from events)` into a fresh folder, within the memory that the log may take; and the rows before and after."""
    out = folder / f"copy{len(list(folder.iterdir()))}"
    out.mkdir()
    with duckdb.connect(":memory:") as connection:
        for setting, value in {
            "memory_limit": f"{max(spec.memory // 2**20, 256)}MB",
            "threads": threads,
            "temp_directory": str(folder / "temp"),
            "preserve_insertion_order": False,
            "TimeZone": "UTC",
            "partitioned_write_max_open_files": 512,
        }.items():
            connection.execute(f"set {setting} = '{value}'")
        try:
            relation = source.relation(connection)
            relation = (
                relation
                if relation is not None
                else _spool(source, spec, threads, folder).relation(connection)
            )
            relation.project(quoted(spec.columns)).create_view("events")
            before, after = (
                connection.execute(q).fetchone()
                for q in ("select count(*) from events", f"copy ({select}) to '{out}' ({options})")
            )
        except duckdb.Error as error:
            raise LogError.from_unreadable(source.name, str(error)) from error
    return out, before[0], after[0]


def _by_person(source: Source, spec: LogSpec, threads: int, folder: Path) -> list[Task]:
    """The log partitioned on disk by person, each part small enough to be sorted in memory."""
    if isinstance(source, DatabaseTable):  # its rows are counted so
        source = _spool(source, spec, threads, folder)
    parts = max(2, -(-source.rows * _BYTES_A_ROW * threads * 2 // spec.memory))
    select = f"select *, hash({quoted([spec.user])}) % {parts} as churnlab_part from events"
    out, _, _ = _copy(
        source,
        spec,
        threads,
        folder,
        select,
        "format parquet, partition_by (churnlab_part), compression lz4",
    )
    found = [
        ParquetFiles(source.name, tuple(map(str, sorted(part.glob("*.parquet")))))
        for part in sorted(out.iterdir())
    ]
    one = LogSpec(**{**vars(spec), "memory": 2**60})
    return [Task(partial(_all_batches, f, one), spec.days, ordered=False) for f in found]


def _all_batches(source: Source, spec: LogSpec) -> Iterator[pa.RecordBatch]:
    for task in source.tasks(spec, 1):
        yield from task.batches()


def _without_repeats(
    source: Source, spec: LogSpec, threads: int, folder: Path
) -> tuple[ParquetFiles, int]:
    """One row for each event id (null and empty are none), the earliest, and how many were dropped, whatever the order of the rows."""
    wanted = spec.wanted()
    order = quoted(
        list(
            dict.fromkeys(
                wanted[k] for k in ("time", "user", "event", *sorted(wanted)) if k != "event_id"
            )
        )
    )
    event_id = quoted([wanted["event_id"]])
    nothing = f"coalesce(cast({event_id} as varchar), '') = ''"
    select = (
        f"select * from events where {nothing} union all (select * from events where not {nothing} "
        f"qualify row_number() over (partition by {event_id} order by {order}) = 1)"
    )
    out, before, after = _copy(
        source,
        spec,
        threads,
        folder,
        select,
        "format parquet, compression lz4, per_thread_output true",
    )
    return ParquetFiles(source.name, tuple(map(str, sorted(out.glob("*.parquet"))))), before - after
