"""Returns: the days after a person's first day on which coming back counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from churnlab.errors import ConfigError
from churnlab.language.sentence import Words, sentence
from churnlab.schema.days import fully_observed

Kind: TypeAlias = Literal["on", "on or after", "bracket"]
DAYS: tuple[int | str, ...] = (1, 7, 30, 60, "1+", "7+", "30+", "60+", "1-7", "8-30")
_EVER = 2**40
_MOST = 10_000
_WRITTEN = re.compile(r"(\d+)(?:(\+)|-(\d+))?")


@dataclass(frozen=True)
class Return:
    """The days `[a + low, a + high]` after a first day a, on one of which a person came back.

    >>> print(Return.of(7).words(), Return.of("8-30").words(), Return.of("7+").words(), sep=", ")
    day 7, days 8 to 30, day 7 or later
    """

    kind: Kind
    low: int
    high: int

    @classmethod
    def of(cls, given: int | str) -> Return:
        """Day N as 7, day N or later as "7+", any day of a bracket as "8-30"; else ConfigError.

        >>> Return.of("8-3")
        Traceback (most recent call last):
        churnlab.errors.base.ConfigError: a day of return is '8-3'; give one like 7, "7+" or "8-30"
        """
        found = None if isinstance(given, bool) else _WRITTEN.fullmatch(str(given).replace(" ", ""))
        low = int(found[1]) if found else _MOST + 1
        high = int(found[3] or low) if found else 0
        if not found or not low <= high <= _MOST:
            raise ConfigError.from_range("a day of return", given, 'one like 7, "7+" or "8-30"')
        if found[2]:
            return cls("on or after", low, _EVER)
        return cls("bracket", low, high) if found[3] else cls("on", low, low)

    @property
    def known_after(self) -> int:
        """How many days after a first day the figure can be known at the earliest."""
        return self.low if self.kind == "on or after" else self.high

    def words(self) -> Words:
        """The days for people."""
        if self.kind == "on":
            return sentence("day 1") if self.low == 1 else sentence("day {day}", day=self.low)
        if self.kind == "bracket":
            return sentence("days {low} to {high}", low=self.low, high=self.high)
        return sentence("day {day} or later", day=self.low)


def returns_of(days: int | str | Iterable[int | str]) -> tuple[Return, ...]:
    """All returns that are asked for, each once; ConfigError for none or an unreadable one.

    >>> [r.kind for r in returns_of([1, "1+", "2-7"])]
    ['on', 'on or after', 'bracket']
    """
    several = (days,) if isinstance(days, int | str) else tuple(days)
    if not several:
        raise ConfigError.from_range("days", (), "one day or more")
    return tuple(dict.fromkeys(Return.of(each) for each in several))


def known(returns: Sequence[Return], last: np.ndarray, stop: int) -> np.ndarray:
    """Whether each return is over for all who begin by each last day: bool[periods, returns].

    >>> known([Return.of(7)], np.array([2, 3]), stop=10).tolist()
    [[True], [False]]
    """
    needs = np.array([r.known_after for r in returns])
    return fully_observed(np.asarray(last)[:, None] + needs[None, :] + 1, stop)
