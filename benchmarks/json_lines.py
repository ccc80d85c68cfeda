"""Reading JSON Lines: churnlab from lines to daily rows, against DuckDB reading the same columns.

    python benchmarks/json_lines.py --events 10_000_000 --repeats 3

Both run in one process with the same number of threads, in turn; the ratio is that of the medians,
of the time on the clock and of the cores' time. The goal is 1.5. The most memory that the process
held is printed too; the log may hold `--memory` of raw events.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import duckdb
import events

from churnlab import EventLog

COLUMNS = "{user_id: 'VARCHAR', ts: 'TIMESTAMP', event: 'VARCHAR', amount: 'DOUBLE'}"


def write(count: int, folder: Path) -> Path:
    """A log of so many events as lines of JSON, with two properties that nobody asks for."""
    events.write(events.Shape(count, "string"), folder / "log.parquet")
    columns = "user_id, strftime(ts, '%Y-%m-%dT%H:%M:%S.%fZ') as ts, event, amount"
    more = "'android' as os, {'page': '/home', 'ref': 'mail'} as params"
    path = folder / "log.jsonl"
    duckdb.sql(
        f"copy (select {columns}, {more} from '{folder}/log.parquet') to '{path}' (format json)"
    )
    return path


def by_duckdb(path: Path, threads: int) -> int:
    """The number of rows that DuckDB streams as Arrow."""
    with duckdb.connect(config={"threads": threads}) as connection:
        reader = f"read_json('{path}', format='newline_delimited', columns={COLUMNS})"
        found = connection.sql(f"select user_id, ts, event, amount from {reader}")
        return sum(batch.num_rows for batch in found.to_arrow_reader(131_072))


def by_churnlab(path: Path, threads: int, memory: str) -> int:
    """The number of events that churnlab reads, checks and rolls up."""
    log = EventLog.read(
        path,
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        roles=events.ROLES,
        timezone=events.ZONE,
        threads=threads,
        memory=memory,
    )
    return int(str(log.describe()["events"]))


def measure(path: Path, threads: int, memory: str, repeats: int) -> dict[str, object]:
    """The ratios of churnlab to DuckDB, and the times behind them."""
    runs: dict[str, Callable[[], int]] = {
        "duckdb": lambda: by_duckdb(path, threads),
        "churnlab": lambda: by_churnlab(path, threads, memory),
    }
    by_churnlab(path, threads, memory)  # loads the kernels and the file
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            clock, cores = time.perf_counter(), time.process_time()
            run()
            times[name].append((time.perf_counter() - clock, time.process_time() - cores))
    middle = {
        name: [statistics.median(t) for t in zip(*ran, strict=True)] for name, ran in times.items()
    }
    return {
        "clock_ratio": round(middle["churnlab"][0] / middle["duckdb"][0], 2),
        "cores_ratio": round(middle["churnlab"][1] / middle["duckdb"][1], 2),
        "goal": 1.5,
        "most_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "seconds": {name: [[round(x, 2) for x in t] for t in ran] for name, ran in times.items()},
    }


def main() -> None:
    """Measure and print, and write the JSON where --out says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        writer = get_context("spawn").Process(target=write, args=(given.events, path.parent))
        writer.start()  # in a process of its own, whose memory does not count
        writer.join()
        found = {"events": given.events, "threads": given.threads, "memory": given.memory}
        found |= measure(path, given.threads, given.memory, given.repeats)
    print(json.dumps(found, indent=2))
    if given.out:
        given.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
