"""A terminal that watches a new process."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios


def in_terminal(code: str, **environment: str) -> str:
    """What code writes to stderr while that is a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    env = os.environ | {"TERM": "xterm"} | environment
    with subprocess.Popen([sys.executable, "-c", code], stderr=theirs, env=env) as child:
        os.close(theirs)
        said = b""
        while True:
            try:
                more = os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
            if not more:
                break
            said += more
    os.close(ours)
    assert child.returncode == 0, said.decode()
    return said.decode()
