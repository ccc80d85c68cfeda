"""The end of a process that was asked to stop and is still busy, in code that heeds no signal.

Python hears a signal between two of its own steps. A compiled loop or a library may take longer,
and so may threads that are waited for at the end. The signal's number also goes through a pipe to
a thread here, which ends the process some seconds later. That is as safe as `kill -9`: what is
published is switched by one rename.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

GRACE = 2.0  # seconds from the signal to the end
_SAID = 0.5  # seconds for the last word


@contextmanager
def ended_anyway(
    numbers: frozenset[int], last_word: Callable[[int], None], grace: float = GRACE
) -> Iterator[None]:
    """End the process `grace` seconds after a signal of some `numbers`, if it is still there.

    The exit code is 128 and the number; `last_word` is called with it. For the main thread.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    os.register_at_fork(after_in_child=_deaf(os.getpid()))
    left = threading.Event()
    words = (reader, numbers, last_word, grace, left)
    threading.Thread(target=_listen, args=words, name="churnlab-stop", daemon=True).start()
    try:
        yield
    finally:
        left.set()  # the main thread has heard, and ends the process if it wants to
        signal.set_wakeup_fd(before)
        os.close(writer)


def _deaf(parent: int) -> Callable[[], None]:
    """What keeps the signals of a forked child out of its parent's pipe."""

    def stop_listening() -> None:
        """Give up the pipe in a forked child."""
        if os.getpid() != parent:
            signal.set_wakeup_fd(-1)

    return stop_listening


def _listen(
    reader: int,
    numbers: frozenset[int],
    last_word: Callable[[int], None],
    grace: float,
    left: threading.Event,
) -> None:
    """Wait for a signal; an end of the pipe without one is the end of the work."""
    while told := os.read(reader, 1):
        if told[0] in numbers and not left.wait(grace):
            code = 128 + told[0]
            said = threading.Thread(target=last_word, args=(code,), daemon=True)
            said.start()  # nobody may read stderr, so it is not waited for long
            said.join(_SAID)
            os._exit(code)
    os.close(reader)
