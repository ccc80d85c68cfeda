"""The first compilation of the kernels, said: as a bar, or as a JSON line where nobody watches."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import copy_context

from churnlab.kernels import jit
from churnlab.schema.progress import Step, apart, bar, off, somebody_watches

WHAT = "compiling for the first time, about a minute"
_told: set[str] = set()


@contextmanager
def first_compilation_said() -> Iterator[None]:
    """Say it where kernels are compiled inside that were never compiled on this machine.

    A terminal or a notebook sees a bar over the kernels that are not compiled yet; anybody else
    one line of JSON on stderr, once a process: what happens and in which folder the result is kept.

    >>> with first_compilation_said():
    ...     pass
    """
    with ExitStack() as shown:
        listener = _Listener(shown)
        shown.enter_context(jit.heard(listener))
        yield


class _Listener:
    """Shows the bar, or writes the line, when the first kernel is compiled, by any thread."""

    def __init__(self, shown: ExitStack) -> None:
        self._shown = shown
        self._context = copy_context()
        self._step: Step | None = None

    def __call__(self, kernel: str, seconds: float | None) -> None:
        if self._step is None:
            self._step = self._begun()
        if seconds is not None:
            self._step(1)

    def _begun(self) -> Step:
        self._context.run(apart)
        if not self._context.run(somebody_watches):
            _tell()
        shown = bar(WHAT, jit.missing)
        self._shown.callback(self._context.run, shown.__exit__, None, None, None)
        return self._context.run(shown.__enter__)


def _tell() -> None:
    if WHAT in _told or off() or sys.stderr is None:
        return
    _told.add(WHAT)
    folder = jit.cache_folder()
    line = {"event": "compiling", "what": WHAT, "kept": None if folder is None else str(folder)}
    sys.stderr.write(json.dumps(line) + "\n")
