"""Runs each contender in a process of its own, one at a time, in turn, several times."""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = 4096


@dataclass(frozen=True)
class Setting:
    """The settings that all contenders share."""

    tiny: Path
    threads: int
    limit_mib: int


class DidNotFit(Exception):
    """A contender ran out of memory, or its process ended."""


def environment(threads: int) -> dict[str, str]:
    """The environment of a contender: the number of threads, in each library's own variable.

    Python keeps its compiled files, as it does by default.
    """
    names = (
        "POLARS_MAX_THREADS",
        "NUMBA_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "ARROW_NUM_THREADS",
    )
    return {**os.environ, **dict.fromkeys(names, str(threads)), "PYTHONDONTWRITEBYTECODE": ""}


class Worker:
    """The parent's end of worker.py."""

    def __init__(self, name: str, log: Path, setting: Setting) -> None:
        self.name, self.setting = name, setting
        command = [
            sys.executable,
            str(HERE / "worker.py"),
            name,
            str(log),
            str(setting.tiny),
            str(setting.threads),
        ]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(setting.threads),
        )
        self.first_call: float = self._answer()["first_call_seconds"]

    def run(self) -> dict[str, Any]:
        """The answer of one run. Raises DidNotFit if the process ends or exceeds the limit."""
        with suppress(BrokenPipeError):
            self.process.stdin.write("run\n")  # type: ignore[union-attr]
            self.process.stdin.flush()  # type: ignore[union-attr]
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        grown = False
        while not select.select([self.process.stdout], [], [], 0.1)[0]:
            if self._memory_mib() > self.setting.limit_mib:
                grown = True
                self.process.kill()
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        if not line:
            code = self.process.wait()
            raise DidNotFit(
                f"{self.name} took more than {self.setting.limit_mib:,} MiB"
                if grown
                else f"{self.name} ended with {code}"
            )
        return json.loads(line)

    def _memory_mib(self) -> float:
        try:
            return (
                int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE / 2**20
            )
        except (OSError, IndexError):
            return 0

    def close(self) -> None:
        """Lets the process end."""
        with suppress(BrokenPipeError):
            self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait()
        self.process.stdout.close()  # type: ignore[union-attr]


@dataclass
class Times:
    """All runs of one contender."""

    runs: list[dict[str, Any]] = field(default_factory=list)
    failed: str = ""
    first_call: float | None = None

    @property
    def seconds(self) -> float | None:
        """The median; None if the contender did not finish."""
        return (
            None
            if self.failed or not self.runs
            else statistics.median(r["seconds"] for r in self.runs)
        )

    @property
    def values(self) -> int:
        """Number of feature values of one answer."""
        return self.runs[0]["rows"] * self.runs[0]["columns"] if self.runs else 0

    def to_dict(self) -> dict[str, Any]:
        """For the JSON."""
        return {
            "median_seconds": self.seconds,
            "failed": self.failed,
            "first_call_seconds": self.first_call,
            "runs": self.runs,
        }


def race(names: Iterable[str], log: Path, setting: Setting, repeats: int) -> dict[str, Times]:
    """Runs of each contender, in turn, `repeats` times.

    A contender that does not fit into memory is left out from then on.
    """
    into_page_cache(log)
    times = {name: Times() for name in names}
    workers = {name: worker for name in times if (worker := _started(name, log, setting, times))}
    for _ in range(repeats):
        for name, worker in list(workers.items()):
            try:
                times[name].runs.append(worker.run())
            except DidNotFit as error:
                times[name].failed = str(error)
                workers.pop(name).close()
            print(f"  {log.name:28} {name:12} {_said(times[name])}", flush=True)
    for worker in workers.values():
        worker.close()
    return times


def _started(name: str, log: Path, setting: Setting, times: dict[str, Times]) -> Worker | None:
    try:
        worker = Worker(name, log, setting)
    except DidNotFit as error:
        times[name].failed = str(error)
        return None
    times[name].first_call = worker.first_call
    return worker


def _said(times: Times) -> str:
    return (
        times.failed
        or f"{times.runs[-1]['seconds']:9.3f} s  peak {times.runs[-1]['peak_mib']:8.0f} MiB"
    )


def alone(name: str, log: Path, setting: Setting) -> dict[str, Any]:
    """One run in a process that has done only the warm-up before."""
    times = race([name], log, setting, 1)[name]
    return times.runs[0] if times.runs else {"failed": times.failed}


def into_page_cache(path: Path) -> None:
    """Reads a file once, so that no contender pays for the disk."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 24):
            pass
