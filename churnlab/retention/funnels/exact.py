"""The exact funnel: steps in the order of their moments, from the log itself, read once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from churnlab.errors.retention import PeopleError, ShortLogError, StepError
from churnlab.events import sources
from churnlab.events.batches import Counts, Reader
from churnlab.events.checks import check_counts
from churnlab.events.codes import Tables
from churnlab.events.frame_source import open_frame
from churnlab.events.measured import NOT_COUNTED
from churnlab.events.on_disk import Disk
from churnlab.events.source import Source, Task
from churnlab.events.span import Span, observed
from churnlab.events.spec import LogSpec
from churnlab.events.times import local_days
from churnlab.kernels import chains, cores
from churnlab.kernels.ids import TextIds
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import DAY_MICROS, NO_DAY
from churnlab.retention.funnels.funnel import Funnel
from churnlab.retention.funnels.steps import REGISTERED, Step, Steps, as_steps, check_steps
from churnlab.retention.funnels.tables import Taken
from churnlab.retention.people import People
from churnlab.schema.days import check_count, contains
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles
from churnlab.schema.zones import instant


@dataclass(frozen=True, eq=False)
class _Moments:
    """The moments of everybody at which a step may be taken, by person and time.

    `users` are the sorted ids, `first` int64[users + 1] the first moment of each, `clock` and `day`
    int64[m], `have` int32[m, k] how many events of each wanted name there are at the moment.
    """

    users: np.ndarray
    first: np.ndarray
    clock: np.ndarray
    day: np.ndarray
    have: np.ndarray
    span: Span
    zone: str | None


def exact_funnel(
    log: Any,
    steps: Iterable[str | Step],
    users: Any | None = None,
    *,
    by: str | Iterable[str] = (),
    registered: str | None = None,
    within: int = 7,
    **options: Any,
) -> Funnel:
    """How far people come through steps, from the events themselves.

    `log` is a path, a pattern or a dataframe, `options` are those of `EventLog.read`, the other
    arguments those of `funnel`. A step is a role, one of `measures=`, or the name of an event; an
    event takes the step of a measure if it adds to it. Measures of a whole day, such as acts, are
    none of these. The log is read once, and of it the moments of steps are kept. A step must come
    after the one before and less than `within` times 24 hours after the first; events of one moment
    may be in any order, and an event of two roles counts for both. Registration is the first moment
    of its local day. Errors are those of `funnel` and of `EventLog.read`.

    >>> import pandas as pd
    >>> at = pd.to_datetime(["2026-03-01 09:00", "2026-03-01 09:05", "2026-03-09 12:00"])
    >>> frame = pd.DataFrame({"who": ["ann", "ann", "bob"], "at": at, "what": ["in", "set", "in"]})
    >>> columns = {"user": "who", "time": "at", "event": "what", "timezone": "UTC"}
    >>> exact_funnel(frame, ["in", "set"], within=1, **columns).table()["people"].tolist()
    [1, 1]
    """
    check_count("within", within, 1)
    spec = LogSpec(**options)
    roles = Roles.declared(spec.roles, spec.receipts, spec.ignore)
    known, measures = _steps_of(steps, roles, spec.measures)
    known.check_within(within, int(known.later.sum()))
    spec = replace(spec, amount=None, measures=measures)
    if known.by_registration and (users is None or registered is None):
        raise PeopleError.from_no_registration()
    found = _read(_source(log, spec), spec, roles, known)
    end = instant(found.span.end, found.zone)
    low, stop = instant(found.span.start, found.zone), end - within * DAY_MICROS + 1
    if stop <= low:
        what = f"a funnel within {within:,} days"
        raise ShortLogError.from_window(what, within, found.span.end - found.span.start)
    text_ids = not np.issubdtype(found.users.dtype, np.integer)
    people = People.read(users, by, registered, text_ids, spec.timezone or "UTC")
    taken, pending = _walk(found, known, people, (low, stop, end, within * DAY_MICROS))
    groupings = tuple((g.name, g.groups) for g in people.groupings)
    return Funnel(known, within, taken, groupings, pending, True)


def _source(log: Any, spec: LogSpec) -> Source:
    if isinstance(log, str | Path | list | tuple):
        return sources.open_path(log, spec)
    return open_frame(log, spec.wanted())


def _steps_of(
    given: Iterable[str | Step], roles: Roles, measures: Sequence[Measure]
) -> tuple[Steps, tuple[Measure, ...]]:
    """The steps, each counted by the name of a role, a measure or an event; and their measures."""
    own = {name: m for m in measures for name in (m.column_name, m.name)}
    steps = check_steps(list(as_steps(given, (*roles.events, *own))))
    names = [None if s.name == REGISTERED else s.name for s in steps]
    used = {n: own[n] for n in names if n is not None and n in own and n not in roles.events}
    counted = [used[n].column_name if n in used else n for n in names]
    return Steps(steps, tuple(counted)), tuple(dict.fromkeys(used.values()))


def _names(wanted: str, roles: Roles) -> frozenset[str]:
    """The names of events that a step means: those of a role, else its own."""
    return frozenset(roles.events.get(wanted, (wanted,)))


def _read(source: Source, spec: LogSpec, roles: Roles, steps: Steps) -> _Moments:
    """The moments of steps in a log, in one pass on all cores."""
    tables, threads = Tables(roles), spec.threads or cores.allowed()
    own = {m.column_name for m in spec.measures}
    names = [frozenset() if wanted in own else _names(wanted, roles) for wanted in steps.wanted]
    with tempfile.TemporaryDirectory(prefix="churnlab-") as folder:
        if spec.event_id is not None:
            source, _ = Disk(spec, threads, Path(folder)).without_repeats(source)
        with ThreadPoolExecutor(threads) as pool:
            pick = partial(_pick, source.name, spec, tables, names, _adding(spec, steps))
            picked = list(pool.map(pick, source.tasks(spec, threads)))
    counts = Counts()
    events: dict[int, int] = {}
    for each in picked:
        counts.add(each.reader.counts)
        for day, count in each.events.items():
            events[day] = events.get(day, 0) + count
    check_counts(source.name, spec, vars(counts), bool(events))
    for name, wanted in zip(steps.wanted, names, strict=True):
        if name not in own and not wanted & tables.names.keys():
            raise StepError.from_no_event(name, {*roles.events, *own, *tables.names})
    return _together(picked, tables, observed(events), len(names))


def _adding(spec: LogSpec, steps: Steps) -> tuple[tuple[int, int], ...]:
    """The place of each measure that is a step, and what an event gives that adds nothing."""
    kinds = [(m.column_name, NOT_COUNTED if m.kind == "distinct" else 0) for m in spec.measures]
    return tuple((steps.wanted.index(name), nothing) for name, nothing in kinds)


def _pick(
    name: str,
    spec: LogSpec,
    tables: Tables,
    wanted: list[frozenset[str]],
    adding: tuple[tuple[int, int], ...],
    task: Task,
) -> _Picker:
    return _Picker(name, spec, tables, wanted, adding).run(task)


class _Picker:
    """Picks the moments of steps from a task."""

    def __init__(
        self,
        name: str,
        spec: LogSpec,
        tables: Tables,
        wanted: list[frozenset[str]],
        adding: tuple[tuple[int, int], ...],
    ) -> None:
        self.adding = adding
        self.reader = Reader(name, spec, tables)
        self.tables = tables
        self.wanted = wanted
        self.events: dict[int, int] = {}
        self.parts: list[tuple[np.ndarray, ...]] = []

    def run(self, task: Task) -> _Picker:
        """Read all batches of the task."""
        for batch in task.batches():
            events = self.reader.read(batch, task.days)
            if not len(events):
                continue
            days = local_days(events.clock, self.reader.zone)
            for day, count in zip(*np.unique(days, return_counts=True), strict=True):
                self.events[int(day)] = self.events.get(int(day), 0) + int(count)
            marks = self._marks()[events.name]
            for i, (bit, nothing) in enumerate(self.adding):
                marks |= (events.extra[:, i] > nothing).astype(np.uint32) << np.uint32(bit)
            keep = marks > 0
            kept = events.ids[keep], events.clock[keep], days[keep], marks[keep]
            self.parts.append(tuple(np.array(column) for column in kept))
        return self

    def _marks(self) -> np.ndarray:
        """A bit for each wanted name, by the code of event names: uint32[names]."""
        with self.tables.lock:
            names = list(self.tables.names)
        bits = [sum((n in wanted) << i for i, wanted in enumerate(self.wanted)) for n in names]
        return np.array(bits, np.uint32)


def _together(picked: list[_Picker], tables: Tables, span: Span, wanted: int) -> _Moments:
    """All parts, sorted by person and moment."""
    parts = [part for each in picked for part in each.parts]
    ids, clock, day, marks = (
        np.concatenate([p[i] for p in parts]) if parts else np.zeros(0, np.int64) for i in range(4)
    )
    inside = contains(day, span.start, span.end)
    codes, person = np.unique(ids[inside], return_inverse=True)
    users = tables.ids.take(codes) if isinstance(tables.ids, TextIds) else codes
    order = np.lexsort((clock[inside], person))
    person = person[order]
    clock, day, marks = (column[inside][order] for column in (clock, day, marks))
    new = np.ones(len(clock), bool)
    new[1:] = (np.diff(person) != 0) | (np.diff(clock) != 0)
    begin = np.flatnonzero(new)
    have = np.zeros((len(begin), wanted), np.int32)
    for u in range(wanted if len(begin) else 0):
        have[:, u] = np.add.reduceat((marks >> np.uint32(u)) & 1, begin)
    first = np.searchsorted(person[begin], np.arange(len(users) + 1))
    zone = picked[0].reader.zone if picked else None
    return _Moments(users, first, clock[begin], day[begin], have, span, zone)


def _walk(
    found: _Moments, steps: Steps, people: People, bounds: tuple[int, int, int, int]
) -> tuple[Taken, int]:
    """How far everybody came, registered people without a moment too, and how many are pending."""
    places = people.places(found.users)
    people.check_met([None if (places >= 0).any() else found.users])
    known = len(people.ids) if steps.by_registration else 0
    absent = np.setdiff1d(np.arange(known), places)
    every = np.concatenate([places, absent])
    entry = entry_day = np.full(len(every), NO_DAY, np.int64)
    if people.registered is not None:
        entry_day = np.append(people.registered, NO_DAY)[every]
        entry = _first_moments(entry_day, found.zone)
    first = np.concatenate([found.first, np.full(len(absent), found.first[-1])])
    low, stop, end, within = bounds
    taken = np.zeros(len(every), np.int8)
    when, pending = np.zeros((len(every), len(steps)), np.int64), np.zeros(len(every), np.uint8)
    rows = first, found.clock, found.day, found.have
    chains.reached(
        *map(frozen, (*rows, steps.places, steps.later, entry, entry_day)),
        low,
        stop,
        end,
        within,
        taken,
        when,
        pending,
    )
    entered = taken > 0
    since = (when[entered] - when[entered, :1]) / DAY_MICROS
    segments = [people.segments(g, every[entered]) for g in people.groupings]
    return Taken(taken[entered], since, segments), int((pending[~entered] > 0).sum())


def _first_moments(days: np.ndarray, zone: str | None) -> np.ndarray:
    """The first moment of each local day, int64[n]; NO_DAY stays."""
    known, place = np.unique(days, return_inverse=True)
    moments = [NO_DAY if d == NO_DAY else instant(int(d), zone) for d in known.tolist()]
    return np.array(moments, np.int64)[place]
