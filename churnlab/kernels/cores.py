"""Cores: how many this process may use, how many are free, and threads that sleep while they wait.

`import churnlab` loads this module, so that `OMP_WAIT_POLICY` is set before LightGBM reads it.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import median

_POLICY = "OMP_WAIT_POLICY"
# Each says how OpenMP's threads wait: of any OpenMP, of GCC's, and of LLVM's and Intel's.
_WAITING = (_POLICY, "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
_THREADS = "OMP_NUM_THREADS"
_READS_IT_ONCE = "lightgbm"
_LOADED = Path("/proc/loadavg")
# Quota and period in one file (cgroup 2), or in two (cgroup 1); microseconds.
_QUOTAS = (
    ("/sys/fs/cgroup/cpu.max",),
    ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us"),
)
_LOOKS = 5
_BETWEEN_LOOKS = 0.004  # seconds
_state = {"spins": False}


def sleep_while_waiting() -> None:
    """Let OpenMP's threads sleep while they wait, unless the environment says how they wait.

    By default they turn round and round for milliseconds, which takes the core of any other
    process. OpenMP reads the environment once, when LightGBM is loaded: where that was before, one
    core is left free instead (`free`).
    """
    if not any(name in os.environ for name in _WAITING):
        os.environ[_POLICY] = "PASSIVE"
        _state["spins"] = _READS_IT_ONCE in sys.modules


def allowed() -> int:
    """The number of cores that this process may use, at least 1.

    It is that of its affinity, or of the container's CPU quota where that is less.

    >>> 1 <= allowed() <= (os.cpu_count() or 1)
    True
    """
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(mine, _quota() or mine))


def free() -> int:
    """The number of cores that are free at this moment, at least 1.

    It is `allowed`, or the cores of the machine less the threads that others run on them where that
    is less. Linux says how many run; elsewhere nobody is counted. One core less where LightGBM was
    loaded before churnlab, because its threads then do not sleep while they wait.

    >>> 1 <= free() <= allowed()
    True
    """
    left = (os.cpu_count() or 1) - _others() - _state["spins"]
    return max(1, min(allowed() - _state["spins"], left))


def threads(n_jobs: int | None) -> int:
    """The number of threads that `n_jobs` of a model means, at least 1.

    None is 1. A number above 0 is that number. Any other, such as -1, is `OMP_NUM_THREADS` where
    the environment has it, and as many as cores are free otherwise.

    >>> threads(None), threads(3)
    (1, 3)
    """
    if n_jobs is None or n_jobs > 0:
        return n_jobs or 1
    return _wanted() or free()


def _wanted() -> int | None:
    """`OMP_NUM_THREADS`, of which OpenMP may have a list, one number a level; None without it."""
    first = os.environ.get(_THREADS, "").partition(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else None


def _quota() -> int | None:
    """Cores of the container's CPU quota, rounded up; None where there is no quota."""
    for files in _QUOTAS:
        try:
            quota, period = " ".join(Path(f).read_text() for f in files).split()
            return max(1, -(-int(quota) // int(period))) if int(quota) > 0 else None
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return None


def _others() -> int:
    """Threads of others that run at this moment: the median of a few looks within 20 ms."""
    looks = []
    for _ in range(_LOOKS):
        try:
            running = _LOADED.read_text().split()[3].partition("/")[0]
            looks.append(int(running) - 1)  # this thread
        except (OSError, ValueError, IndexError):  # not Linux
            return 0
        time.sleep(_BETWEEN_LOOKS)
    return max(0, int(median(looks)))
