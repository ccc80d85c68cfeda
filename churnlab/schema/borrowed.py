"""Borrowed: a setting of another library, changed for a while and given back as it was."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ContextDecorator, ExitStack


class Borrowed(ContextDecorator):
    """A setting of the whole process, changed as long as anyone here needs it changed.

    `change` makes the context manager that changes the setting and gives it back. The first to
    enter changes it and the last to leave gives it back, all threads counted. It serves as a
    decorator too.

    >>> from contextlib import contextmanager
    >>> @contextmanager
    ... def change():
    ...     print("changed")
    ...     yield
    ...     print("as before")
    >>> setting = Borrowed(change)
    >>> with setting, setting:
    ...     print("used twice")
    changed
    used twice
    as before
    """

    def __init__(self, change: Callable[[], AbstractContextManager]) -> None:
        self._change = change
        self._changed = ExitStack()
        self._lock = threading.RLock()
        self._users = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                self._changed.enter_context(self._change())
            self._users += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._changed.close()
