"""A log of N events with a realistic shape, written to Parquet.

    python benchmarks/events.py 1_000_000 events.parquet [--ids string] [--order person]

In the order of time it is streamed a day at a time; any other order is made in memory.

SIMULATED. Activity is log-normal over people, who arrive and leave. Visits depend on hour and
weekday. A visit is one to a few sessions of one to hundreds of events, seconds apart. A few people
have 10^4 to 10^5 events. Pushes go to everybody who has ever arrived, including people who left
long ago. Times are the wall clock of ZONE. Orders alone have an amount, in cents.
"""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

START, DAYS, ZONE = date(2026, 1, 1), 180, "Asia/Shanghai"
END = START + timedelta(days=DAYS)
ROLES: dict[str, list[str]] = {
    "open": ["app_open", "push_open"],
    "content": ["read", "watch"],
    "social": ["like", "comment", "share"],
    "social_received": ["liked"],
    "push_sent": ["push"],
    "push_opened": ["push_open"],
    "purchase": ["order"],
    "onboarding": ["tutorial"],
}
NAMES = (
    "app_open",
    "push_open",
    "read",
    "watch",
    "search",
    "profile",
    "like",
    "comment",
    "share",
    "order",
    "tutorial",
    "push",
    "liked",
)
RECEIPTS = ("push", "liked")
ROW_GROUP = 122_880
_ACTS = {
    "read": 0.36,
    "watch": 0.21,
    "search": 0.11,
    "profile": 0.07,
    "like": 0.12,
    "comment": 0.03,
    "share": 0.02,
    "order": 0.01,
    "tutorial": 0.07,
}
_HOURS = np.array(
    [12, 7, 4, 2, 2, 3, 8, 18, 26, 28, 28, 32, 42, 36, 28, 27, 29, 34, 42, 54, 64, 66, 48, 26],
    np.float64,
)
_WEEKDAYS = np.array([1.0, 0.97, 0.96, 0.98, 1.05, 1.22, 1.18])
_SECOND, _DAY = 1_000_000, 86_400_000_000
_PUSHED, _LIKED = 0.06, 0.04
_PIECE = 4_000_000


@dataclass(frozen=True)
class Shape:
    """The size of a log and the form of its columns.

    | field   | meaning                                                                      |
    |---------|------------------------------------------------------------------------------|
    | ids     | int (int64) or string (UUIDs)                                                |
    | people  | how many are registered; 0 for as many as suit the events                    |
    | a_day   | events of a person on an active day, about                                   |
    | names   | text or dictionary                                                           |
    | amounts | orders (null elsewhere), all (0 elsewhere) or half (a random half is null)   |
    """

    events: int
    ids: str = "int"
    days: int = DAYS
    people: int = 0
    seed: int = 1
    a_day: int = 11
    names: str = "text"
    amounts: str = "orders"

    @property
    def registered(self) -> int:
        """Number of people: one for 260 events at 11 a day, unless `people` is given."""
        return self.people or max(round(self.events / 260 / self.longer), 2)

    @property
    def longer(self) -> float:
        """How many times more events a person has on an active day than in the usual log."""
        return self.a_day / 11

    def counts(self) -> np.ndarray:
        """Events of each day, with weekdays and slow growth; they sum to `events`."""
        day = np.arange(self.days)
        weight = _WEEKDAYS[(START.weekday() + day) % 7] * (1 + 0.15 * day / self.days)
        return np.diff(np.round(np.cumsum(weight) / weight.sum() * self.events), prepend=0).astype(
            np.int64
        )

    @property
    def coded(self) -> bool:
        """Whether names are a dictionary of Arrow."""
        return self.names == "dictionary"

    def schema(self) -> pa.Schema:
        """Columns of the files."""
        user = pa.string() if self.ids == "string" else pa.int64()
        return pa.schema(
            [
                ("user_id", user),
                ("ts", pa.timestamp("us")),
                ("event", pa.dictionary(pa.int8(), pa.string()) if self.coded else pa.string()),
                ("amount", pa.float64()),
            ]
        )


@dataclass(frozen=True)
class People:
    """The people: ids, activity weights, and the days of `[arrive, leave)`."""

    ids: pa.Array
    weight: np.ndarray
    arrive: np.ndarray
    leave: np.ndarray

    @classmethod
    def of(cls, shape: Shape, rng: np.random.Generator) -> People:
        """Log-normal activity, half present from the start, a constant leaving rate.

        The first few people are very heavy users.
        """
        n = shape.registered
        arrive = np.where(rng.random(n) < 0.5, 0, rng.integers(0, shape.days, n))
        stay, weight = rng.exponential(200, n) + 1, rng.lognormal(0, 1.4, n)
        heavy = max(n // 20_000, 1)
        wanted = np.minimum(10 ** rng.uniform(4, 5, heavy), shape.events / 100)
        arrive[:heavy], stay[:heavy] = 0, shape.days
        weight[:heavy] = (
            wanted
            / shape.events
            * (weight * np.minimum(stay, shape.days - arrive) / shape.days)[heavy:].sum()
        )
        return cls(_ids(shape, n, rng), weight, arrive, arrive + stay)

    def draw(self, rng: np.random.Generator, among: np.ndarray, n: int) -> np.ndarray:
        """Positions of n people, each as likely as its weight in `among`."""
        sums = np.cumsum(among)
        return np.minimum(
            np.searchsorted(sums, rng.random(n) * sums[-1], side="right"), len(sums) - 1
        )


def _ids(shape: Shape, n: int, rng: np.random.Generator) -> pa.Array:
    if shape.ids == "string":
        return pa.array([str(uuid.UUID(bytes=rng.bytes(16), version=4)) for _ in range(n)])
    return pa.array(rng.permutation(np.cumsum(rng.integers(1, 94, n))))


@dataclass
class Block:
    """Some events: positions of people, microseconds since START, codes of NAMES."""

    who: np.ndarray
    at: np.ndarray
    name: np.ndarray

    def where(self, rows: np.ndarray) -> Block:
        """Some of the events."""
        return Block(self.who[rows], self.at[rows], self.name[rows])


def tables(shape: Shape, people: People | None = None) -> Iterator[tuple[int, pa.Table]]:
    """Each day's number and its events, in time order; `people` are the shape's when left out.

    Events of a session after midnight belong to the next day.
    """
    rng = np.random.default_rng(shape.seed)
    people = people or People.of(shape, rng)
    later = Block(*(np.zeros(0, kind) for kind in (np.int64, np.int64, np.int8)))
    for day, count in enumerate(shape.counts()):
        block, end = _join(later, _day(shape, people, rng, day, int(count))), (day + 1) * _DAY
        if day == shape.days - 1:
            block.at[block.at >= end] -= _DAY
        inside = block.at < end
        later, block = block.where(~inside), block.where(inside)
        yield day, arrow(shape, people, rng, block.where(np.argsort(block.at)))


def _join(*blocks: Block) -> Block:
    return Block(
        *(np.concatenate([getattr(b, part) for b in blocks]) for part in ("who", "at", "name"))
    )


def _day(shape: Shape, people: People, rng: np.random.Generator, day: int, count: int) -> Block:
    pushed, liked = (round(count * share / shape.longer) for share in (_PUSHED, _LIKED))
    arrived = people.arrive <= day
    blocks = (
        _sessions(shape, people, rng, day, count - pushed - liked),
        _received(people, rng, day, arrived.astype(np.float64), pushed, "push"),
        _received(people, rng, day, people.weight * arrived, liked, "liked"),
    )
    return _join(*blocks)


def _sessions(
    shape: Shape, people: People, rng: np.random.Generator, day: int, count: int
) -> Block:
    """Exactly `count` acts: visitors, their sessions, and the events of each session."""
    present = (people.arrive <= day) & (day < people.leave)
    visitor = people.draw(rng, people.weight * present, int(count / (5 * shape.longer)) + 1)
    more = shape.longer**0.3  # days with more events have more sessions, and longer ones
    who = np.repeat(visitor, 1 + rng.poisson(0.7 + 1.7 * (more - 1), len(visitor)))
    spread = rng.lognormal(1.3, 1, len(who)) * (shape.longer / more)
    length = np.minimum(1 + spread, 400 * shape.longer / more).astype(np.int64)
    ends = np.cumsum(length)
    if ends[-1] < count:
        length[-1] += count - ends[-1]
        ends[-1] = count
    last = int(np.searchsorted(ends, count))
    who, length, begin = who[: last + 1], length[: last + 1], (ends - length)[: last + 1]
    length[-1] = count - begin[-1]
    clock = np.cumsum(
        (np.exp(rng.standard_normal(count, np.float32) * 1.1 + 2.5) * _SECOND).astype(np.int64)
    )
    at = clock + np.repeat(day * _DAY + _time_of_day(rng, len(who)) - clock[begin], length)
    who = np.repeat(who, length)
    return Block(who, at, _acts(rng, begin, (day - people.arrive[who]) < 7))


def _acts(rng: np.random.Generator, begin: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Names: a session begins with an opening; the tutorial is for people in their first week."""
    name = rng.choice(_table_of(_ACTS), len(new))
    name[(name == NAMES.index("tutorial")) & ~new] = NAMES.index("read")
    name[begin] = np.where(
        rng.random(len(begin)) < 0.12, NAMES.index("push_open"), NAMES.index("app_open")
    )
    return name


def _table_of(shares: dict[str, float]) -> np.ndarray:
    """Codes of names, each repeated by its share of 100."""
    return np.concatenate(
        [np.full(round(share * 100), NAMES.index(name), np.int8) for name, share in shares.items()]
    )


def _time_of_day(rng: np.random.Generator, n: int) -> np.ndarray:
    hour = np.searchsorted(np.cumsum(_HOURS / _HOURS.sum()), rng.random(n)).clip(max=23)
    return hour * 3_600 * _SECOND + rng.integers(0, 3_600 * _SECOND, n)


def _received(
    people: People, rng: np.random.Generator, day: int, among: np.ndarray, n: int, name: str
) -> Block:
    """Received events: pushes in three waves a day, likes at the hours of visits."""
    waves = rng.choice(np.array([10, 15, 20]), n) * 3_600 * _SECOND + rng.integers(
        0, 900 * _SECOND, n
    )
    at = day * _DAY + (waves if name == "push" else _time_of_day(rng, n))
    return Block(people.draw(rng, among, n), at, np.full(n, NAMES.index(name), np.int8))


def arrow(shape: Shape, people: People, rng: np.random.Generator, block: Block) -> pa.Table:
    """Events as the columns of a file."""
    paid = block.name == NAMES.index("order")
    amount = np.where(paid, np.round(rng.lognormal(3, 1, len(paid)), 2), 0)
    begin = (START - date(1970, 1, 1)).days * _DAY
    event = pa.DictionaryArray.from_arrays(pa.array(block.name), pa.array(NAMES))
    null = ~paid
    if shape.amounts != "orders":
        null = rng.random(len(paid)) < 0.5 if shape.amounts == "half" else np.zeros(len(paid), bool)
    columns = [
        people.ids.take(pa.array(block.who)),
        pa.array(block.at + begin).cast(pa.timestamp("us")),
        event if shape.coded else event.cast(pa.string()),
        pa.array(amount, mask=null),
    ]
    return pa.table(columns, schema=shape.schema())


@dataclass(frozen=True)
class File:
    """How a log lies in its file: compression, rows of a row group, and time, person or none."""

    compression: str = "snappy"
    row_group: int = ROW_GROUP
    order: str = "time"


def write(shape: Shape, path: Path, file: File | None = None) -> None:
    """One file in an order of its rows, in row groups of one size."""
    file = file or File()
    waiting = shape.schema().empty_table()
    found = (t for _, t in tables(shape)) if file.order == "time" else reordered(shape, file.order)
    with pq.ParquetWriter(path, shape.schema(), compression=file.compression) as writer:
        for table in found:
            waiting = pa.concat_tables([waiting, table])
            whole = waiting.num_rows // file.row_group * file.row_group
            if whole:
                writer.write_table(waiting.slice(0, whole), row_group_size=file.row_group)
                waiting = waiting.slice(whole)
        if waiting.num_rows:
            writer.write_table(waiting, row_group_size=file.row_group)


def reordered(shape: Shape, order: str) -> Iterator[pa.Table]:
    """All events by person and time, or in no order at all, in pieces."""
    whole = pa.concat_tables([table for _, table in tables(shape)]).unify_dictionaries()
    if order == "person":
        rows = pc.sort_indices(whole, [("user_id", "ascending"), ("ts", "ascending")])
    else:
        rows = pa.array(np.random.default_rng(shape.seed).permutation(whole.num_rows))
    for begin in range(0, len(rows), _PIECE):
        yield whole.take(rows[begin : begin + _PIECE])


def main() -> None:
    """Writes one log."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--ids", choices=("int", "string"), default="int")
    parser.add_argument("--a-day", type=int, default=11)
    parser.add_argument("--names", choices=("text", "dictionary"), default="text")
    parser.add_argument("--amounts", choices=("orders", "all", "half"), default="orders")
    parser.add_argument("--compression", choices=("snappy", "zstd"), default="snappy")
    parser.add_argument("--row-group", type=int, default=ROW_GROUP)
    parser.add_argument("--order", choices=("time", "person", "none"), default="time")
    given = parser.parse_args()
    shape = Shape(
        given.events,
        given.ids,
        a_day=given.a_day,
        names=given.names,
        amounts=given.amounts,
    )
    write(shape, given.path, File(given.compression, given.row_group, given.order))


if __name__ == "__main__":
    main()
