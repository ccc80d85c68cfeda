"""The engine's speed, as ratios measured side by side in one run.

Prints the goals and the measured ratios, and writes the JSON.

    python benchmarks/engine.py --events 100_000_000
    python benchmarks/engine.py --events 1_000_000 --ids int --parts floor churnlab duckdb
    python benchmarks/engine.py --check

(a) churnlab from the file to the matrix of the whole default feature set, `FeatureSet.default()`;
(b) the floor, DuckDB's plain group-by; (c) the same features in DuckDB SQL, (d) in Polars; (e)
Featuretools on a sample, in an environment of its own. Beside them, without a goal: (a) with six
signals alone (named in contenders/churnlab_features.py), (c) and (d) with windows spelled for
speed. Each contender has a process of its own; one works at a time, in turn, several times; the
results are medians. The log is SIMULATED (events.py). The features of (a), (c) and (d) are
compared first.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import table
from contenders.churnlab_features import SIX, signals
from contenders.question import COLUMNS
from racing import Setting, Times, alone, environment, race

HERE = Path(__file__).parent
FULL = 100_000_000
RACERS = ("floor", "churnlab", "churnlab_six", "churnlab_12", *table.OTHERS)
ON_BOTH = ("floor", "churnlab", "churnlab_six")  # on ids of either kind
PARTS = (*RACERS, "featuretools", "memory", "update", "score")
FEATURETOOLS = ("featuretools>=1.31,<2", "pandas>=2.2,<3", "pyarrow>=21")
TINY = 20_000
DAYS_OF_UPDATE = 8  # half a second each, and single ones vary by half


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The arguments of the command line: the parts to measure and their sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="events of the log")
    parser.add_argument(
        "--ids", choices=("int", "string", "both"), default="both", help="kind of the people's ids"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of each contender")
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        metavar="PART",
        help=f"of {', '.join(PARTS)}",
    )
    parser.add_argument("--threads", type=int, default=2, help="of every contender")
    parser.add_argument("--sample", type=int, default=2_000, help="people of Featuretools' sample")
    parser.add_argument(
        "--scale",
        type=float,
        default=1,
        help="size of the stores of the update and the score; 1 is the full size",
    )
    parser.add_argument(
        "--limit-mib", type=int, default=default_limit(), help="memory that a contender may use"
    )
    parser.add_argument("--keep", type=Path, help="a folder for the logs, kept and used again")
    parser.add_argument(
        "--out",
        type=Path,
        help="the JSON; benchmarks/results/engine.json for a full run, else below build/",
    )
    parser.add_argument(
        "--check", action="store_true", help="only compare the features, on a small log"
    )
    found = parser.parse_args(given)
    found.out = found.out or (
        HERE / "results" / "engine.json"
        if found.events >= FULL
        else HERE.parent / "build" / f"engine-{found.events}.json"
    )
    return found


def default_limit() -> int:
    """80% of the machine's memory, MiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 8 // 10 // 2**20


class Bench:
    """One run of the script: the folder of the logs, and the results so far."""

    def __init__(self, given: argparse.Namespace, folder: Path) -> None:
        self.given, self.folder = given, folder
        self.setting = Setting(self.log(TINY, "int"), given.threads, given.limit_mib)
        self.rows: list[table.Row] = []
        self.raw: dict[str, Any] = {
            "events": given.events,
            "signals": signal_names(),
            "six": list(SIX),
            **machine(given.threads),
        }

    def log(self, events: int, ids: str) -> Path:
        """A log of `events` events; another process makes it unless it exists."""
        path = self.folder / f"{ids}-{events}.parquet"
        if not path.exists():
            part = path.with_suffix(".part")
            subprocess.run(
                [sys.executable, str(HERE / "events.py"), str(events), str(part), "--ids", ids],
                check=True,
            )
            part.rename(path)
        return path

    def check(self) -> None:
        """Ends the run if a contender's features differ from churnlab's."""
        from agreement import differences

        wrong = [
            said for ids in ("int", "string") for said in differences(str(self.log(TINY, ids)))
        ]
        if wrong:
            sys.exit("the features are not the same:\n" + "\n".join(wrong))
        print(
            f"DuckDB and Polars give churnlab's features on {TINY:,} events, "
            "ids int and string (relative 1e-9)"
        )

    def races(self) -> Times:
        """Races ON_BOTH on each kind of ids, all others on the first kind alone.

        Returns churnlab's times on the first kind.
        """
        kinds = ("int", "string") if self.given.ids == "both" else (self.given.ids,)
        first = Times()
        for ids in kinds:
            names = [
                n for n in RACERS if n in self.given.parts and (ids == kinds[0] or n in ON_BOTH)
            ]
            times = (
                race(names, self.log(self.given.events, ids), self.setting, self.given.repeats)
                if names
                else {}
            )
            scaled = {
                n: self.largest_that_fits(n, ids)
                for n in table.OTHERS
                if n in times and times[n].failed
            }
            self.rows += table.of_race(ids, times, scaled)
            self.raw[f"{ids} ids"] = {
                "contenders": {n: t.to_dict() for n, t in times.items()},
                "scaled": scaled,
                "file_mib": self.log(self.given.events, ids).stat().st_size / 2**20,
            }
            first = first if first.runs else times.get("churnlab", Times())
        self.rows += table.of_first_call(first)
        return first

    def largest_that_fits(self, name: str, ids: str) -> dict[str, Any]:
        """Seconds of a contender on the largest half, quarter, … that it finishes.

        They are scaled linearly to the whole log.
        """
        for part in (2, 4, 8, 16):
            events = self.given.events // part
            times = race([name], self.log(events, ids), self.setting, 1)[name]
            if times.seconds is not None:
                return {
                    "seconds": times.seconds * part,
                    "events": events,
                    "measured_seconds": times.seconds,
                }
        return {}

    def featuretools(self, ours: Times) -> None:
        """Measures (e), and churnlab on the same sample."""
        from contenders.duckdb_sql import sample

        ids = "string" if self.given.ids == "string" else "int"
        path = self.folder / f"sample-{ids}-{self.given.events}-{self.given.sample}.parquet"
        sample(str(self.log(self.given.events, ids)), self.given.sample, str(path))
        found = featuretools(path)
        small = race(["churnlab"], path, self.setting, self.given.repeats)["churnlab"]
        self.rows += table.of_featuretools(found, ours, small)
        self.raw["featuretools"] = {**found, "churnlab_on_the_sample": small.to_dict()}

    def memory(self) -> None:
        """Measures peak memory of (a) in a fresh process, on the log and on twice the events."""
        ids = "string" if self.given.ids == "string" else "int"
        once, twice = (
            alone("churnlab", self.log(self.given.events * k, ids), self.setting) for k in (1, 2)
        )
        self.rows += table.of_memory(once, twice, self.given.events)
        self.raw["memory"] = {"once": once, "twice": twice}

    def update(self) -> None:
        """Measures the nightly update."""
        sizes = {"people": 1_000_000, "daily": 200_000, "events": 2_000_000}
        self.raw["update"] = found = self.store(
            "update", sizes, max(self.given.repeats, DAYS_OF_UPDATE)
        )
        self.rows += table.of_update(found)

    def score(self) -> None:
        """Measures a twentieth and a tenth of the nightly score."""
        found = []
        for people, monthly in ((900_000, 150_000), (1_800_000, 300_000)):
            self.store("save", {"people": people, "monthly": monthly})
            found.append(self.store("score", {}))
        self.raw["score"] = {"twentieth": found[0], "tenth": found[1]}
        self.rows += table.of_score(found[1], found[0])

    def store(self, what: str, sizes: dict[str, int], repeats: int = 1) -> dict[str, Any]:
        """The answer of one command of store.py."""
        options = [
            text
            for name, size in sizes.items()
            for text in (f"--{name}", str(round(size * self.given.scale)))
        ]
        command = [
            sys.executable,
            str(HERE / "store.py"),
            what,
            str(self.folder / "store"),
            *options,
            "--repeats",
            str(repeats),
        ]
        return answer(command, self.given.threads)

    def run(self) -> None:
        """Runs all parts, prints the table and writes the JSON."""
        self.check()
        if self.given.check:
            return
        ours = self.races()
        if "featuretools" in self.given.parts:
            self.featuretools(ours)
        for part in ("memory", "update", "score"):
            if part in self.given.parts:
                getattr(self, part)()
        self.keep()

    def keep(self) -> None:
        """Prints the table and writes the JSON."""
        self.raw["table"] = [
            dict(zip(("what", "measured", "must reach", "ok", "note"), r.cells(), strict=True))
            for r in self.rows
        ]
        self.given.out.parent.mkdir(parents=True, exist_ok=True)
        self.given.out.write_text(
            json.dumps(self.raw, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        print(
            f"\n{self.given.events:,} events, {self.given.threads} threads, "
            f"medians of {self.given.repeats} runs in turn; the log is simulated\n"
            f"the whole default feature set, {len(signals().names(COLUMNS))} columns "
            f"of {len(signal_names())} signals; six signals alone are {', '.join(SIX)}\n"
        )
        print(table.markdown(self.rows))


def signal_names() -> list[str]:
    """The signals that all contenders compute."""
    return [type(builder).__name__ for builder in signals().builders]


def machine(threads: int) -> dict[str, Any]:
    """Cores, memory and the versions of the measured libraries."""
    names = ("churnlab", "duckdb", "polars", "pyarrow", "numpy", "numba", "pandas")
    return {
        "cores": os.cpu_count(),
        "threads": threads,
        "memory_gib": round(default_limit() / 0.8 / 1024, 1),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "versions": {n: version(n) for n in names},
    }


def answer(command: list[str], threads: int) -> dict[str, Any]:
    """The JSON on the last line that a command prints, or a note that the command failed."""
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(threads), check=False
    )
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return {"left_out": f"{Path(command[1]).name} ended with {done.returncode}"}
    return json.loads(done.stdout.splitlines()[-1])


def featuretools(sample: Path) -> dict[str, Any]:
    """Runs Featuretools in its own environment under build/, and makes that if it is missing."""
    from events import END, ROLES

    home = HERE.parent / "build" / "featuretools"
    python = home / "bin" / "python"
    if not (home / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        if subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", *FEATURETOOLS], check=False
        ).returncode:
            return {"left_out": "Featuretools could not be installed"}
        (home / "made").touch()
    return answer(
        [
            str(python),
            str(HERE / "contenders" / "featuretools_features.py"),
            str(sample),
            str(END),
            json.dumps(ROLES),
        ],
        2,
    )


@contextmanager
def kept(folder: Path | None) -> Iterator[Path]:
    """The given folder for the logs, or a temporary one."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


if __name__ == "__main__":
    arguments_ = arguments()
    with kept(arguments_.keep) as folder_:
        Bench(arguments_, folder_).run()
