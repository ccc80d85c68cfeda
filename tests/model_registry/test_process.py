"""Marks of processes: alive, gone, another's, and text that is no mark."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from churnlab.model_registry.process import is_gone, this_process

PRINT = "from churnlab.model_registry.process import this_process; print(this_process())"


def test_a_process_that_ended_is_gone_and_this_one_is_not() -> None:
    done = subprocess.run([sys.executable, "-c", PRINT], capture_output=True, text=True, check=True)
    assert is_gone(done.stdout.strip())
    assert not is_gone(this_process())


def test_a_child_that_nobody_waited_for_is_gone() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    host, space, _, _ = json.loads(this_process())
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # it has ended and is a zombie
    assert is_gone(json.dumps([host, space, child, "1"]))
    os.waitpid(child, 0)


def test_the_same_number_of_a_later_process_is_gone() -> None:
    host, space, pid, started = json.loads(this_process())
    assert is_gone(json.dumps([host, space, pid, str(int(started) - 1)]))


@pytest.mark.parametrize("place", [["elsewhere", "pid:[1]"], [None, "pid:[1]"]])
def test_a_process_of_another_host_or_container_is_never_gone(place: list) -> None:
    host = json.loads(this_process())[0]
    assert not is_gone(json.dumps([place[0] or host, place[1], 999_999_999, "1"]))


@pytest.mark.parametrize("text", ["", "null", "[]", "[1]", "{}", '["a", "b", "c", "d"]', "3"])
def test_text_that_is_no_mark_is_never_gone(text: str) -> None:
    assert not is_gone(text)
