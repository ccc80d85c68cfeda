"""Retention, funnels, tiers and 200 tags of millions of people; the triangle in other engines too.

    python benchmarks/retention.py [--people 3_000_000 --days 90 --active 10] \\
        [--out benchmarks/results/retention.json]

The rows are simulated: a person is active on about `--active` days, more often soon after the
first; `--active 90` is everybody on every day. Each part runs in a process of its own with two
threads; a part of this library reads the daily rows as the rollup leaves them, with 15 counts and
two sums each, DuckDB and Polars get two whole numbers a row (user, day) in a Parquet file, sorted
by day. The triangles must be equal.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

START = 20_454  # 2026-01-01
ROLES = ("open", "onboarding", "purchase", "social")
STEPS = ["open", "onboarding", "later open", "social"]


def days_of(rng: np.random.Generator, people: int, days: int, active: float) -> list[np.ndarray]:
    """The people active on each day, as rising int32."""
    if active >= days:
        return [np.arange(people, dtype=np.int32)] * days
    first = rng.integers(0, days, people).astype(np.int16)
    habit = (rng.gamma(0.6, 1.0, people) + 0.05).astype(np.float32)
    found = []
    scale = active / 6.0
    for day in range(days):
        age = day - first
        chance = habit * scale * (0.08 + 0.5 / (1 + 0.2 * np.maximum(age, 0)))
        there = (age == 0) | ((age > 0) & (rng.random(people, dtype=np.float32) < chance))
        found.append(np.flatnonzero(there).astype(np.int32))
    return found


def activity(people: int, days: int, active: float) -> Any:
    """Daily rows in memory, in the blocks that the rollup makes."""
    from churnlab.activity.blocks import BlockRows, blocks_of
    from churnlab.activity.daily import DailyActivity
    from churnlab.kernels.records import COUNTS, SUMS
    from churnlab.schema.roles import Roles

    rng = np.random.default_rng(1)
    width = len(COUNTS) + len(ROLES) + 1, len(SUMS)
    blocks = []
    for day, codes in enumerate(days_of(rng, people, days, active)):

        def fill(to: np.ndarray, counts: np.ndarray, sums: np.ndarray) -> None:
            counts[:] = rng.integers(1, 4, counts.shape, dtype=np.uint8)
            drawn = rng.random((len(counts), len(ROLES)), dtype=np.float32)
            counts[:, len(COUNTS) :][:, : len(ROLES)] = drawn < np.array([0.9, 0.1, 0.05, 0.3])
            sums[:] = 1_000_000

        wide = np.zeros(len(codes), bool)
        blocks += blocks_of(START + day, START + day, codes, wide, width, fill)
    rows = BlockRows(blocks, np.arange(people), np.arange(width[0]), False, width)
    roles = Roles.declared({role: [role] for role in ROLES})
    return DailyActivity(np.arange(people), rows, roles, (), START, START + days, "UTC")


def attributes(people: int) -> Any:
    """A channel for each person."""
    import pandas as pd

    channel = pd.Categorical.from_codes(np.arange(people) % 4, ["ads", "organic", "shop", "tv"])
    return pd.DataFrame({"user_id": np.arange(people), "channel": channel})


def ours(made: Any) -> np.ndarray:
    """The triangle by this library: people, weekly cohort by weeks later."""
    from churnlab.retention import cohorts

    return cohorts(made, every="week", days=[1]).counts[0].triangle.sum(axis=0)


def conditions() -> dict[str, str]:
    """200 tags: sums and shares of daily measures over several windows."""
    measures = ["acts", "sessions", "open", "social", "purchase", "evening", "morning", "orders"]
    counted = {
        f"{name} {days} {least}": f"{name}[{days}] >= {least} and since(acts) <= 45"
        for name in measures
        for days in (7, 14, 28, 56)
        for least in (1, 2, 4)
    }
    shares = {
        f"{name} of acts {days} {share}": f"{name}[{days}] / acts[{days}] > {share}"
        for name in measures[1:]
        for days in (7, 14, 28, 56)
        for share in (0.1, 0.2, 0.3, 0.4)
    }
    return dict([*counted.items(), *shares.items()][:200])


def tagged(made: Any, tags: Callable[..., Any]) -> Any:
    """Who has which tag 30 days before the end, how churn goes with each, and all pairs."""
    found = tags(made, made.end - 30, conditions(), active_within=60)
    return found.table(), found.together()


SQL = """
with starts as (select user, (min(day) + 3) // 7 as cohort from rows group by user),
weeks as (select distinct user, (day + 3) // 7 as week from rows)
select cohort, week - cohort as later, count(*) as people
from weeks join starts using (user) group by all
"""


def duckdb_triangle(file: str) -> np.ndarray:
    """The triangle by DuckDB's SQL."""
    import duckdb

    db = duckdb.connect(config={"threads": 2})
    db.execute(f"create view rows as select * from '{file}'")
    return _square(*db.execute(SQL).fetchnumpy().values())


def polars_triangle(file: str) -> np.ndarray:
    """The triangle by Polars' lazy frames."""
    import polars as pl

    rows = pl.scan_parquet(file)
    week = (pl.col("day") + 3) // 7
    starts = rows.group_by("user").agg(cohort=(pl.col("day").min() + 3) // 7)
    weeks = rows.select("user", week=week).unique()
    found = weeks.join(starts, on="user").group_by(
        "cohort", later=pl.col("week") - pl.col("cohort")
    )
    table = found.agg(people=pl.len()).collect()
    return _square(*(table[name].to_numpy() for name in ("cohort", "later", "people")))


def _square(cohort: np.ndarray, later: np.ndarray, people: np.ndarray) -> np.ndarray:
    size = int((cohort - cohort.min() + later).max()) + 1
    out = np.zeros((size, size), np.int64)
    out[cohort - cohort.min(), later] = people
    return out


def write_rows(file: str, people: int, days: int, active: float) -> None:
    """The same rows for DuckDB and Polars: user and day."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("user", pa.int32()), ("day", pa.int32())])
    with pq.ParquetWriter(file, schema) as out:
        for day, codes in enumerate(days_of(np.random.default_rng(1), people, days, active)):
            when = np.full(len(codes), START + day, np.int32)
            out.write_table(pa.table([codes, when], schema=schema))


def timed(work: Callable[[], Any], repeats: int = 3) -> tuple[float, Any]:
    """The least seconds of some runs, the first of which compiles, and the last result."""
    seconds, found = [], None
    for _ in range(repeats):
        begin = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), found


def run(part: str, told: argparse.Namespace, file: str) -> dict[str, Any]:
    """One part, in a process of its own."""
    shape = told.people, told.days, told.active
    if part in ("duckdb", "polars"):
        work = {"duckdb": duckdb_triangle, "polars": polars_triangle}[part]
        seconds, found = timed(lambda: work(file))
        return {"seconds": seconds, "triangle": found.tolist()}
    made = activity(*shape)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if part == "triangle":
        seconds, found = timed(lambda: ours(made))
        return {"seconds": seconds, "triangle": found.tolist()}
    rows = sum(len(block.codes) for block in made.rows.blocks)
    from churnlab.retention import churn_nodes, funnel, moves, overview, tags, tiers

    users = attributes(told.people)
    works = {
        "cohorts, stickiness, life cycle": lambda: overview(made, users, by="channel"),
        "funnel by channel": lambda: funnel(made, STEPS, users, by="channel"),
        "churn nodes": lambda: churn_nodes(made, STEPS),
        "tiers": lambda: tiers(made, made.end - 30).table(),
        "moves between tiers": lambda: moves(made, made.end - 28),
        "200 tags, their churn and pairs": lambda: tagged(made, tags),
    }
    seconds = {name: timed(work, 2)[0] for name, work in works.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    together = sum(seconds.values())
    found = {"rows": rows, "seconds": seconds, "together": together}
    return found | {"gib_of_rows": base, "gib_at_most": peak}


def main() -> None:
    """Run the parts one after another and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=lambda n: int(n.replace("_", "")), default=3_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--active", type=float, default=10)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--part")
    parser.add_argument("--file", default="")
    told = parser.parse_args()
    if told.part:
        print(json.dumps(run(told.part, told, told.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "rows.parquet")
        write_rows(file, told.people, told.days, told.active)
        found = {part: child(part, file) for part in ("whole", "triangle", "duckdb", "polars")}
    triangles = [found[part].pop("triangle") for part in ("triangle", "duckdb", "polars")]
    if not triangles[0] == triangles[1] == triangles[2]:
        sys.exit("the triangles differ")
    mine = found["triangle"]["seconds"]
    found["ratio"] = {name: found[name]["seconds"] / mine for name in ("duckdb", "polars")}
    found["settings"] = {"people": told.people, "days": told.days, "active": told.active}
    text = json.dumps(found, indent=1)
    print(text)
    if told.out:
        told.out.write_text(text + "\n")


def child(part: str, file: str) -> dict[str, Any]:
    """What a part prints, run with two threads."""
    names = ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")
    command = [sys.executable, *sys.argv, "--part", part, "--file", file]
    done = subprocess.run(
        command,
        env={**os.environ, **dict.fromkeys(names, "2")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{part}: {done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    main()
