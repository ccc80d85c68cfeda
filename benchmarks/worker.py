"""The process of one contender: warms up on a tiny log, then runs once for each line of input.

    python benchmarks/worker.py CONTENDER LOG TINY_LOG THREADS

The answers are JSON lines on standard output; other prints go to standard error.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[[str], tuple[int, int]]


def floor(threads: int) -> Run:
    """(b) DuckDB's plain group-by."""
    from contenders import duckdb_sql

    return lambda path: _shape(duckdb_sql.floor(path, threads))


def churnlab(threads: int) -> Run:
    """(a) The whole default feature set, one snapshot of each person."""
    from contenders import churnlab_features

    return churnlab_features.parts


def churnlab_six(threads: int) -> Run:
    """(a) with the six signals alone."""
    from contenders import churnlab_features

    return lambda path: churnlab_features.parts(path, features=churnlab_features.six())


def churnlab_12(threads: int) -> Run:
    """(a) Twelve snapshots of each person, a fortnight apart."""
    from contenders import churnlab_features

    return lambda path: churnlab_features.parts(path, churnlab_features.FORTNIGHTS)


def duckdb(threads: int) -> Run:
    """(c) The same features in SQL, windows as filtered aggregates."""
    from contenders import duckdb_sql

    return lambda path: _shape(duckdb_sql.features(path, threads, tuned=False))


def duckdb_tuned(threads: int) -> Run:
    """(c) with windows spelled for speed."""
    from contenders import duckdb_sql

    return lambda path: _shape(duckdb_sql.features(path, threads))


def polars(threads: int) -> Run:
    """(d) The same features in Polars, windows as filtered sums."""
    from contenders import polars_frames

    return lambda path: _shape(polars_frames.features(path, tuned=False))


def polars_tuned(threads: int) -> Run:
    """(d) with windows spelled for speed."""
    from contenders import polars_frames

    return lambda path: _shape(polars_frames.features(path))


CONTENDERS: dict[str, Callable[[int], Run]] = {
    f.__name__: f
    for f in (
        floor,
        churnlab,
        churnlab_six,
        churnlab_12,
        duckdb,
        duckdb_tuned,
        polars,
        polars_tuned,
    )
}


def _shape(table: Any) -> tuple[int, int]:
    """Rows and feature columns of an answer whose first column is the person."""
    return table.shape[0], table.shape[1] - 1


def timed(run: Run, path: str) -> dict[str, Any]:
    """One run: seconds, size of the answer, and the memory before and at the peak, MiB."""
    before, start = memory("VmRSS"), time.perf_counter()
    rows, columns = run(path)
    seconds = time.perf_counter() - start
    peak = memory("VmHWM")
    give_back()
    return {
        "seconds": seconds,
        "rows": rows,
        "columns": columns,
        "before_mib": before,
        "peak_mib": peak,
    }


def first_call(run: Run, tiny: str) -> float:
    """Warms up; returns the seconds that the first call took more than the second."""
    import duckdb  # noqa: F401
    import numba  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    first, second = timed(run, tiny), timed(run, tiny)
    return first["seconds"] - second["seconds"]


def memory(what: str) -> float:
    """VmRSS (now) or VmHWM (at the peak) of this process, MiB.

    Linux hands a parent's ru_maxrss down to its children, so getrusage is the last resort.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line = next(line for line in status.read_text().splitlines() if line.startswith(what + ":"))
    return int(line.split()[1]) / 1024


def give_back() -> None:
    """Frees the memory of the run, so that the next contender has the machine to itself."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)


def first_to_go() -> None:
    """Makes this process the first to end if memory runs out, not its parent or a neighbour."""
    if Path("/proc/self/oom_score_adj").exists():
        Path("/proc/self/oom_score_adj").write_text("1000")


def main() -> None:
    """Serves one contender."""
    name, path, tiny, threads = sys.argv[1:]
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    first_to_go()
    run = CONTENDERS[name](int(threads))
    print(json.dumps({"ready": name, "first_call_seconds": first_call(run, tiny)}), file=channel)
    for _ in sys.stdin:
        print(json.dumps(timed(run, path)), file=channel)


if __name__ == "__main__":
    main()
