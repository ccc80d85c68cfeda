"""JSON lines where no terminal is: each line is one, one comes in time, and the last says the end."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from support.command import TOML, told
from support.terminal import in_terminal

import churnlab as cl
from churnlab.cli import telling
from churnlab.cli.telling import Lines, Taken

# A command that is busy for a while, in Python, in a compiled loop or asleep, between short steps.
BUSY = """
import sys, time, warnings
from churnlab.cli import main, telling
from churnlab.config.tables import Config
from churnlab.schema.progress import bar

telling.BEAT = 0.1

def read(path):
    warnings.warn("a library\\nsays so")
    print('{"event": "compiling"}', file=sys.stderr)
    with bar("counting", 9) as step, bar("inner", 2) as inner:
        step(7)
        inner(2)
        BUSYNESS
    return before(path)

before, Config.read = Config.read, read
sys.argv = ["churnlab", "COMMAND", "--config", sys.argv[1]]
main()
"""
BUSYNESS = """
        time.sleep(0.5)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            pass
        import numpy as np, lightgbm as lgb
        X = np.random.default_rng(0).normal(size=(40_000, 30))
        lgb.train({'verbose': -1, 'num_threads': 1}, lgb.Dataset(X, X[:, 0]), 20)
        print('{"event": "fitted"}', file=sys.stderr)
"""


def run(config: Path, busy: str, command: str = "profile", **more: str) -> tuple[int, list[dict]]:
    code = BUSY.replace("BUSYNESS", busy.strip()).replace("COMMAND", command)
    around = {"PATH": os.defpath, "PYTHONPATH": str(Path(cl.__file__).parents[1])} | more
    done = subprocess.run(
        [sys.executable, "-c", code, str(config)], env=around, capture_output=True, text=True
    )
    return done.returncode, told(done.stderr)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "churnlab.toml").write_text(TOML)
    return tmp_path / "churnlab.toml"


def test_a_line_comes_in_time_whatever_the_work_does(config: Path) -> None:
    """Asleep, busy in Python, in a fit."""
    code, lines = run(config, BUSYNESS)
    assert code == 3 and lines[0]["step"] == "start"
    assert {line["run_id"] for line in lines} == {lines[0]["run_id"]}
    assert {line["command"] for line in lines} == {"profile"}
    alive = [line for line in lines if line.get("alive")]
    assert len(alive) >= 6
    assert alive[-1]["part"] == "counting" and alive[-1]["rows"] == 7
    gaps = [b["seconds"] - a["seconds"] for a, b in pairwise(lines)]
    assert max(gaps) < 5  # a tenth is asked for; the machine may be busy
    assert any("a library" in line.get("text", "") for line in lines)
    events = [line["event"] for line in lines if "event" in line]
    assert events == ["compiling", "fitted"]
    last = lines[-1]
    assert (last["step"], last["outcome"], last["code"]) == ("end", "failed", 3)
    assert "events.parquet" in last["error"]


def test_it_can_be_turned_off_but_for_the_error_that_ends_it(config: Path) -> None:
    code, lines = run(config, "pass", CHURNLAB_PROGRESS="0")
    assert code == 3 and [line["step"] for line in lines] == ["end"]
    assert run(config, "pass", "config", CHURNLAB_PROGRESS="0") == (0, [])


def test_a_terminal_sees_no_json(config: Path) -> None:
    code = f"import sys; sys.argv = ['churnlab', 'config', '--config', {str(config)!r}]\n"
    assert in_terminal(code + "from churnlab.cli import main; main()") == ""


def test_a_beat_is_at_least_every_thirty_seconds() -> None:
    assert telling.BEAT <= 25  # some seconds are left for a machine that is busy


def test_the_day_and_the_command_are_in_every_line() -> None:
    for words in (["score", "--as-of", "2026-03-04"], ["--x", "update", "--day=2026-03-04"]):
        file = io.StringIO()
        lines = Lines(file, words)
        lines.say("one")
        lines.end(7)
        lines.end(0)
        first, last = map(json.loads, file.getvalue().splitlines())
        assert first["as_of"] == last["as_of"] == "2026-03-04"
        assert first["command"] in ("score", "update") and last["code"] == 7


def test_secrets_are_hidden_and_odd_text_stays_one_line() -> None:
    file = io.StringIO()
    lines = Lines(file, ["train"])
    lines.text("two\x1b[2J postgresql://me:pw@host/x\r")
    assert "pw" not in file.getvalue() and "\x1b" not in file.getvalue()
    assert json.loads(file.getvalue())["text"].startswith("two")


def test_many_threads_write_whole_lines() -> None:
    file = io.StringIO()
    lines = Lines(file, ["train"], beat=0.001)
    step = lines.part("trees")
    taken = Taken(lines.text)
    with lines.beating():
        threads = [
            threading.Thread(target=lambda: [(step(1), taken.write("a\nb")) for _ in range(200)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(0.05)
    found = told(file.getvalue())
    assert max(line.get("rows", 0) for line in found) == 800


def test_a_reader_who_has_gone_stops_nothing() -> None:
    file = io.StringIO()
    lines = Lines(file, ["train"])
    file.close()
    lines.say("one")
    lines.end(1)
