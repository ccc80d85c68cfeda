"""Whole nights by the command line: killed at any moment, stopped, from cron's poor surroundings."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from support.children import Children
from support.command import call
from support.faults import FAULTS
from support.nightly import NIGHTS, a_night, content

import churnlab as cl

CHURNLAB = [sys.executable, "-c", "from churnlab.cli import main; main()"]
NOTHING = {"PATH": os.defpath, "LC_ALL": "C"}


def test_killed_at_any_moment_of_a_night(night: Path, nights: Children, tmp_path: Path) -> None:
    """kill -9 between the first step and the last; the night after it has the list of a whole run."""
    chance, lasts, want = random.Random(0), 60.0, {}
    for day in NIGHTS:
        began = time.monotonic()
        nights.start(a_night, night, day)
        assert nights.wait() == 0
        lasts = min(lasts, time.monotonic() - began)
        want[day] = cl.read_list(night.parent / "output").frame
    whole, seen = content(night.parent), Counter[int]()
    for turn in range(200 if FAULTS else 6):
        run = nights.start(a_night, night, NIGHTS[turn % 2])
        time.sleep(lasts * chance.random())
        with suppress(ProcessLookupError):  # it has ended before
            os.kill(run, signal.SIGKILL)
        seen[nights.wait()] += 1
        for place in ("output", "exports"):
            found = cl.read_list(night.parent / place)
            pd.testing.assert_frame_equal(found.frame, want[found.as_of])
    for day in NIGHTS:
        nights.start(a_night, night, day)
        assert nights.wait() == 0
    assert content(night.parent) == whole
    assert not list((tmp_path / "temporary").iterdir())
    assert seen[-signal.SIGKILL] > sum(seen.values()) / 2, seen


def test_from_cron_with_nothing_in_its_surroundings(night: Path, tmp_path: Path) -> None:
    a_night(str(night), NIGHTS[0])
    want = content(night.parent / "output" / "list")
    shutil.rmtree(night.parent / "output")
    (tmp_path / "elsewhere").mkdir()
    for zone in ("America/New_York", "Australia/Lord_Howe"):
        done = subprocess.run(
            [*CHURNLAB, "score", "--as-of", NIGHTS[0], "--config", night],
            cwd=tmp_path / "elsewhere",
            env=NOTHING | {"TZ": zone, "PYTHONPATH": str(Path(cl.__file__).parents[1])},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert content(night.parent / "output" / "list") == want
        assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    ("threads", "seed"), [("1", "7"), ("2", "0"), ("4", "4294967295")][-1 if not FAULTS else 0 :]
)
def test_neither_threads_nor_the_seed_of_hashes_change_a_byte(
    night: Path, threads: str, seed: str
) -> None:
    a_night(str(night), NIGHTS[0])
    want = content(night.parent)
    for name in ("output", "exports"):
        shutil.rmtree(night.parent / name)
    many = {"OMP_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads, "PYTHONHASHSEED": seed}
    here = os.environ | many | {"PYTHONPATH": str(Path(cl.__file__).parents[1])}
    for words in (("update", "--day", "2026-05-31"), ("score", "--as-of", NIGHTS[0])):
        subprocess.run([*CHURNLAB, *words, "--config", night], env=here, check=True)
    assert content(night.parent) == want


def test_sigterm_stops_within_five_seconds_and_publishes_nothing(night: Path) -> None:
    before = content(night.parent / "store")
    with subprocess.Popen(
        [*CHURNLAB, "score", "--as-of", NIGHTS[0], "--config", night],
        env=os.environ | {"PYTHONPATH": str(Path(cl.__file__).parents[1])},
        stderr=subprocess.PIPE,
    ) as run:
        lock = night.parent / "output" / "list" / ".lock"
        while not lock.exists() and run.poll() is None:
            time.sleep(0.02)
        run.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert run.wait(20) == 143
        assert time.monotonic() - began < 5
    assert content(night.parent / "output") == {} and content(night.parent / "store") == before


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 kB, which only the system's owner can mount."""
    (tmp_path / "tiny").mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(tmp_path / "tiny")]
    if not shutil.which("mount") or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield tmp_path / "tiny"
    subprocess.run(["umount", str(tmp_path / "tiny")], check=True)


def test_a_full_disk_ends_with_7_whether_it_holds_the_list_or_the_model(
    night: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("score", "--as-of", NIGHTS[0], "--config", night, "--force", "a day is missing")
    text = night.read_text()
    night.write_text(text.replace('folder = "output"', f"folder = {json.dumps(str(tiny))}"))
    error = call(*words, code=7)
    assert "No space left on device" in error and str(tiny) in error and error.count("\n") == 1
    assert content(tiny) == {}
    night.write_text(text)
    monkeypatch.setattr(tempfile, "tempdir", str(tiny))
    error = call(*words, code=7)
    assert "No space left on device" in error and str(tiny) in error and error.count("\n") == 1
    assert content(night.parent / "output") == {}
