"""`churnlab warm`: afterwards no kernel that a command uses is left to compile."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from support.command import call

from churnlab.demo.warming import _Heard
from churnlab.kernels import jit

CODE = """
from churnlab.demo.warming import warm
from churnlab.kernels import jit
warm()
print(jit.missing())
print(*[kernel.__name__ for kernel in jit._kernels if not kernel.signatures])
"""


# Kernels that no other code calls, so that they come with the kernels that do.
CALLED_BY_KERNELS = set(
    [
        "first_rows",
        "before",
        "gap_since",
        "_place",
        "_millionths",
        "fill",
        "_fill",
        "_follow",
        "_step",
        "run",
        "write",
        "person_of",
        "_places",
        "_begins",
        "load",
        "walk",
        "_above",
        "_median",
        "_slope",
        "_work",
        "_add_up",
        "_recent",
        "_season",
        "_hash",
        "_same",
        "_word",
        "_names",
        "_receipts",
        "_of_roles",
        "_measure",
        "_acts",
        "_emit",
        "_sort",
    ]
)


def warmed() -> tuple[str, set[str]]:
    """What is missing after a process warmed, and the kernels that it did not call itself."""
    ran = subprocess.run(
        [sys.executable, "-c", CODE], env=os.environ, check=True, capture_output=True, text=True
    )
    missing, loaded_with_their_callers = ran.stdout.splitlines()
    return missing, set(loaded_with_their_callers.split())


def test_every_kernel_is_compiled_or_loaded() -> None:
    missing, _ = warmed()
    assert missing == "0"
    # A kernel that this process compiles has met those that it calls; the next process only loads.
    assert warmed() == ("0", CALLED_BY_KERNELS)


def test_the_command_says_what_was_compiled_and_where_it_is_kept() -> None:
    said = json.loads(call("warm", "--json"))
    assert (said["seconds"] > 0) == (said["compiled"] > 0) and said["folder"] == str(
        jit.cache_folder()
    )
    assert len(said["slowest"]) == min(said["compiled"], 5)


def test_a_kernel_inside_another_counts_once() -> None:
    heard = _Heard()
    for told in (("outer", None), ("inner", None), ("inner", 1.0), ("outer", 3.0), ("outer", None)):
        heard(*told)
    heard("outer", 0.5)
    assert heard.took == {"inner": 1.0, "outer": 3.5} and heard.seconds == 3.5
