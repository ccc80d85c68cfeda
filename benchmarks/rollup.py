"""Roll-up and features beside DuckDB's plain group-by over the same events, in one run; ratios, not seconds, are kept.

    python benchmarks/rollup.py [--people 3000]

The issue of speed comes later; this is where it starts from. The log is simulated.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

import churnlab as cl
from churnlab.datasets import ROLES, make_community

FLOOR = "select user_id, count(*), max(ts), sum(amount) from read_parquet('{}') group by user_id"


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The median time of a piece of work."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=3000)
    given = parser.parse_args()
    community = make_community(users=given.people, seed=9)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "events.parquet")
        community.events.to_parquet(file, index=False)

        def daily() -> cl.DailyActivity:
            return cl.EventLog.read(file, user="user_id", time="ts", event="event", amount="amount", roles=ROLES, timezone="Asia/Shanghai").daily()

        activity = daily()
        days = [activity.end - 14 * k for k in range(1, 13)]
        floor = seconds(lambda: duckdb.sql(FLOOR.format(file)).fetchall())
        one = seconds(lambda: cl.build_dataset(activity, cl.Snapshots.at(activity, days[:1])))
        many = seconds(lambda: cl.build_dataset(activity, cl.Snapshots.at(activity, days)))
        rolled = seconds(daily)
    result = {"events": len(community.events), "people": given.people, "rollup over the floor": round(rolled / floor, 1),
              "rollup, events a second": round(len(community.events) / rolled), "12 snapshots over 1": round(many / one, 2)}
    (Path(__file__).parent / "results").mkdir(exist_ok=True)
    (Path(__file__).parent / "results" / "rollup.json").write_text(json.dumps(result, indent=1) + "\n")
    for name, value in result.items():
        print(f"{name:28} {value:,}")


if __name__ == "__main__":
    main()
