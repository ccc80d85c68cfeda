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
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest
from support.activity_store import write_days
from support.command import call
from support.faults import FAULTS
from support.nightly import a_night, content

import churnlab as cl
from churnlab.demo import datasets

NIGHTS = ("2026-06-01", "2026-06-02")
CHURNLAB = [sys.executable, "-c", "from churnlab.cli import main; main()"]
NOTHING = {"PATH": os.defpath, "LC_ALL": "C"}


@pytest.fixture(scope="module")
def job(
    trained: tuple[Path, dict],
    community: datasets.Community,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The configuration of a job with a file a day and a store, scored by the run of `trained`."""
    folder = tmp_path_factory.mktemp("night")
    write_days(folder / "events", community.events, "Asia/Shanghai")
    community.users.to_parquet(folder / "users.parquet", index=False)
    text = trained[0].read_text().replace('"events.parquet"', '"events/{day}.parquet"')
    text = text.replace('store = "runs"', f"store = {json.dumps(str(trained[0].parent / 'runs'))}")
    config = folder / "churnlab.toml"
    config.write_text(text + '\n[store]\nfolder = "store"\n\n[[sinks]]\nto = "exports"\n')
    first = str(community.events["ts"].min().date())
    call("update", "--since", first, "--day", "2026-05-30", "--config", config)
    return config


@pytest.fixture
def night(job: Path, tmp_path: Path) -> Path:
    """A copy of the job of its own."""
    shutil.copytree(job.parent, tmp_path / "job")
    return tmp_path / "job" / "churnlab.toml"


def test_killed_at_any_moment_of_a_night(night: Path) -> None:
    """kill -9 between the first step and the last; the night after it has the list of a whole run."""
    context, chance = get_context("forkserver"), random.Random(0)
    context.set_forkserver_preload(["support.nightly", "churnlab.nightly.score", "churnlab.cli"])
    lasts, want = 0.0, {}
    for day in NIGHTS:
        run = context.Process(target=a_night, args=(str(night), day))
        began = time.monotonic()
        run.start()
        run.join()
        lasts = time.monotonic() - began
        assert run.exitcode == 0
        want[day] = cl.read_list(night.parent / "output").frame
    whole, seen = content(night.parent), []
    for turn in range(200 if FAULTS else 4):
        run = context.Process(target=a_night, args=(str(night), NIGHTS[turn % 2]))
        run.start()
        time.sleep(lasts * chance.random())
        run.kill()
        run.join()
        for place in ("output", "exports"):
            found = cl.read_list(night.parent / place)
            pd.testing.assert_frame_equal(found.frame, want[found.as_of])
        seen.append(run.exitcode)
    for day in NIGHTS:
        a_night(str(night), day)
    assert content(night.parent) == whole
    assert -signal.SIGKILL in seen


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
