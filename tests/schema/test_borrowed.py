"""A setting changed for a while: nested, in threads, and after an error."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from churnlab.schema.borrowed import Borrowed


class Log(list):
    @contextmanager
    def change(self) -> Iterator[None]:
        self.append("changed")
        try:
            yield
        finally:
            self.append("back")


def test_the_last_to_leave_gives_it_back() -> None:
    log = Log()
    setting = Borrowed(log.change)
    with setting:
        with setting:
            assert log == ["changed"]
        assert log == ["changed"]
    assert log == ["changed", "back"]


def test_an_error_gives_it_back_and_it_can_be_used_again() -> None:
    log = Log()
    used = Borrowed(log.change)(lambda: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            used()
    assert log == ["changed", "back"] * 2


def test_threads_that_overlap_change_it_once() -> None:
    log, inside, leave = Log(), threading.Event(), threading.Event()
    setting = Borrowed(log.change)

    @setting
    def other() -> None:
        inside.set()
        leave.wait(60)

    with setting:
        thread = threading.Thread(target=other)
        thread.start()
        assert inside.wait(60)
    assert log == ["changed"]  # the other thread still needs it
    leave.set()
    thread.join()
    assert log == ["changed", "back"]
