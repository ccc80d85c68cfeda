"""Forked processes: a child of a process that loaded LightGBM stays on one thread.

The threads of OpenMP live in the process that made them. A forked child waits for ever for threads
that it does not have (GCC bug 58378), so there the models use one thread. `import churnlab` loads
this module, so that a fork is noticed before any model is.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable

_OWNS_THREADS = "lightgbm"
_state = {"forked": False, "told": False}
_in_child: list[Callable[[], None]] = []


def threads(wanted: int) -> int:
    """The number of threads to use: `wanted`, or 1 in a forked child, which is said once.

    >>> threads(4)
    4
    """
    if not _state["forked"] or wanted == 1:
        return wanted
    if not _state["told"]:
        _state["told"] = True
        warnings.warn(
            "this process was forked from one that had loaded LightGBM, whose threads do not "
            "survive a fork: models use one thread here; start processes with "
            'multiprocessing.get_context("spawn") for more',
            UserWarning,
            stacklevel=2,
        )
    return 1


def in_children(act: Callable[[], None]) -> None:
    """Call `act` in each forked child of a process that loaded LightGBM; at once if in one."""
    _in_child.append(act)
    if _state["forked"]:
        act()


def _after_fork() -> None:
    if _OWNS_THREADS in sys.modules:
        _state.update(forked=True, told=False)
        for act in _in_child:
            act()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_after_fork)
