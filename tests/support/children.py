"""Processes that fork from one that has everything imported, so that hundreds can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SERVER = """
import importlib, json, os, sys
sys.path[:0] = {places!r}

for line in sys.stdin:
    where, module, name, words = json.loads(line)
    call = getattr(importlib.import_module(module), name)
    if where == "here":
        call(*words)
        print(0, flush=True)
        continue
    pid = os.fork()
    if pid == 0:
        call(*words)
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
# A thread that waits in the parent is missing in a child, so that there must be none.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Children:
    """Processes that fork from one that has everything imported; one runs at a time."""

    def __init__(self, **environment: str) -> None:
        tests = Path(__file__).parents[1]
        code = SERVER.format(places=[str(tests), str(tests.parent)])
        self.server = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )

    def warm(self, what: Callable[..., None], *words: Any) -> None:
        """Call a function in the parent, which has then all that it imports."""
        self._send("here", what, words)
        assert self.wait() == 0

    def start(self, what: Callable[..., None], *words: Any) -> int:
        """Call a function of a module in a child; its process id."""
        self._send("child", what, words)
        return self.wait()

    def wait(self) -> int:
        """The exit code of the child, once it has ended."""
        assert self.server.stdout
        return int(self.server.stdout.readline())

    def stop(self) -> None:
        """End the parent."""
        self.server.communicate("", timeout=30)

    def _send(self, where: str, what: Callable[..., None], words: tuple[Any, ...]) -> None:
        assert self.server.stdin
        line = json.dumps([where, what.__module__, what.__name__, words], default=str)
        print(line, file=self.server.stdin, flush=True)
