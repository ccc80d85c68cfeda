"""Progress of long work: messages, and bars where somebody watches. The one import of tqdm."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

Say = Callable[[str], None]
Step: TypeAlias = Callable[[int], None]
Total: TypeAlias = Callable[[], int | None] | int | None
DELAY = 2.0  # seconds of work before a bar is shown
OFF = "CHURNLAB_PROGRESS"  # set to 0 in the environment, it turns all bars off
_BETWEEN = 0.5  # seconds from one drawing of a bar to the next
_LARGE = 10_000  # numbers from here on are shortened, such as 12.3k
T = TypeVar("T")
_wanted: bool | None = None
# A bar over several parts, with the time that is left by the pace so far.
_PARTS = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
_HIDDEN = "hidden"
_around: ContextVar[Any] = ContextVar("around", default=None)  # a _Whole, or _HIDDEN
_line: ContextVar[Any] = ContextVar("line", default=None)
_part: ContextVar[Callable[[str], Step] | None] = ContextVar("part", default=None)


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
def whole(what: str, shares: Mapping[str, float]) -> Iterator[None]:
    """One bar over all the bars inside, each of which becomes a part of it.

    `shares` has the usual share of each inner bar in the time, by its words. A bar that is not
    there, or comes again, adds its share (else 1) to the whole.

    >>> with whole("fitting", {"lines": 1, "trees": 3}), bar("trees", 2) as step:
    ...     step(2)
    """
    if not somebody_watches() or _around.get() is not None:
        yield
        return
    with _drawn(what, sum(shares.values()), bar_format=_PARTS, miniters=0) as shown:
        token = _around.set(_Whole(what, dict(shares), shown))
        try:
            yield
        finally:
            _around.reset(token)


@dataclass
class _Whole:
    """A bar that is shown over several parts; `left` has the shares of those still to come."""

    what: str
    left: dict[str, float]
    shown: Any

    @contextmanager
    def part(self, what: str, total: Total) -> Iterator[Step]:
        """The bar of a part, which moves this one by the part's share."""
        share = self.left.pop(what, None)
        if share is None:
            share = 1.0
            self.shown.total += share
        start, count = self.shown.n, (total() if callable(total) else total) or 0
        self.shown.set_description_str(f"{self.what}: {what}", refresh=False)
        done = 0

        def step(more: int) -> None:
            """Move the outer bar by a part of its share."""
            nonlocal done
            done = min(done + more, count)
            self.shown.update(start + share * done / max(count, 1) - self.shown.n)

        with _inside_a_bar():
            yield step
        self.shown.update(start + share - self.shown.n)


@contextmanager
def bar(what: str, total: Total, on: bool | None = None) -> Iterator[Step]:
    """Yield the function that a worker calls with how much more is done, from any thread.

    `total` is how much there is to do, None where nobody knows, or a function that counts it and
    is called only if the bar can be shown. `on` False: no bar. Inside `whole` it is a part of that
    one bar; inside another bar it is not shown.

    >>> with bar("reading", 2) as step:
    ...     step(2)
    """
    around = _around.get()
    if isinstance(around, _Whole):
        with around.part(what, total) as step:
            yield step
        return
    if around is not None or not somebody_watches(on):
        with _told(what, around) as step:
            yield step
        return
    count = total() if callable(total) else total
    with _drawn(what, count) as shown, _inside_a_bar():
        lock = threading.Lock()

        def step(done: int) -> None:
            """Move the bar on."""
            with lock:  # what is read again counts once
                shown.update(done if count is None else min(done, count - shown.n))

        yield step


@contextmanager
def _told(what: str, around: Any) -> Iterator[Step]:
    """The step of a bar that is not shown: somebody may be told of it all the same."""
    tell = _part.get()
    if tell is None or around is not None:
        yield uncounted
        return
    with _inside_a_bar():
        yield tell(what)


@contextmanager
def told_to(tell: Callable[[str], Step]) -> Iterator[None]:
    """Let `tell` know of each bar inside that nobody sees; it gives the step of the bar."""
    token = _part.set(tell)
    try:
        yield
    finally:
        _part.reset(token)


@contextmanager
def _inside_a_bar() -> Iterator[None]:
    """Bars that begin inside, in this thread, are not shown."""
    token = _around.set(_HIDDEN)
    try:
        yield
    finally:
        _around.reset(token)


@contextmanager
def _drawn(what: str, count: float | None, **manner: Any) -> Iterator[Any]:
    """A bar of tqdm, drawn once its work has taken some time, and wiped off at its end."""
    with warnings.catch_warnings():  # a notebook without widgets gets a bar of text
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
    manner |= {
        "delay": DELAY,
        "leave": False,
        "unit": "",
        "mininterval": _BETWEEN,
        "file": _line.get(),
    }
    manner["unit_scale"] = count is None or count >= _LARGE
    with tqdm(total=count, desc=what, **manner) as shown:
        yield shown


@contextmanager
def drawn_by(draw: Callable[[str], None]) -> Iterator[None]:
    """Let `draw` show the text of each bar, and "" at its end, instead of a line of stderr's own.

    Bars inside are shown, whoever watches, unless they are turned off.
    """
    token = _line.set(_Line(draw))
    try:
        yield
    finally:
        _line.reset(token)


class _Line:
    """A file to which tqdm writes its bars, as the text of a line that another one draws."""

    def __init__(self, draw: Callable[[str], None]) -> None:
        self._draw = draw

    def write(self, text: str) -> None:
        """Hand on the text of a bar."""
        if text != "\r":
            self._draw(text.strip())

    def flush(self) -> None:
        """Nothing waits."""


def counted(several: Iterable[T], step: Step, size: Callable[[T], int]) -> Iterator[T]:
    """The things one by one; each counts as done when the next is asked for."""
    for one in several:
        yield one
        step(size(one))


def apart() -> None:
    """Show the bars that begin from here on, in this context, beside the one they would be in."""
    _around.set(None)


def off() -> bool:
    """Whether the environment turns off all bars."""
    return os.environ.get(OFF) == "0"


def somebody_watches(on: bool | None = None) -> bool:
    """Whether bars are wanted and somebody watches."""
    wanted = _wanted if on is None else on
    if wanted is False or off():
        return False
    if _in_notebook() or _line.get() is not None:
        return True
    return sys.stderr is not None and sys.stderr.isatty()


def _in_notebook() -> bool:
    """Whether the code runs in a kernel of Jupyter."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config
