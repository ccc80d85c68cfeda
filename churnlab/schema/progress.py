"""Progress of long work: messages, and bars where somebody watches. The one import of tqdm."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

Say = Callable[[str], None]
Step: TypeAlias = Callable[[int], None]
Total: TypeAlias = Callable[[], int | None] | int | None
DELAY = 2.0  # seconds of work before a bar is shown
OFF = "CHURNLAB_PROGRESS"  # set to 0 in the environment, it turns all bars off
_LARGE = 10_000  # numbers from here on are shortened, such as 12.3k
T = TypeVar("T")
_wanted: bool | None = None


def silent(text: str) -> None:
    """Ignore a progress message."""


def uncounted(done: int) -> None:
    """Ignore a step of a bar that is not shown."""


def progress(on: bool = True) -> None:
    """Turn the progress bars of this process off, or on again.

    A bar is shown in a notebook, and in a terminal on stderr, for reading, features, fitting,
    scoring and explaining that take more than two seconds. `CHURNLAB_PROGRESS=0` in the
    environment turns all off, the argument `progress=False` of a function its own.

    >>> import churnlab as cl
    >>> cl.progress(False)
    >>> cl.progress(True)
    """
    global _wanted
    _wanted = on


@contextmanager
def watched(on: bool | None) -> Iterator[None]:
    """Turn bars on or off for a while; None leaves them as they are."""
    global _wanted
    before = _wanted
    _wanted = before if on is None else on
    try:
        yield
    finally:
        _wanted = before


@contextmanager
def bar(what: str, total: Total, on: bool | None = None) -> Iterator[Step]:
    """Yield the function that a worker calls with how much more is done, from any thread.

    `total` is how much there is to do, None where nobody knows, or a function that counts it and
    is called only if the bar can be shown. `on` False: no bar.

    >>> with bar("reading", 2) as step:
    ...     step(2)
    """
    if not _shown(on):
        yield uncounted
        return
    with warnings.catch_warnings():  # a notebook without widgets gets a bar of text
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
    whole = total() if callable(total) else total
    lock = threading.Lock()
    manner: dict[str, Any] = {"delay": DELAY, "leave": False, "unit": "", "mininterval": 0.5}
    manner["unit_scale"] = whole is None or whole >= _LARGE
    with tqdm(total=whole, desc=what, **manner) as shown:

        def step(done: int) -> None:
            with lock:  # what is read again counts once
                shown.update(done if whole is None else min(done, whole - shown.n))

        yield step


def counted(several: Iterable[T], step: Step, size: Callable[[T], int]) -> Iterator[T]:
    """The things one by one; each counts as done when the next is asked for."""
    for one in several:
        yield one
        step(size(one))


def _shown(on: bool | None) -> bool:
    """Whether bars are wanted and somebody watches."""
    wanted = _wanted if on is None else on
    if wanted is False or os.environ.get(OFF) == "0":
        return False
    return _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _in_notebook() -> bool:
    """Whether the code runs in a kernel of Jupyter."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config
