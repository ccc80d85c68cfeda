"""Cores and threads: what is free, what the environment asks for, and threads that sleep."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import churnlab as cl
from churnlab.kernels import cores

NO_POLICY = {k: v for k, v in os.environ.items() if k not in cores._WAITING}


@contextmanager
def spinning(processes: int) -> Iterator[None]:
    """So many processes that are never idle."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


def said(code: str, **environment: str) -> str:
    """What a new process prints."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=NO_POLICY | environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine of eight cores; the file says how many threads run on it."""
    running = tmp_path / "loadavg"
    monkeypatch.setattr(cores, "_LOADED", running)
    monkeypatch.setattr(cores, "_QUOTAS", ())
    monkeypatch.setattr(cores, "_BETWEEN_LOOKS", 0.0)
    monkeypatch.setitem(cores._state, "spins", False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    running.write_text("0.00 0.01 0.05 1/100 4242\n")
    return running


def test_an_idle_machine_gives_all_its_cores(machine: Path) -> None:
    assert cores.allowed() == cores.free() == cores.threads(-1) == 8


@pytest.mark.parametrize(("running", "left"), [(1, 8), (3, 6), (8, 1), (40, 1), (0, 8)])
def test_the_cores_of_others_are_left_to_them(machine: Path, running: int, left: int) -> None:
    machine.write_text(f"0.00 0.01 0.05 {running}/100 4242\n")
    assert cores.free() == cores.threads(-1) == left
    assert cores.allowed() == 8


def test_affinity_and_quota_bound_what_is_allowed(
    machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(cores, "_QUOTAS", ((str(tmp_path / "none"),), (str(quota),)))
    for text, most in (("250000 100000", 3), ("50000 100000", 1), ("max 100000", 8), ("odd", 8)):
        quota.write_text(text)
        assert cores.allowed() == most, text
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 5}, raising=False)
    assert cores.allowed() == 2
    machine.write_text("0.00 0.01 0.05 4/100 4242\n")
    assert cores.free() == 2  # three others have the other six cores


def test_the_two_files_of_an_older_container_are_read(
    machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = (str(tmp_path / "quota"), str(tmp_path / "period"))
    monkeypatch.setattr(cores, "_QUOTAS", (files,))
    Path(files[1]).write_text("100000\n")
    for text, most in (("-1\n", 8), ("200000\n", 2)):
        Path(files[0]).write_text(text)
        assert cores.allowed() == most


def test_a_machine_that_does_not_say_who_runs_counts_nobody(machine: Path) -> None:
    for text in ("", "0.00 0.01", "a b c d e"):
        machine.write_text(text)
        assert cores.free() == 8
    machine.unlink()
    assert cores.free() == 8


def test_the_environment_and_n_jobs_come_first(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.write_text("0.00 0.01 0.05 8/100 4242\n")
    for text, wanted in (("3", 3), ("2,1", 2), (" 12 ", 12), ("", 1), ("many", 1), ("0", 1)):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert cores.threads(-1) == cores.threads(-4) == cores.threads(0) == wanted, text
        assert cores.threads(None) == 1 and cores.threads(5) == 5


@pytest.mark.skipif(sys.platform != "linux", reason="Linux says who runs")
def test_a_busy_machine_is_seen_as_it_is() -> None:
    with spinning(2 * (os.cpu_count() or 1)):
        assert cores._others() >= 1
        assert cores.free() == 1


def test_threads_sleep_while_they_wait_unless_the_environment_says_otherwise() -> None:
    ask = "import os, churnlab; print(os.environ.get('OMP_WAIT_POLICY'))"
    assert said(ask) == "PASSIVE"
    assert said(ask, OMP_WAIT_POLICY="ACTIVE") == "ACTIVE"
    assert said(ask, GOMP_SPINCOUNT="100") == "None"
    assert said(ask, KMP_BLOCKTIME="1") == "None"


def test_where_lightgbm_was_first_a_core_is_left_free(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = "from churnlab.kernels import cores; print(cores._state['spins'])"
    assert said(f"import lightgbm; {ask}") == "True"
    assert said(f"import lightgbm; {ask}", OMP_WAIT_POLICY="PASSIVE") == "False"
    assert said(f"import sklearn; {ask}; import lightgbm") == "False"
    monkeypatch.setitem(cores._state, "spins", True)
    assert cores.threads(-1) == 7
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert cores.threads(-1) == 1


def test_a_model_is_fitted_on_the_threads_that_are_free(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = np.random.default_rng(0).normal(size=(300, 3))
    y = X[:, 0] > 0
    found = {}
    for running in (1, 3, 40):
        machine.write_text(f"0.00 0.01 0.05 {running}/100 4242\n")
        for algorithm in ("lightgbm", "random_forest"):
            model = cl.ChurnClassifier(algorithm, n_estimators=5).fit(X, y)
            assert model._threads() == max(1, 9 - running)
            found.setdefault(algorithm, set()).add(model.predict_proba(X).tobytes())
    assert {len(bits) for bits in found.values()} == {1}
