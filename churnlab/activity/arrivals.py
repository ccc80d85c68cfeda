"""Arrival: which version of a day's rows a snapshot sees. The only place that decides it.

An event happens on one local day and arrives on the same day or later. It is *known* from the day
on which it arrived, never before its own day; without an arrival time it is known on its own day.
An event that is known more than `late_days` days after its own day is too late: it is left out
everywhere and counted.

A person's day has a version for each day on which an event of it became known. The version that is
known on day k sums the events of the day that were known by k. A snapshot at t sees, of each
person and day, the latest version that was known before t, and nothing of a day without one. Labels
see the latest version of all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from churnlab.kernels import windows
from churnlab.schema.days import before, contains, up_to

Days = TypeVar("Days", int, np.ndarray)
EVER = int(np.iinfo(np.int32).max)


def known_days(own: np.ndarray, arrived: np.ndarray) -> np.ndarray:
    """The day on which each event is known, of its own day and the day of its arrival.

    >>> known_days(np.array([5, 5, 5]), np.array([4, 5, 9]))
    array([5, 5, 9])
    """
    return np.maximum(own, arrived)


def last_known(day: Days, late_days: int | None) -> Days:
    """The last day on which events of `day` are taken in; far ahead when `late_days` is None.

    >>> last_known(5, late_days=3)
    8
    """
    return day + (2**40 if late_days is None else late_days)


def in_time(known: np.ndarray, day: int | np.ndarray, late_days: int | None) -> np.ndarray:
    """Whether events are taken in, bool[n]; the others came too late.

    >>> in_time(np.array([5, 8, 9]), 5, late_days=3)
    array([ True,  True, False])
    """
    return before(known - day, last_known(0, late_days) + 1)


def known_by(known: Days, version: int) -> Days:
    """Whether events or rows were known by the end of the day `version`.

    >>> known_by(np.array([5, 8, 9]), 8)
    array([ True,  True, False])
    """
    return up_to(known, version)


def is_late(known: Days, day: Days) -> Days:
    """Whether rows became known after their own day.

    >>> is_late(np.array([5, 9]), np.array([5, 5]))
    array([False,  True])
    """
    return before(day, known)  # type: ignore[arg-type]


def seen_at(
    first: np.ndarray, day: np.ndarray, known: np.ndarray, t: int | None = None
) -> np.ndarray:
    """Which rows a snapshot at t sees, bool[m]: of each person and day the latest known before t.

    None stands for the latest of all. Rows of person i are `first[i]` up to `first[i + 1]`, by
    rising day and then by rising `known`.

    >>> seen_at(np.array([0, 3]), np.array([5, 5, 6]), np.array([5, 9, 6]), t=7)
    array([ True, False,  True])
    """
    keep = np.empty(len(day), bool)
    windows.latest(first, day, known, EVER if t is None else t, keep)
    return keep


def days_touched(days: Iterable[int], by: int, late_days: int | None) -> list[int]:
    """The days before `by` of which events may become known on the day `by`.

    >>> days_touched(range(10), by=8, late_days=3)
    [5, 6, 7]
    """
    return [d for d in days if contains(d, by - (late_days or 0), by)]


def days_of_arrival(day: int, until: int, late_days: int | None) -> range:
    """The days after `day`, up to `until`, on which late events of `day` are taken in.

    >>> list(days_of_arrival(5, until=20, late_days=3))
    [6, 7, 8]
    """
    return range(day + 1, min(until, day + (late_days or 0)) + 1)
