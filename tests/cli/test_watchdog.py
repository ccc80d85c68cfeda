"""A process that is asked to stop ends in time, in code that heeds no signal as well."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from support.command import told

from churnlab.cli.watchdog import GRACE, ended_anyway

CODE = """
import signal, sys, threading, time
from churnlab.cli import main, running
from churnlab.config.tables import Config

def busy(path):
    BUSY

Config.read = busy
sys.argv = ["churnlab", "config"]
main()
"""
GO = "print('go', flush=True)"
BUSY = {
    "a compiled loop": (
        "from churnlab.kernels.jit import njit\n"
        "    @njit(nogil=True)\n"
        "    def loop(n):\n"
        "        s = 0.0\n"
        "        for i in range(n):\n"
        "            s += (s * 1.0000001 + i) % 7.0\n"
        "        return s\n"
        f"    loop(1)\n    {GO}\n    loop(3_000_000_000_000)"
    ),
    "code that swallows the signal": (
        f"{GO}\n"
        "    while True:\n"
        "        try:\n"
        "            time.sleep(60)\n"
        "        except KeyboardInterrupt:\n"
        "            pass"
    ),
    "a thread that is waited for": (
        f"threading.Thread(target=time.sleep, args=(60,)).start()\n    {GO}\n    time.sleep(60)"
    ),
    "a fit": (
        "import numpy as np, lightgbm as lgb\n"
        "    X = np.random.default_rng(0).normal(size=(30_000, 30))\n"
        "    say = lambda env: env.iteration or print('go', flush=True)\n"
        "    lgb.train({'verbose': -1, 'num_threads': 1, 'min_data_in_leaf': 1},"
        " lgb.Dataset(X, X[:, 0]), 100_000, callbacks=[say])"
    ),
}


@pytest.mark.parametrize(
    ("busy", "number", "code"),
    [*((busy, signal.SIGTERM, 143) for busy in BUSY), ("a compiled loop", signal.SIGINT, 130)],
)
def test_it_ends_within_five_seconds(busy: str, number: signal.Signals, code: int) -> None:
    words = [sys.executable, "-c", CODE.replace("BUSY", BUSY[busy])]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True) as run:
        assert run.stdout is not None and run.stderr is not None
        assert run.stdout.readline() == "go\n"
        began = time.monotonic()
        run.send_signal(number)
        assert run.wait(20) == code
        assert time.monotonic() - began < 5
        last = told(run.stderr.read())[-1]
    assert (last["outcome"], last["code"]) == ("stopped", code)


def test_a_signal_that_was_heard_ends_nothing_later(heeded: None) -> None:
    with pytest.raises(KeyboardInterrupt), ended_anyway(frozenset({signal.SIGINT}), print, 0.2):
        signal.raise_signal(signal.SIGINT)
    time.sleep(0.5)  # this process is still here


def test_a_forked_child_that_is_stopped_does_not_stop_its_parent() -> None:
    busy = (
        "import os\n    child = os.fork()\n"
        "    if not child:\n        time.sleep(60)\n"
        "    time.sleep(0.3)\n    os.kill(child, signal.SIGTERM)\n    os.waitpid(child, 0)\n"
        f"    time.sleep({GRACE} + 1)\n    raise ValueError('the parent went on')"
    )
    words = [sys.executable, "-c", CODE.replace("BUSY", busy)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "the parent went on" in told(done.stderr)[-1]["error"]
