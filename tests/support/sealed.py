"""A process that may not open a connection: sealed by the kernel against sockets of the internet."""

from __future__ import annotations

import ctypes
import platform
import socket
import struct
import sys
from typing import Any

# Numbers of the system calls socket(2) and seccomp(2), and the kernel's name of the architecture.
CALLS = {"x86_64": (41, 317, 0xC000003E), "aarch64": (198, 277, 0xC00000B7)}
WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_ONLY_ADDED, _ALL_THREADS, _NO_NEW_PRIVILEGES = 1, 1, 38


def can_seal() -> bool:
    """True on a system whose kernel can do it."""
    return sys.platform == "linux" and platform.machine() in CALLS


def seal() -> None:
    """From now on, a socket for IPv4 or IPv6 ends this process, whichever library opens it.

    Children are sealed, too. OSError where the kernel refuses.
    """
    call, seccomp, machine = CALLS[platform.machine()]
    steps = [  # each with how many to leave out where it holds, and where it does not
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 0, 6, machine),  # another one could open sockets by another number
        (_LOAD, 0, 0, 0),  # the call
        (_EQUAL, 0, 3, call),
        (_LOAD, 0, 0, 16),  # the family, its first argument
        (_EQUAL, 2, 0, socket.AF_INET),
        (_EQUAL, 1, 0, socket.AF_INET6),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _KILL_PROCESS),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    kept = ctypes.create_string_buffer(code)
    program = struct.pack("@HxxxxxxP", len(steps), ctypes.addressof(kept))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.syscall(
        seccomp, _ONLY_ADDED, _ALL_THREADS, program
    ):
        raise OSError(ctypes.get_errno(), "no seal")


def watch() -> list[str]:
    """What this process asks of the network by Python, from now on, each as one line."""
    seen: list[str] = []

    def hook(event: str, given: tuple[Any, ...]) -> None:
        local = event == "socket.connect" and given[0].family == socket.AF_UNIX
        if event in WATCHED and not local:
            seen.append(f"{event} {given[1:] if event == 'socket.connect' else given[:2]}")

    sys.addaudithook(hook)
    return seen
