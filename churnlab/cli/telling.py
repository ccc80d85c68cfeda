"""What a command says where no terminal is: JSON lines on stderr.

| key | what it is |
|---|---|
| `ts` | the moment, in UTC |
| `run_id` | the run of this command, another one each time |
| `command`, `as_of` | the command, and the day that it works for, if any |
| `step` | what it does; in the last line `end` |
| `part`, `rows` | the part of the step, and how many rows, people or rounds of it are done |
| `seconds` | since the command began |
| `alive` | true in a line that says nothing new: one comes at least every 30 seconds |
| `outcome`, `code` | in the last line: how it ended, and the exit code |
| `error`, `trace` | in the last line: what is wrong, and with --debug the whole trace |
| `text` | what a library wrote to stderr |
"""

from __future__ import annotations

import itertools
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from datetime import UTC, datetime
from typing import IO, Any

from churnlab.errors.secrets import without_secrets
from churnlab.language.printable import printable

BEAT = 20.0  # seconds of silence before a line says that the command is alive
DAYS = ("--as-of", "--day")
OUTCOMES = {
    0: "done",
    6: "locked",
    99: "nothing to do",
    129: "stopped",
    130: "stopped",
    141: "nobody reads the result",
    143: "stopped",
}
_END = "end"


class Lines:
    """The lines of one command; from any thread.

    `quiet` leaves the last line alone, and that only where the command has failed. `beat` is in
    seconds.
    """

    def __init__(
        self,
        stream: IO[str],
        words: Sequence[str],
        quiet: bool = False,
        beat: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.error, self.trace = "", ""
        self._stream, self._quiet, self._clock = stream, quiet, clock
        self._beat = BEAT if beat is None else beat
        self._head = {"run_id": secrets.token_hex(6), **_about(words)}
        self._now: dict[str, Any] = {"step": "start"}
        encoding = getattr(stream, "encoding", None) or "utf-8"
        self._unicode = encoding.lower().replace("-", "") == "utf8"
        self._start = self._last = clock()
        self._lock, self._alone = threading.Lock(), threading.Event()
        self._begun = self._ended = False

    def say(self, step: str) -> None:
        """Begin a step."""
        self._now = {"step": step}
        self._put(self._now)

    def part(self, what: str) -> Callable[[int], None]:
        """Begin a part of the step; the function that is told how much more of it is done."""
        now = self._now | {"part": what, "rows": 0}
        self._now = now

        def more(done: int) -> None:
            """Count further rows of the step."""
            with self._lock:
                now["rows"] += done

        return more

    def text(self, line: str) -> None:
        """Hand on what a library wrote; a line that is JSON itself is taken in."""
        with suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict):
                self._put(found)
                return
        self._put({"text": printable(line)})

    def end(self, code: int) -> None:
        """Say how it ended, once; nothing where no command began."""
        with self._lock:
            before, self._ended = self._ended, True
        if before or not (code or (self._begun and not self._quiet)):
            return
        found = {"step": _END, "outcome": OUTCOMES.get(code, "failed"), "code": code}
        more = {"error": self.error, "trace": self.trace}
        self._put(found | {name: text for name, text in more.items() if text}, always=True)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Say that the command begins, and then from time to time that it is alive."""
        self._begun = True
        self._put(self._now)
        thread = threading.Thread(target=self._go, name="churnlab-alive", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._alone.set()

    def _go(self) -> None:
        while not self._alone.wait(max(self._last + self._beat - self._clock(), 0.01)):
            if self._clock() - self._last >= self._beat:
                self._put(self._now | {"alive": True})

    def _put(self, found: dict[str, Any], always: bool = False) -> None:
        """Write a line; `found` is read while no other thread writes."""
        if self._quiet and not always:
            return
        with self._lock, suppress(OSError, ValueError):  # nobody may read any more
            self._last = self._clock()
            moment = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = {"ts": moment, **self._head, **found, "seconds": self._since()}
            text = json.dumps(line, ensure_ascii=not self._unicode)
            self._stream.write(without_secrets(text) + "\n")
            self._stream.flush()

    def _since(self) -> float:
        return round(self._last - self._start, 3)


def _about(words: Sequence[str]) -> dict[str, str]:
    """The command and the day that its words name."""
    command = next((word for word in words if not word.startswith("-")), "")
    pairs = list(itertools.pairwise(words))
    pairs += [
        (name, day) for word in words for name, equals, day in [word.partition("=")] if equals
    ]
    found = {"command": printable(command)}
    days = [printable(day) for name, day in pairs if name in DAYS]
    return found | ({"as_of": days[0]} if days else {})


class Taken:
    """A stream of text whose whole lines are handed on."""

    def __init__(self, line: Callable[[str], None]) -> None:
        self._line, self._rest, self._lock = line, "", threading.Lock()

    def write(self, text: str) -> int:
        """Take a text; returns its length."""
        with self._lock:
            *whole, self._rest = (self._rest + text).split("\n")
        for line in filter(str.strip, whole):
            self._line(line)
        return len(text)

    def flush(self) -> None:
        """Nothing: a line is handed on when it has ended."""

    def isatty(self) -> bool:
        """Never."""
        return False


_told: list[Lines] = []  # of the process: its stderr is one, too


def lines() -> Lines | None:
    """The lines of the command that runs; None at a terminal."""
    return _told[-1] if _told else None


@contextmanager
def telling(words: Sequence[str], quiet: bool) -> Iterator[Lines | None]:
    """Tell in lines what the command of some words does, unless a terminal is there."""
    if sys.stderr is None or sys.stderr.isatty():
        yield None
        return
    told = Lines(sys.stderr, words, quiet)
    _told.append(told)
    try:
        with redirect_stderr(Taken(told.text)):  # type: ignore[type-var]
            yield told
    finally:
        _told.remove(told)
