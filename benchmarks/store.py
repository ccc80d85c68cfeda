"""Data of the nightly job, and its measurements.

One store has 180 days and gets one more day; another has the daily rows of a tenth of 18 million
people.

    python benchmarks/store.py update FOLDER [--people 1_000_000 --daily 200_000 \\
        --events 2_000_000 --repeats 3]
    python benchmarks/store.py save FOLDER [--people 1_800_000 --monthly 300_000]
    python benchmarks/store.py score FOLDER

engine.py runs each command in a process of its own; the answer is a JSON line. Only the functions
in STORE call the store.
"""

from __future__ import annotations

import argparse
import dataclasses
import glob
import json
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from contenders import churnlab_features
from events import DAYS, END, NAMES, ROLES, ROW_GROUP, START, Block, People, Shape, arrow, tables
from worker import memory

import churnlab as cl

_DAY = 86_400_000_000


@dataclass(frozen=True)
class Store:
    """The lines that call the store.

    `make(pattern, store)` builds a store from the day files that the pattern names;
    `append(file, store)` adds the file of one more day; `save(rows, store)` makes a store of daily
    rows from numpy arrays; `features(store)` opens it and returns the rows and columns of the
    matrix (the whole default set) of everybody active in the last month, at END.
    """

    make: Callable[[str, Path], None] | None = None
    append: Callable[[Path, Path], None] | None = None
    save: Callable[[dict[str, np.ndarray], Path], None] | None = None
    features: Callable[[Path], tuple[int, int]] | None = None


def _make(pattern: str, folder: Path) -> None:
    kept = cl.ActivityStore.create(folder, **churnlab_features.OPTIONS)
    for file in sorted(glob.glob(pattern)):
        kept.append(Path(file).stem, file)


def _append(file: Path, folder: Path) -> None:
    cl.ActivityStore.open(folder).append(file.stem.removeprefix("late-"), file)


def _save(rows: dict[str, np.ndarray], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    kept = cl.ActivityStore.create(folder, **churnlab_features.OPTIONS)
    order = np.lexsort((rows["codes"], rows["day"]))
    cuts = np.flatnonzero(np.diff(rows["day"][order], prepend=-1))
    names = [n for n in rows if n not in ("codes", "day", "active", "gap", "gap_sq", "gaps")]
    small = {
        n: rows[n].astype(np.int64 if n in ("money", "session_micros") else np.uint16)
        for n in names
    }
    for part in np.split(order, cuts[1:]):
        table = pa.table({"user_id": rows["codes"][part], **{n: small[n][part] for n in names}})
        day = int(rows["day"][part[0]])
        kept.folder.replace(
            {day: table}, {day: {"names": list(NAMES), "events": int(rows["acts"][part].sum())}}
        )


def _features(folder: Path) -> tuple[int, int]:
    count = columns = 0
    for part in cl.iter_datasets(
        cl.ActivityStore.open(folder),
        days=[str(END)],
        active_within=30,
        features=churnlab_features.signals(),
    ):
        count, columns = count + part.X.shape[0], part.X.shape[1]
    return count, columns


STORE = Store(_make, _append, _save, _features)


def write_days(
    folder: Path, people: int, daily: int, events: int, more: int
) -> tuple[str, list[Path]]:
    """Writes one file for each day; returns their pattern and the late files.

    180 light days have `daily` people with one event each. Then come `more` days of `events`.
    """
    shape = dataclasses.replace(Shape(events * more, days=more, people=people))
    rng = np.random.default_rng(shape.seed)
    crowd = People.of(shape, rng)
    for day in range(DAYS):
        pq.write_table(
            arrow(shape, crowd, rng, _light(rng, day, people, daily)),
            folder / f"{START + timedelta(days=day)}.parquet",
        )
    late = []
    for day, table in tables(shape):
        moved = table["ts"].cast(pa.int64()).to_numpy() + DAYS * _DAY
        late.append(folder / f"late-{END + timedelta(days=day)}.parquet")
        pq.write_table(
            table.set_column(1, "ts", pa.array(moved).cast(pa.timestamp("us"))),
            late[-1],
            row_group_size=ROW_GROUP,
        )
    return str(folder / "2026-*.parquet"), late


def _light(rng: np.random.Generator, day: int, people: int, daily: int) -> Block:
    """A day on which `daily` people do one act each."""
    who = rng.choice(people, daily, replace=False)
    at = np.sort(rng.integers(day * _DAY, (day + 1) * _DAY, daily))
    return Block(who, at, rng.integers(0, len(NAMES), daily).astype(np.int8))


def update_ratio(
    folder: Path, people: int, daily: int, events: int, repeats: int, store: Store = STORE
) -> dict[str, object]:
    """Seconds of one more day into a store of 180 days, beside the rollup of that day's file alone.

    Each repeat is another new day.
    """
    if store.make is None or store.append is None:
        return {"left_out": "no store yet"}
    pattern, late = write_days(folder, people, daily, events, repeats + 1)
    store.make(pattern, folder / "store")
    rolled, appended = [], []
    for file in late:
        rolled.append(_seconds(lambda file=file: churnlab_features.read(str(file)).daily()))
        appended.append(_seconds(lambda file=file: store.append(file, folder / "store")))
    warm_rolled, warm_appended = rolled[1:], appended[1:]  # the first day is the warm-up
    ratio = statistics.median(warm_appended) / statistics.median(warm_rolled)
    return {
        "rollup_seconds": warm_rolled,
        "append_seconds": warm_appended,
        "ratio": ratio,
        "daily_rows": DAYS * daily,
        "peak_mib": memory("VmHWM"),
    }


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def daily_rows(people: int, monthly: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Daily rows of 180 days, int64 arrays: `codes`, `day` (both sorted), and every measure.

    About `monthly` of `people` are active in the last 30 days, on about a quarter of their days.
    """
    rng = np.random.default_rng(seed)
    codes, day = _who_when(rng, people, monthly)
    rows = {name: rng.poisson(mean, len(codes)) for name, mean in _MEANS.items()}
    rows |= {f"n_{role}": rng.binomial(rows["acts"], 0.1) for role in [*ROLES, "other"]}
    rows["n_purchase"] = rng.binomial(1, 0.05, len(codes))
    rows["active"] = (rows["acts"] > 0).astype(np.int64)
    rows["sessions"] = np.minimum(1 + rows["acts"] // 8, rows["acts"])
    rows |= {
        "session_micros": rows["acts"] * 25_000_000,
        "steps": np.minimum(rows["acts"], 4 * rows["sessions"]),
        "orders": rows["n_purchase"],
    }
    rows |= {
        "money": rows["orders"] * rng.integers(1, 10**8, len(codes)),
        "names": np.minimum(rows["acts"], 11),
        **_gaps(codes, day, rows["active"]),
    }
    return {
        "codes": codes,
        "day": day + (START - _EPOCH).days,
        **{k: v.astype(np.int64) for k, v in rows.items()},
    }


_EPOCH = START.replace(1970, 1, 1)
_MEANS = {
    "acts": 11,
    "receipts": 1.2,
    "night": 0.6,
    "morning": 2.5,
    "afternoon": 3.5,
    "evening": 4.4,
}


def _who_when(rng: np.random.Generator, people: int, monthly: int) -> tuple[np.ndarray, np.ndarray]:
    """(person, day) pairs, sorted and distinct."""
    alive = rng.permutation(people)[: monthly * 5 // 3]
    weight = np.minimum(rng.lognormal(-1.9, 1, len(alive)), 1)
    leave = np.where(rng.random(len(alive)) < 0.6, DAYS, rng.integers(0, DAYS, len(alive)))
    pairs = [
        alive[(rng.random(len(alive), np.float32) < weight) & (day < leave)] * DAYS + day
        for day in range(DAYS)
    ]
    keys = np.sort(np.concatenate(pairs))
    return keys // DAYS, keys % DAYS


def _gaps(codes: np.ndarray, day: np.ndarray, active: np.ndarray) -> dict[str, np.ndarray]:
    """Days since the person's previous active day, on active rows."""
    rows, gap = np.flatnonzero(active), np.zeros(len(codes), np.int64)
    same = np.flatnonzero(np.diff(codes[rows]) == 0) + 1
    gap[rows[same]] = day[rows[same]] - day[rows[same - 1]]
    return {"gap": gap, "gap_sq": gap * gap, "gaps": (gap > 0).astype(np.int64)}


def save(folder: Path, people: int, monthly: int, store: Store = STORE) -> dict[str, object]:
    """Makes the store that `score` reads, in a process that `score` does not measure."""
    if store.save is None:
        return {"left_out": "no store yet"}
    rows = daily_rows(people, monthly)
    store.save(rows, folder / "tenth")
    return {"people": people, "daily_rows": len(rows["codes"])}


def score(folder: Path, store: Store = STORE) -> dict[str, object]:
    """Seconds, from opening the store, and memory for the features of the last month's people."""
    if store.features is None:
        return {"left_out": "no store yet"}
    before, start = memory("VmRSS"), time.perf_counter()
    rows, columns = store.features(folder / "tenth")
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "rows": rows,
        "columns": columns,
        "before_mib": before,
        "peak_mib": memory("VmHWM"),
    }


def main() -> None:
    """Prints one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("update", "save", "score"))
    parser.add_argument("folder", type=Path)
    for name, default in {
        "people": 0,
        "daily": 200_000,
        "events": 2_000_000,
        "repeats": 3,
        "monthly": 300_000,
    }.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.what == "update":
        found = update_ratio(
            given.folder, given.people or 1_000_000, given.daily, given.events, given.repeats
        )
    elif given.what == "save":
        found = save(given.folder, given.people or 1_800_000, given.monthly)
    else:
        found = score(given.folder)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
