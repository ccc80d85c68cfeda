"""Reason and Fact: a sentence, the plain numbers in it, and when it is true and bad news."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from churnlab.features.expression import Expression, Observed, Since, Sum, fill, greatest, least
from churnlab.features.expression import SinceFirst as First
from churnlab.language.sentence import Column, Sentence

SMALLER = 0.7  # a number has fallen where at most this share of the number before is left
_BEYOND_CHANCE = 1.5  # and for counts: by so many times the square root of both together
Condition: TypeAlias = Callable[[Any], np.ndarray]


@dataclass(frozen=True)
class Fact:
    """A plain number of a person: a count, a sum, a number of days, or one divided by another.

    It is a column `fact__<what>__<window>` beside the features, computed by the same kernel and
    never an input of a model.

    >>> counted("visits", "active", 0, 14).name
    'fact__visits__14d'
    """

    name: str
    value: Expression


@dataclass(frozen=True)
class Estimate:
    """The chance that is left by a model's own column: 1 minus its value, at most 99%."""

    column: str


@dataclass(frozen=True, eq=False)
class Reason:
    """A sentence that may be said of a person at risk.

    - `topic`: what it speaks of; features of this topic may be told by it.
    - `says`: its template. `values` has what the template and `supports` name: facts, estimates,
      texts and numbers.
    - `supports`: from these values as arrays, whether the sentence is true of each row and bad
      news. A missing value supports nothing.

    >>> away = Fact("fact__away_days__all", Sum("gap").all)
    >>> long = Reason("long", "away", "Away for {away:day|days}", {"away": away},
    ...     lambda one: one.away > 7)
    >>> long.holds(pd.DataFrame({"fact__away_days__all": [3.0, 9.0, np.nan]})).tolist()
    [False, True, False]
    """

    name: str
    topic: str
    says: str
    values: Mapping[str, object]
    supports: Condition
    columns: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """The facts by the name that they have in the sentence."""
        return {name: v for name, v in self.values.items() if isinstance(v, Fact)}

    @cached_property
    def sentence(self) -> Sentence:
        """The sentence; facts and estimates are columns of a row."""
        named = {name: _in_sentence(value) for name, value in self.values.items()}
        return Sentence(self.says, {**named, **{n: Column(c) for n, c in self.columns.items()}})

    def known(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The columns of a frame of facts and model-made columns that the sentence reads."""
        found = {}
        for value in self.values.values():
            if isinstance(value, Fact):
                found[value.name] = frame[value.name]
            elif isinstance(value, Estimate):
                found[_estimated(value)] = (1 - frame[value.column]).clip(upper=0.99)
        return pd.DataFrame({**found, **{c: frame[c] for c in self.columns.values()}})

    def speaks(self, columns: Iterable[str]) -> bool:
        """Whether all that it reads is among some columns."""
        needed = {*(f.name for f in self.facts.values()), *self.columns.values()}
        needed |= {v.column for v in self.values.values() if isinstance(v, Estimate)}
        return needed <= set(columns)

    def holds(self, frame: pd.DataFrame) -> np.ndarray:
        """Whether the sentence is true of each row and bad news, bool[n]."""
        known = self.known(frame)
        named = {n: s.name for n, s in self.sentence.values.items() if isinstance(s, Column)}
        arrays = {n: known[column].to_numpy() for n, column in named.items()}
        lost = [pd.isna(a) for a in arrays.values()]
        given = {n: v for n, v in self.values.items() if n not in arrays}
        with np.errstate(invalid="ignore", divide="ignore"):
            held = np.asarray(self.supports(SimpleNamespace(**given, **arrays)), bool)
        return np.broadcast_to(held, len(frame)) & ~np.logical_or.reduce(
            [np.zeros(len(frame), bool), *lost]
        )


def _in_sentence(value: object) -> object:
    if isinstance(value, Fact):
        return Column(value.name)
    return Column(_estimated(value)) if isinstance(value, Estimate) else value


def _estimated(estimate: Estimate) -> str:
    return f"rest_of_{estimate.column}"


def counted(what: str, measure: str, new: int, old: int | None, scale: int = 1) -> Fact:
    """The sum of a measure over `[t - old, t - new)`, divided by `scale`.

    >>> counted("visits", "active", 14, 28).name
    'fact__visits_before__14d_14d'
    """
    total: Expression = Sum(measure)[new, old]
    return fact(what, total if scale == 1 else total / scale, new, old)


def fact(what: str, value: Expression, new: int = 0, old: int | None = None) -> Fact:
    """A fact over `[t - old, t - new)`, named after it.

    >>> fact("away_days", Sum("gap").all).name
    'fact__away_days__all'
    """
    if old is None:
        return Fact(f"fact__{what}__all", value)
    before = f"{what}_before__{new}d_{old - new}d"
    return Fact(f"fact__{before if new else f'{what}__{old}d'}", value)


def days_there() -> Expression:
    """Days since the person's first event, an act or a receipt; 0 for a person without any."""
    return greatest(fill(First("active"), 0), fill(First("receipts"), 0))


AWAY = fact("away_days", Since("active"))
SEEN = Fact("fact__seen_days__all", days_there())
LOG_BEFORE = Fact("fact__log_before_days__all", Observed() - days_there())


def days_seen(new: int, old: int) -> Fact:
    """The days of `[t - old, t - new)` on which the person could be seen.

    >>> days_seen(0, 14).name
    'fact__days_seen__14d'
    """
    return fact("days_seen", greatest(least(SEEN.value, old) - new, 0), new, old)


def both(one: Condition, other: Condition) -> Condition:
    """The condition that holds where two conditions hold.

    >>> low = both(lambda one: one.n > 2, lambda one: one.n < 4)
    >>> low(SimpleNamespace(n=np.array([2, 3, 4]))).tolist()
    [False, True, False]
    """
    return partial(_both, one, other)


def _both(one: Condition, other: Condition, values: Any) -> np.ndarray:
    return one(values) & other(values)


def fell(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Whether counts fell, by more than chance would have it.

    >>> fell(np.array([1, 4, 0]), np.array([9, 5, 3])).tolist()
    [True, False, True]
    """
    rest = before - now
    return (now <= SMALLER * before) & (rest > 0) & (rest >= _BEYOND_CHANCE * np.sqrt(before + now))


def shrank(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Whether means or amounts shrank, also after both are rounded.

    >>> shrank(np.array([4.0, 1.2]), np.array([11.0, 1.4])).tolist()
    [True, False]
    """
    return (now <= SMALLER * before) & (np.round(now) < np.round(before))


def fewer(
    name: str,
    topic: str,
    measure: str,
    windows: Iterable[int],
    some: str,
    none: str,
    by_visit: bool = True,
) -> Iterator[Reason]:
    """Reasons that a count fell, from one stretch of days to the next of the same length.

    `some` and `none` are templates with {now} (not in `none`), {before} and {days}; a person must
    have been there for both stretches. `by_visit`: the count must have fallen by day with a visit
    too, and there must be such a day; else it follows from fewer visits, which are another reason.
    """
    for days in windows:
        values = {
            "now": counted(name, measure, 0, days),
            "before": counted(name, measure, days, 2 * days),
            "visits": counted("visits", "active", 0, days),
            "visits_before": counted("visits", "active", days, 2 * days),
            "seen": SEEN,
            "days": days,
        }
        no, some_left = (
            partial(_none_left, by_visit=by_visit),
            partial(_few_left, by_visit=by_visit),
        )
        yield Reason(f"no_{name}_{days}d", topic, none, values, no)
        yield Reason(f"fewer_{name}_{days}d", topic, some, values, some_left)


def _none_left(one: Any, by_visit: bool) -> np.ndarray:
    return (one.now == 0) & _fewer(one, by_visit)


def _few_left(one: Any, by_visit: bool) -> np.ndarray:
    return (one.now > 0) & _fewer(one, by_visit)


def _fewer(one: Any, by_visit: bool) -> np.ndarray:
    there = (one.seen >= 2 * one.days) & fell(one.now, one.before)
    if not by_visit:
        return there
    rarer = one.now * one.visits_before <= SMALLER * one.before * one.visits
    return there & (one.visits > 0) & rarer
