"""Lists of made-up people, folders that hold them, and a disk that fails at its n-th write."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import OutputError
from churnlab.nightly.lists.manifest import ListManifest
from churnlab.nightly.lists.publication import Publication
from churnlab.nightly.lists.publish import Publisher
from churnlab.nightly.lists.shelf import shelf_of
from churnlab.schema import files
from churnlab.store import disk as store_disk

DAY = "2026-03-04"
NIGHTS = ("2026-06-01", "2026-06-02")
ORDER = {"sort": "risk"}
ODD = ("=HYPERLINK(1)", " +1", "a\nb", 'q"q', "'tis", "渠道", "eve\r=1+1", ",", "NULL", "007")


def frame(people: int, as_of: str = DAY, **more: Any) -> pd.DataFrame:
    """A list of so many people, some of them with odd ids; `more` replaces columns."""
    ids = [ODD[i] if i < len(ODD) else f"u{i:05d}" for i in range(people)]
    risk = np.round(np.linspace(0.95, 0.05, people), 9)
    ltv = np.where(np.arange(people) % 3 == 0, np.nan, np.round(np.arange(people) * 1.25, 6))
    columns = {
        "user_id": ids,
        "risk": risk,
        "tier": np.where(risk >= 0.5, "high", "low"),
        "stage": np.where(risk > 0.9, "silent", ""),
        "when": "",
        "ltv": ltv,
        "value_at_risk": np.round(risk * ltv, 6),
        "profit": np.round(np.arange(people) / 7, 6),
        "reason_1": "@silent for 12 days",
        "reason_2": "last order 80 days ago, usually after 20",
        "reason_3": "",
        "theme": "silence",
        "treatment": "",
        "control": "no",
        "as_of": as_of,
        "run_id": "run1",
        "model_name": "churn",
        "model_version": "v1",
        "approval": "approved",
        "approver": "Ann",
    }
    return pd.DataFrame(columns | more)


def tonight(people: int, as_of: str = DAY, **more: Any) -> Publication:
    """The list of `frame`, without an audit: a test may break it."""
    from churnlab.nightly.lists.contract import table_of

    table = table_of(frame(people, as_of, **more))
    return Publication(table, as_of, "run1", {"version": "v1", "age_days": 3}, ORDER, ("a note",))


def published(folder: Path, given: Publication) -> ListManifest:
    """Publish a list in a folder, as `RiskList.write` does."""
    shelf = shelf_of(folder)
    with shelf.locked():
        return Publisher(shelf).publish(given)


def content(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder but the lock, with its bytes."""
    return {
        p.relative_to(folder): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name != ".lock"
    }


def publish_for_ever(folder: str, lists: list[Publication]) -> None:
    """Publish lists in turn until this process is killed."""
    while True:
        for given in lists:
            published(Path(folder), given)


class FaultyDisk:
    """A disk on which the n-th of all writes, syncs, renames and new folders fails.

    `switched` says that a new manifest was put in its place, `failed` what failed, and `refused` the
    error that came of it.
    """

    def __init__(self, n: int, reason: str) -> None:
        self.left, self.reason = n, reason
        self.switched = False
        self.failed = ""
        self.refused: OutputError | None = None

    def check(self, what: str) -> None:
        self.left -= 1
        if self.left == 0:
            self.failed = what
            number = next(k for k in (errno.ENOSPC, errno.EIO) if os.strerror(k) == self.reason)
            raise OSError(number, self.reason)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Let the modules that write files see this disk."""
        patch.setattr(files, "os", self._system())
        patch.setattr(store_disk, "os", self._system())
        make = Path.mkdir
        patch.setattr(Path, "mkdir", lambda *a, **k: (self.check("mkdir"), make(*a, **k)))

    def _system(self) -> SimpleNamespace:
        def faulty(name: str) -> Any:
            real = getattr(os, name)

            def call(*args: Any, **more: Any) -> Any:
                self.check(name)
                done = real(*args, **more)
                if name == "replace" and str(args[1]).endswith(".json"):
                    self.switched |= Path(args[1]).name in ("latest.json", "manifest.json")
                return done

            return call

        def fdopen(*args: Any) -> io.BufferedRandom:
            opened = _Opened(io.FileIO(args[0], "r+"))
            opened.disk = self
            return opened

        given = {name: getattr(os, name) for name in dir(os)}
        given |= {name: faulty(name) for name in ("open", "fsync", "replace")} | {"fdopen": fdopen}
        return SimpleNamespace(**given)


class _Opened(io.BufferedRandom):
    disk: FaultyDisk

    def write(self, data: Any) -> int:
        self.disk.check("write")
        return super().write(data)

    def flush(self) -> None:
        self.disk.check("flush")
        super().flush()


def a_night(config: str, day: str) -> None:
    """Update the day before and score a day, by the command line."""
    from support.command import call

    yesterday = str((pd.Timestamp(day) - pd.Timedelta(days=1)).date())
    call("update", "--day", yesterday, "--config", config)
    call("score", "--as-of", day, "--config", config)
