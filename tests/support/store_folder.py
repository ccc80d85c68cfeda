"""Folders of daily rows for tests: made-up days, what updates do to them, the carry in plain Python."""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from churnlab.store import row_writer
from churnlab.store.folder import StoreFolder

MEANING = {"zone": "UTC", "roles": {"social": ["comment"], "push": ["sent"]}, "ids": "int"}

FIRST = 20_000


def day_table(value: int, people: int = 60, text: bool = False, seed: int = 0) -> pa.Table:
    """Rows whose measures all follow from `value`."""
    ids = np.sort(np.random.default_rng(seed).choice(4 * people, people, replace=False)).astype(
        np.int64
    )
    users = [f"user-{i:05}" for i in ids] if text else ids
    return pa.table(
        {
            "user_id": users,
            "acts": ((ids + value) % 3).astype(np.uint16),
            "money": ids * 1000 + value,
            "names": np.full(people, value, np.int32),
        }
    )


def days_of(value: int, count: int = 3, **how: Any) -> dict[int, pa.Table]:
    return {FIRST + i: day_table(value, seed=i, **how) for i in range(count)}


def content(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def values(store: StoreFolder) -> set[int]:
    """What the days were made of; one number unless updates were mixed."""
    return {v for day in store.days for v in store.table(day)["names"].unique().to_pylist()}


def check_clean(store: StoreFolder) -> None:
    """Verified, and nothing in the folder that the manifest does not name."""
    store.verify()
    named = {file.name for file in store.manifest.files()} | {"manifest.json", ".lock"}
    assert {*content(store.path)} == named, {*content(store.path)} ^ named
    assert {p.name for p in store.path.iterdir() if p.is_dir()} == {
        Path(n).parts[0] for n in named if "/" in n
    }


def update_forever(folder: str, value: int) -> None:
    store = StoreFolder.open(folder)
    Path(folder, "..", "started").touch()
    while True:
        value += 1
        store.replace(days_of(value), wait=30)


def update_often(folder: str, value: int) -> None:
    for i in range(25):
        StoreFolder.open(folder).replace(days_of(value + i), wait=30)


def hold_half_a_second(folder: str) -> None:
    with StoreFolder.open(folder).locked():
        Path(folder, "..", "started").touch()
        time.sleep(0.5)


def die_at(folder: str, number: int) -> None:
    """An update and a compaction; the process ends at its n-th call that touches the disk."""
    left = [number]

    def ends(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os._exit(9)
            return call(*args, **kwargs)

        return counted

    row_writer.WRITE_BYTES = 2048
    for where, name in IO:
        setattr(where, name, ends(getattr(where, name)))
    store = StoreFolder.open(folder)
    store.replace(days_of(2))
    store.compact(FIRST + 1)


IO = [
    (os, "fsync"),
    (os, "replace"),
    (row_writer.HashingFile, "write"),
    (Path, "mkdir"),
    (Path, "unlink"),
]


def await_file(path: Path) -> None:
    until = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.002)


def flipped(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]


def rows_and_carry(store: StoreFolder) -> list[Any]:
    return [
        (c.low, c.high, [(d, t.to_pydict()) for d, t in c.tables], c.carry and c.carry.to_pydict())
        for c in store.ranges(people=900)
    ]


Rows = Mapping[int, Mapping[Any, Mapping[str, int]]]


def folded(rows: Rows, before: int) -> dict[Any, dict[str, int | None]]:
    """The carry in plain Python: person → column → whole number."""
    people: dict[Any, list[tuple[int, dict[str, int]]]] = defaultdict(list)
    for day in sorted(d for d in rows if d < before):
        for user, row in rows[day].items():
            people[user].append((day, dict(row)))
    return {user: one_carry(found) for user, found in sorted(people.items())}


def one_carry(found: list[tuple[int, dict[str, int]]]) -> dict[str, int | None]:
    previous = None
    for day, row in found:
        row["active"] = int(row["acts"] > 0)
        row["gap"] = day - previous if row["active"] and previous is not None else 0
        row["gap_sq"], row["gaps"] = row["gap"] ** 2, int(row["gap"] > 0)
        previous = day if row["active"] else previous
    out: dict[str, int | None] = {}
    for measure in found[0][1]:
        above = [day for day, row in found if row[measure] > 0]
        out[f"sum_{measure}"] = sum(row[measure] for _, row in found)
        out[f"max_{measure}"] = max(row[measure] for _, row in found)
        out[f"first_{measure}"], out[f"last_{measure}"] = (
            (above[0], above[-1]) if above else (None, None)
        )
    recent = [day for day, row in found if row["active"]][::-1]
    out |= {f"recent_{k + 1}": recent[k] if k < len(recent) else None for k in range(4)}
    return out | {"first_day": found[0][0], "last_day": found[-1][0]}


def by_user(table: pa.Table) -> dict[Any, dict[str, int | None]]:
    return {row.pop("user_id"): row for row in table.to_pylist()}


def as_table(rows: Mapping[Any, Mapping[str, int]], versions: bool = False) -> pa.Table:
    """A day's rows; with versions, an earlier and wrong one stands before each."""
    columns: dict[str, list[Any]] = {
        "user_id": [],
        **({"known": []} if versions else {}),
        "acts": [],
        "money": [],
    }
    for user, row in sorted(rows.items()):
        for version in range(2 if versions and row["money"] % 2 else 1):
            columns["user_id"].append(user)
            for name in ("acts", "money"):
                columns[name].append(
                    row[name] if version or not (versions and row["money"] % 2) else 77
                )
            if versions:
                columns["known"].append(100 + version)
    kind = pa.string() if rows and isinstance(next(iter(rows)), str) else pa.int64()
    return pa.table(
        {
            n: pa.array(v, kind if n == "user_id" else pa.int32() if n == "known" else pa.int64())
            for n, v in columns.items()
        }
    )


def random_rows(seed: int, days: int, people: int, text: bool) -> Rows:
    draw = random.Random(seed)
    name = (lambda u: f"person-{u:04}") if text else (lambda u: u * 3)
    return {
        FIRST + d: {
            name(u): {"acts": draw.choice([0, 0, 1, 5]), "money": draw.choice([0, -3, 10**12 + u])}
            for u in range(people)
            if draw.random() < 0.3
        }
        for d in range(days)
    }
