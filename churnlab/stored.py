"""ActivityStore: daily rows kept in a folder, brought up to date a day at a time, read a range of persons at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnlab import _reading, _rolling, schema
from churnlab._carry import latest
from churnlab._columns import Counts, Tables
from churnlab._reading import Source
from churnlab._rolling import Rolled
from churnlab.activity import DERIVED, PIECE_BITS, BlockRows, Carry, DailyActivity, Rows, blocks_of
from churnlab.errors import ConfigError, StoreError
from churnlab.events import check_counts
from churnlab.kernels import cells, windows
from churnlab.kernels._jit import frozen
from churnlab.kernels.ids import IntIds, TextIds
from churnlab.kernels.rollup import COUNTS, SUMS
from churnlab.schema import Day, Roles
from churnlab.spec import LogSpec, Measure
from churnlab.store import Chunk, Store

PEOPLE = 50_000
_SPEC = ("user", "time", "event", "amount", "event_id", "arrived", "late_days", "timezone")


@dataclass(frozen=True)
class Update:
    """What an update did: rows and people of the day, what was set aside, and of how many persons earlier days changed."""

    day: str
    rows: int
    people: int
    counts: Mapping[str, int]
    replaced: bool
    changed: int
    late: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class ActivityStore:
    """Daily rows in a folder: one Parquet file a day, sorted by user, and a manifest that is switched as a whole.

    Made by `create`, found again by `open`. `append` adds a day, or replaces it; `parts` reads all days for a range of persons at a time, so
    that millions of people never stand in memory at once; `daily` reads everything. What was folded away by `compact` stays in the sums
    since the beginning, exactly.
    """

    def __init__(self, store: Store, log: str | Path | None = None) -> None:
        self.store, self.log = store, log
        self.spec, self.roles = _spec(store.meaning), _roles(store)

    @classmethod
    def create(cls, folder: str | Path, *, log: str | Path | None = None, **options: Any) -> ActivityStore:
        """A new store, or the one that is there when it means the same; `options` are those of `EventLog.read`.

        `log` says where events are: a path, in which `{day}` stands for a day like 2026-03-04, or a database's address. Raises ConfigError
        when the store in the folder means something else, StoreError when it cannot be used.
        """
        return cls.of(folder, LogSpec.of(**options), log)

    @classmethod
    def of(cls, folder: str | Path, spec: LogSpec, log: str | Path | None = None) -> ActivityStore:
        """The same from a LogSpec."""
        opened = cls(Store.create(folder, _meaning(spec)), log)
        opened.spec = replace(opened.spec, memory=spec.memory, threads=spec.threads, table=spec.table)
        return opened

    @classmethod
    def open(cls, folder: str | Path, log: str | Path | None = None) -> ActivityStore:
        """The store in a folder. Raises StoreError when there is none, it is damaged, or a newer version wrote it."""
        return cls(Store.open(folder), log)

    @property
    def days(self) -> tuple[int, ...]:
        """The days whose rows are kept, since 1970-01-01."""
        return self.store.days

    @property
    def has_money(self) -> bool:
        """Whether the log names an amount."""
        return self.spec.amount is not None

    @property
    def timezone(self) -> str:
        """The zone of the local days."""
        return self.spec.timezone or "UTC"

    @property
    def users(self) -> np.ndarray:
        """An empty array of the type of the ids; who is there is known part by part."""
        table = self.store.table(self.days[-1], ["user_id"]) if self.days else pa.table({"user_id": pa.array([], pa.int64())})
        return np.zeros(0, np.int64 if pa.types.is_integer(table.schema.field("user_id").type) else object)

    @property
    def start(self) -> int:
        """The first day that was ever there."""
        return self._known(self.store.first_day)

    @property
    def end(self) -> int:
        """The day after the last."""
        return self._known(self.days[-1] if self.days else self.store.before_day and self.store.before_day - 1) + 1

    def _known(self, day: int | None) -> int:
        if day is None:
            raise StoreError.from_fault("missing", folder=self.store.folder, count=1, day="any day")
        return day

    def append(self, day: Day, log: Any = None, *, allow_empty: bool = False, wait: float = 0.0) -> Update:
        """Rolls a day up and puts it into the store, in place of what was there for it; the same events give the same bytes.

        `log` is a path, a database's address or a dataframe that holds this day's events and no other's; None: the store's own log, of which
        the day's part is read. With arrival times, late events that are in the same log are taken in up to `late_days` days back (3 where
        the store does not say): the days they touch are rolled up again. Raises LogError for what cannot be read or too many rows without
        an id, StoreError for events of other days, a day without events unless `allow_empty`, or when another update is running for longer
        than `wait` seconds; the store is then as it was.
        """
        number = schema.day_number(day)
        with self.store.locked(wait):
            self.store.refresh()
            rolled, source = self._roll(number, number, log)
            _check_day(rolled, source.name, number, allow_empty, exact=log is not None)
            table = _day_table(rolled, self.spec, number, max(number, *self.days, number))
            earlier = self._earlier(number) if self.spec.arrived and log is None else {}
            update = self._update(number, table, rolled.counts, {schema.day_text(d): n for d, (_, n, _) in earlier.items()})
            counts = {number: {"names": sorted(rolled.tables.names), **_set_aside(rolled.counts)}} | {d: c for d, (_, _, c) in earlier.items()}
            self.store.replace({number: table} | {d: t for d, (t, _, _) in earlier.items()}, counts)
        self.roles = _roles(self.store)
        return update

    def _roll(self, first: int, last: int, log: Any) -> tuple[Rolled, Source]:
        tables = Tables(Roles.declared(self.spec.roles, self.spec.receipts, self.spec.ignore))
        spec = replace(self.spec, days=None if log is not None else (first, last + 1), late_days=None)
        source = self._source(first, last, log)
        rolled = _rolling.roll(source, spec, tables)
        if rolled.counts.rows:
            check_counts(source.name, spec, rolled.counts.rows, 1, rolled.counts.bad_ids, True)
        return rolled, source

    def _earlier(self, day: int) -> dict[int, tuple[pa.Table, int, dict[str, Any]]]:
        """Earlier days that late events have changed: their rows, of how many persons they differ, and their counts."""
        kept = [d for d in self.days if day - _late_days(self.spec) <= d < day]
        if not kept:
            return {}
        rolled, out = self._roll(kept[0], day - 1, None)[0], {}
        for each in kept:
            table = _day_table(rolled, self.spec, each, max(day, self.days[-1]))
            changed = _changed(self.store.table(each), table)
            if changed:
                old = self.store.counts(each)
                out[each] = table, changed, {**old, "names": sorted({*old["names"], *rolled.tables.names}), "events": _events(table)}
        return out

    def _source(self, first: int, last: int, log: Any) -> Source:
        log = self.log if log is None else log
        if log is None:
            raise ConfigError.from_lacking("the store's update", "a log: give one to append, or its path to open")
        if not isinstance(log, str | Path):
            return _reading.open_frame(log, self.spec.wanted())
        paths = [str(log).replace("{day}", schema.day_text(d)) for d in range(first, last + 1)] if "{day}" in str(log) else [str(log)]
        present = [p for p in paths[:-1] if _reading.is_there(p)]
        return _reading.open_path([*present, paths[-1]], self.spec)

    def _update(self, day: int, table: pa.Table, counts: Counts, late: Mapping[str, int]) -> Update:
        before = self.store.table(day) if day in self.days else None
        people = pc.count_distinct(table.column("user_id")).as_py()
        return Update(schema.day_text(day), table.num_rows, people, _set_aside(counts), before is not None,
                      _changed(before, table) if before is not None else people, late)

    def compact(self, lookback: int = 400, wait: float = 0.0) -> None:
        """Folds the days before the last `lookback` into one row a person; windows that reach further back are refused from then on."""
        if lookback < 1:
            raise ConfigError.from_range("lookback", lookback, "at least 1 day")
        self.store.compact(self.end - lookback, wait=wait)

    def parts(self, people: int = PEOPLE, days: Iterable[int] | None = None) -> Iterator[DailyActivity]:
        """All persons who have rows, about `people` at a time, each with all of their rows; ids rise from part to part.

        Raises StoreError when a day is missing or a file is not what was written.
        """
        for job in self.jobs(people, days):
            yield job()

    def jobs(self, people: int = PEOPLE, days: Iterable[int] | None = None) -> Iterator[Callable[[], DailyActivity]]:
        """The same, the work of each part left to be done by the caller's thread."""
        for chunk in self.store.chunks(days, people):
            yield partial(self._part, chunk)

    def daily(self) -> DailyActivity:
        """Everybody's rows, in memory. Raises StoreError when a day is missing."""
        chunks = list(self.store.chunks(None, 2**40, everybody=True))
        days = sorted({d for c in chunks for d, _ in c.tables})
        tables = [(d, pa.concat_tables([t for c in chunks for e, t in c.tables if e == d])) for d in days]
        carried = [c.carry for c in chunks if c.carry is not None]
        return self._part(Chunk(tables, pa.concat_tables(carried) if carried else None, None, None))

    def _part(self, chunk: Chunk) -> DailyActivity:
        ids: IntIds | TextIds = IntIds() if self._integers(chunk) else TextIds()
        names = (*COUNTS, *(f"n_{r}" for r in self.roles.names)), (*SUMS, *(m.column_name for m in self.spec.measures))
        blocks = [b for day, table in chunk.tables for b in _blocks(day, table, _encode(ids, table), *names)]
        carried = _encode(ids, chunk.carry) if chunk.carry is not None else None
        values = ids.values()
        order = np.argsort(values, kind="stable") if isinstance(ids, IntIds) else pc.array_sort_indices(values).to_numpy().astype(np.int64)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        users = values[order] if isinstance(ids, IntIds) else values.take(pa.array(order)).to_numpy(zero_copy_only=False)
        rows: Rows | BlockRows = BlockRows(blocks, place, np.arange(len(names[0])), self.spec.arrived is not None)
        if chunk.carry is not None and carried is not None:
            rows = replace(rows.whole, carry=_carry(chunk.carry, place[carried], len(users), (*names[0], *names[1]), self.store.before_day))
        return DailyActivity(users, rows, self.roles, self.spec.measures, self.start, self.end, self.timezone,
                             self.spec.amount is not None, self.describe(len(users)))

    def _integers(self, chunk: Chunk) -> bool:
        table = chunk.tables[0][1] if chunk.tables else chunk.carry
        return table is not None and pa.types.is_integer(table.schema.field("user_id").type)

    def describe(self, people: int | None = None) -> dict[str, Any]:
        """What the store is and what its days were, JSON-ready; the counts of folded days are not kept."""
        total: dict[str, Any] = {"source": str(self.store.folder), "events": 0}
        for day in self.days:
            for name, value in self.store.counts(day).items():
                if isinstance(value, int):
                    total[name] = total.get(name, 0) + value
        if people is not None:
            total["people"] = people
        return total | {"first_day": schema.day_text(self.start), "last_day": schema.day_text(self.end - 1), "timezone": self.timezone,
                        "days": len(self.days)}

    def __repr__(self) -> str:
        days = f"{schema.day_text(self.days[0])} to {schema.day_text(self.days[-1])}" if self.days else "no day"
        return f"ActivityStore({str(self.store.folder)!r}, {len(self.days)} days, {days})"


def _meaning(spec: LogSpec) -> dict[str, Any]:
    roles = None if spec.roles is None else {r: list(schema.as_names(n)) for r, n in sorted(spec.roles.items())}
    return {**{n: getattr(spec, n) for n in _SPEC}, "roles": roles, "receipts": sorted(spec.receipts), "ignore": sorted(spec.ignore),
            "measures": [m.to_dict() for m in spec.measures], "bad_ids": spec.bad_ids, "session_minutes": schema.SESSION_GAP_MICROS // 60_000_000}


def _spec(meaning: Mapping[str, Any]) -> LogSpec:
    measures = [Measure(m["name"], m["kind"], m["column"], tuple(tuple(c) for c in m["where"])) for m in meaning["measures"]]  # type: ignore[misc]
    return LogSpec.of(roles=meaning["roles"], receipts=meaning["receipts"], ignore=meaning["ignore"], measures=measures, bad_ids=meaning["bad_ids"],
                      **{n: meaning[n] for n in _SPEC})


def _roles(store: Store) -> Roles:
    """The roles of the whole store: standard roles that no day has an event of are left out, as a log would leave them out."""
    spec = _spec(store.meaning)
    declared = Roles.declared(spec.roles, spec.receipts, spec.ignore)
    if spec.roles is not None or store.before_day is not None:
        return declared
    present = {n for day in store.days for n in store.counts(day).get("names", ())}
    return declared.seen(present, standard=True) if present else declared


def _late_days(spec: LogSpec) -> int:
    return 3 if spec.late_days is None else spec.late_days


def _set_aside(counts: Counts) -> dict[str, int]:
    return {n: v for n, v in vars(counts).items() if n != "rows"}


def _check_day(rolled: Rolled, source: str, day: int, allow_empty: bool, exact: bool) -> None:
    """Refuses a day without events, and a log given for a day that holds others'."""
    days = {b.day for b in rolled.blocks}
    others = sorted(d for d in days if d != day)
    if exact and others:
        rows = sum(len(b.codes) for b in rolled.blocks if b.day != day)
        raise StoreError.from_fault("foreign", source=source, day=schema.day_text(day), rows=f"{rows:,}", first=schema.day_text(others[0]),
                                    last=schema.day_text(others[-1]))
    if day not in days and not allow_empty:
        raise StoreError.from_fault("empty", source=source, day=schema.day_text(day))


def _day_table(rolled: Rolled, spec: LogSpec, day: int, until: int) -> pa.Table:
    """The rows of a day as the store holds them, sorted by user and version, of what had arrived by the day `until`."""
    ids = rolled.tables.ids
    values = pa.array([], pa.string()) if ids is None else ids.values()
    values = pa.array(values) if isinstance(values, np.ndarray) else values.cast(pa.string())
    names = (*COUNTS, *(f"n_{r}" for r in rolled.tables.roles.names)), (*SUMS, *(m.column_name for m in spec.measures))
    return _table([b for b in rolled.blocks if b.day == day and b.known <= until], values, names, spec.arrived is not None)


def _events(table: pa.Table) -> int:
    """The events of a day's rows, each person's latest version."""
    rows = latest(table)
    return int((pc.sum(rows.column("acts")).as_py() or 0) + (pc.sum(rows.column("receipts")).as_py() or 0))


def _table(blocks: list[Any], values: pa.Array, names: tuple[tuple[str, ...], tuple[str, ...]], versions: bool) -> pa.Table:
    none = np.zeros((0, len(names[0])), np.int32), np.zeros((0, len(names[1])), np.int64)
    codes = np.concatenate([np.zeros(0, np.int32), *(b.codes for b in blocks)])
    counts, sums = np.concatenate([none[0], *(b.counts for b in blocks)]), np.concatenate([none[1], *(b.sums for b in blocks)])
    known = np.concatenate([np.zeros(0, np.int32), *(np.full(len(b.codes), b.known, np.int32) for b in blocks)])
    users = values.take(pa.array(codes))
    order = np.lexsort((known, users.to_numpy())) if pa.types.is_integer(values.type) else \
        pc.sort_indices(pa.table({"u": users, "k": known}), sort_keys=[("u", "ascending"), ("k", "ascending")]).to_numpy()
    columns: dict[str, Any] = {"user_id": users.take(pa.array(order))}
    columns |= {"known": known[order]} if versions else {}
    columns |= {n: _small(counts[order, i]) for i, n in enumerate(names[0])} | {n: sums[order, i] for i, n in enumerate(names[1])}
    return pa.table(columns)


def _small(values: np.ndarray) -> np.ndarray:
    return values.astype(np.uint16) if values.max(initial=0) <= 0xFFFF else values.astype(np.int32)


def _changed(before: pa.Table, after: pa.Table) -> int:
    """Of how many persons the rows differ."""
    names = ", ".join(f'"{n}"' for n in after.column_names)
    with duckdb.connect(":memory:") as connection:
        connection.register("before", before)
        connection.register("after", after)
        query = (f"select count(distinct user_id) from ((select {names} from before except select {names} from after) "
                 f"union all (select {names} from after except select {names} from before))")
        found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0


def _encode(ids: IntIds | TextIds, table: pa.Table) -> np.ndarray:
    column = table.column("user_id").combine_chunks()
    return ids.encode(column.to_numpy() if isinstance(ids, IntIds) else column)


def _blocks(day: int, table: pa.Table, codes: np.ndarray, counts: tuple[str, ...], sums: tuple[str, ...]) -> Iterator[Any]:
    known = table.column("known").to_numpy() if "known" in table.column_names else np.full(len(codes), day)
    wide = _matrix(table, counts, np.int32), _matrix(table, sums, np.int64)
    for version in np.unique(known):
        rows = known == version
        some = (codes, *wide) if rows.all() else (codes[rows], wide[0][rows], wide[1][rows])
        order = windows.by_piece(frozen(some[0]), PIECE_BITS, np.zeros((int(some[0].max()) >> PIECE_BITS) + 2, np.int64))
        yield from blocks_of(day, int(version), some[0], some[1][order], some[2][order], order)


def _matrix(table: pa.Table, names: tuple[str, ...], kind: type[np.generic]) -> np.ndarray:
    out = np.empty((table.num_rows, len(names)), kind)
    for i, name in enumerate(names):
        out[:, i] = table.column(name).to_numpy()
    return out


def _carry(table: pa.Table, place: np.ndarray, people: int, measures: tuple[str, ...], before: int | None) -> Carry:
    """The folded rows by person; cells.NONE where there is none."""
    names = (*measures, *DERIVED)
    values, recent = np.full((people, len(names), 4), cells.NONE, np.int64), np.full((people, 4), cells.NONE, np.int64)
    values[:, :, 0] = 0
    for i, name in enumerate(names):
        for j, state in enumerate(("sum", "max", "first", "last")):
            values[place, i, j] = table.column(f"{state}_{name}").fill_null(cells.NONE if state in ("sum", "max") else -(2**31)).to_numpy()
    for k in range(4):
        recent[place, k] = table.column(f"recent_{k + 1}").fill_null(-(2**31)).to_numpy()
    values[:, :, 2:][values[:, :, 2:] == -(2**31)] = cells.NONE
    recent[recent == -(2**31)] = cells.NONE
    return Carry(names, values, recent, before or 0)

