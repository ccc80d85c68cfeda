"""Which process logs a run, so that a run of a killed process can be told from a running one."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

_STARTED = 19  # the field of /proc/<pid>/stat, counted after the process's name
_ENDED = ("Z", "X")  # a zombie, and a process that is being removed


def this_process() -> str:
    """The mark of this process: its host, the host's space of process ids, its id and its start.

    >>> is_gone(this_process())
    False
    """
    pid = os.getpid()
    return json.dumps([*_place(), pid, _state(pid)[1]])


def is_gone(mark: str) -> bool:
    """Whether the process of a mark has ended.

    False where that cannot be told: the process was of another host, or of another container.

    >>> is_gone("of somebody else")
    False
    """
    try:
        *place, pid, started = json.loads(mark)
        ended, now = _state(int(pid))
    except (ValueError, TypeError):
        return False
    return place == _place() and (ended or bool(now and now != started))


def _place() -> list[str]:
    """The host and its space of process ids; a container has a space of its own."""
    try:
        return [socket.gethostname(), os.readlink("/proc/self/ns/pid")]
    except OSError:
        return [socket.gethostname(), ""]


def _state(pid: int) -> tuple[bool, str]:
    """Whether a process of this host has ended, and when it started ("" where none can say)."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass
    except (ProcessLookupError, OverflowError):
        return True, ""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False, ""
    return fields[0] in _ENDED, fields[_STARTED]
