"""The first compilation, said: once, as a line of JSON where nobody watches, else as a bar."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.terminal import in_terminal

from churnlab.kernels import jit
from churnlab.schema import compiling, progress

# Two small kernels, compiled anew in a folder of the test's own.
CODE = """
import numpy as np
from churnlab.kernels import jit, tally, units
from churnlab.kernels.amounts import look
from churnlab.schema import compiling, progress
progress.DELAY = 0.0
before = jit.missing()
for _ in range(2):
    with compiling.first_compilation_said():
        tally.tally(jit.frozen(np.zeros(3, np.int32)), np.zeros(3, np.int64))
        look(jit.frozen(np.zeros(3)), jit.frozen(np.zeros(3, bool)))
print(before, jit.missing(), jit.cache_folder())
"""


def compiled(cache: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"NUMBA_CACHE_DIR": str(cache)} | environment
    return subprocess.run(
        [sys.executable, "-c", CODE], env=env, check=True, capture_output=True, text=True
    )


def test_where_nobody_watches_one_line_of_json_says_it(tmp_path: Path) -> None:
    first = compiled(tmp_path)
    before, left, folder = first.stdout.split()
    assert (before, left) == ("2", "0") and Path(folder).is_relative_to(tmp_path)
    said = json.loads(first.stderr)
    assert said == {"event": "compiling", "what": compiling.WHAT, "kept": folder}
    again = compiled(tmp_path)
    assert again.stderr == "" and again.stdout.split()[:2] == ["0", "0"]


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    assert compiled(tmp_path, CHURNLAB_PROGRESS="0").stderr == ""


def test_a_terminal_sees_a_bar(tmp_path: Path) -> None:
    said = in_terminal(CODE, NUMBA_CACHE_DIR=str(tmp_path))
    assert f"{compiling.WHAT}: " in said and "{" not in said
    assert in_terminal(CODE, NUMBA_CACHE_DIR=str(tmp_path)) == ""


def test_inside_the_bar_of_the_work_it_has_a_bar_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts: list[str] = []
    ears: list[jit.Heard] = []

    @contextmanager
    def heard(listener: jit.Heard) -> Iterator[None]:
        ears.append(listener)
        yield

    monkeypatch.delenv(progress.OFF, raising=False)
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setattr(progress, "_BETWEEN", 0.0)
    monkeypatch.setattr(jit, "missing", lambda: 4)
    monkeypatch.setattr(jit, "heard", heard)
    with progress.drawn_by(texts.append), progress.bar("reading", 2) as step:
        with compiling.first_compilation_said(), ThreadPoolExecutor(1) as pool:
            pool.submit(ears[0], "tally.tally", None).result()
            pool.submit(ears[0], "tally.tally", 0.5).result()
        assert any(text.startswith(f"{compiling.WHAT}:  25%") for text in texts)
        step(1)
    assert any(text.startswith("reading:  50%") for text in texts)
