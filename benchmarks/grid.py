"""churnlab over DuckDB's plain group-by on a grid of logs.

    python benchmarks/grid.py --events 30_000_000 100_000_000 --page docs/scale.md
    python benchmarks/grid.py --events 1_000_000 --logs usual zstd --rounds 5

(a) is churnlab from the file to the matrix of the whole default feature set of everybody active;
(b) is DuckDB's `select user_id, count(*), max(ts), sum(amount) … group by user_id` over the same
file. Both run in turn, each in a process of its own, on every log, all in one run.

The design of the grid: the usual log, then each property changed alone, then several together. A
property that costs time shows in its own row; what only costs together shows in the last rows. All
combinations would be 144 logs. The logs are SIMULATED (events.py).
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from engine import HERE, TINY, default_limit, machine
from racing import Setting, race

TOGETHER = ("--compression", "zstd", "--row-group", "1_000_000", "--names", "dictionary")
DENSE = (*TOGETHER, "--a-day", "260")
LOGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "usual": ("the usual log", ()),
    "zstd": ("zstd", ("--compression", "zstd")),
    "million": ("row groups of a million", ("--row-group", "1_000_000")),
    "dictionary": ("names as a dictionary", ("--names", "dictionary")),
    "dense": ("260 events a person-day", ("--a-day", "260")),
    "paid": ("no null amounts", ("--amounts", "all")),
    "half": ("half of the amounts null, at random", ("--amounts", "half")),
    "person": ("sorted by person", ("--order", "person")),
    "none": ("not sorted", ("--order", "none")),
    "together": ("zstd, row groups of a million, dictionary", TOGETHER),
    "dense-together": ("the same, 260 a person-day", DENSE),
    "dense-person": ("the same, 260, sorted by person", (*DENSE, "--order", "person")),
    "dense-none": (
        "the same, 260, not sorted, half of the amounts null",
        (*DENSE, "--order", "none", "--amounts", "half"),
    ),
}
USUAL = (
    "The usual log: Snappy, row groups of 122,880, text names, 11 events a person-day, amounts of "
    "orders alone (null elsewhere), sorted by time. Each other row changes what it says."
)
BEGIN, END = "<!-- grid -->\n", "<!-- end of grid -->"
_MAKERS = 2  # logs that are made at a time


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=[30_000_000])
    parser.add_argument("--logs", nargs="+", choices=LOGS, default=list(LOGS), metavar="LOG")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender")
    parser.add_argument("--threads", type=int, default=2, help="of each contender")
    parser.add_argument("--keep", type=Path, help="a folder for the logs, kept and used again")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "grid.json")
    parser.add_argument("--page", type=Path, help="a file whose table is written anew")
    return parser.parse_args(given)


def made(name: str, events: int, folder: Path) -> Path:
    """The file of a log; another process makes it unless it exists."""
    path = folder / f"{name}-{events}.parquet"
    if not path.exists():
        part = path.with_suffix(".part")
        command = [sys.executable, str(HERE / "events.py"), str(events), str(part)]
        subprocess.run([*command, *LOGS[name][1]], check=True)
        part.rename(path)
    return path


def measured(name: str, path: Path, setting: Setting, rounds: int) -> dict[str, Any]:
    """(a) and (b) on one log: seconds of each round, and the ratio of the medians."""
    times = race(("floor", "churnlab"), path, setting, rounds)
    failed = times["churnlab"].failed or times["floor"].failed
    if failed:
        sys.exit(f"{name}: {failed}")
    a, b = ([run["seconds"] for run in times[who].runs] for who in ("churnlab", "floor"))
    single = [above / below for above, below in zip(a, b, strict=True)]
    return {
        "log": name,
        "options": list(LOGS[name][1]),
        "a_seconds": a,
        "b_seconds": b,
        "ratio": statistics.median(a) / statistics.median(b),
        "rounds": [min(single), max(single)],
        "peak_mib": max(run["peak_mib"] for run in times["churnlab"].runs),
        "file_mib": path.stat().st_size / 2**20,
    }


def cpu() -> str:
    """The name of the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def summary(found: dict[str, Any]) -> dict[str, float]:
    """The median and the worst ratio over the logs of one size."""
    ratios = [log["ratio"] for log in found["logs"]]
    return {"median": statistics.median(ratios), "worst": max(ratios)}


def markdown(result: dict[str, Any]) -> str:
    """The table for a terminal and for docs/scale.md."""
    sizes = result["sizes"]
    events = [f"{size['events'] / 1e6:g} million" for size in sizes]
    lines = [
        "| log | " + " | ".join(f"{e}: (a)/(b), rounds | seconds" for e in events) + " |",
        "|---" * (1 + 2 * len(sizes)) + "|",
    ]
    for logs in zip(*(size["logs"] for size in sizes), strict=True):
        cells = [
            f"{log['ratio']:.2f}, {log['rounds'][0]:.2f} to {log['rounds'][1]:.2f} | "
            f"{statistics.median(log['a_seconds']):.2f} / {statistics.median(log['b_seconds']):.2f}"
            for log in logs
        ]
        lines.append(f"| {LOGS[logs[0]['log']][0]} | {' | '.join(cells)} |")
    for what, goal in (("median", 2.5), ("worst", 3.2)):
        cells = [f"**{summary(size)[what]:.2f}** (goal ≤ {goal}) | " for size in sizes]
        lines.append(f"| **{what}** | {'| '.join(cells)}|")
    about = result["machine"]
    named = (
        f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, "
        f"{about['threads']} threads, {result['rounds']} rounds in turn. {USUAL}"
    )
    return "\n".join([*lines, "", named, ""])


def rewrite(page: Path, table: str) -> None:
    """Put the table between the two marks of a file."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    page.write_text(f"{before}{BEGIN}{table}{END}{rest.split(END)[1]}", encoding="utf-8")


def size(
    events: int, names: Sequence[str], folder: Path, given: argparse.Namespace
) -> dict[str, Any]:
    """All logs of one size: made first, two at a time, then measured one by one."""
    tiny = made("usual", TINY, folder)
    with ThreadPoolExecutor(_MAKERS) as pool:
        files = list(pool.map(lambda name: made(name, events, folder), names))
    setting = Setting(tiny, given.threads, default_limit())
    logs = []
    for name, path in zip(names, files, strict=True):
        logs.append(measured(name, path, setting, given.rounds))
        if given.keep is None:
            path.unlink()
    return {"events": events, "logs": logs}


def main() -> None:
    """Measures the grid, prints the table, and writes it and the JSON."""
    given = arguments()
    with ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        sizes = [size(events, given.logs, folder, given) for events in given.events]
    result = {
        "machine": {"cpu": cpu(), **machine(given.threads)},
        "rounds": given.rounds,
        "sizes": [{**found, **summary(found)} for found in sizes],
    }
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"\n{markdown(result)}")
    if given.page is not None:
        rewrite(given.page, markdown(result))


if __name__ == "__main__":
    main()
