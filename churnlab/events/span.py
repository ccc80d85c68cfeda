"""The days that a log observed, from the number of its events on each day.

The first and the last event do not say it: a phone with a wrong clock has events a year ahead, or
years before all others, and an export may end with some minutes of a day. Such days are thin.

- A tail is thin when it holds less than 2% of the events that the quietest stretch before it would
  lead one to expect. That stretch has the length of the tail, at most four weeks, and lies in the
  13 weeks before the tail, so that weekends and holidays do not count as thin. It must hold at
  least 50 events, and two weeks must lie before the tail: a small or short log cannot tell.
- A head is thin when four empty weeks follow it, fewer than one of ten of its days has an event,
  and it holds less than 2% of the events after it, and of those that the 13 weeks after it would
  lead one to expect, which must hold at least 50 on two weeks or more. Quiet weeks at the beginning
  of an app are no thin head.

Events on the days of a thin tail stay: the day may be filled later. Those of a thin head are set
aside, because they would make a person's past decades long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

SHARE = 0.02
TELLABLE = 50  # events
RECENT = 91  # days
STRETCH = 28  # days
HISTORY = 14  # days
SPARSE = 0.1  # of the days of a head


@dataclass(frozen=True)
class Span:
    """The observed days `[start, end)`; `head` and `tail` are the events before and after them."""

    start: int
    end: int
    head: int = 0
    tail: int = 0


def observed(events: Mapping[int, int]) -> Span:
    """The observed days of a log with `events` by day; there must be a day.

    A day with 0 events counts as a day that was looked at.

    >>> observed({day: 70 for day in range(20_000, 20_090)} | {20_455: 1})
    Span(start=20000, end=20090, head=0, tail=1)
    """
    first = min(events)
    counts = np.zeros(max(events) + 1 - first, np.int64)
    for day, count in events.items():
        counts[day - first] = count
    start = _after_head(counts)
    end = len(counts)
    while (cut := _before_tail(counts[start:end])) is not None:
        end = start + cut
    head, tail = int(counts[:start].sum()), int(counts[end:].sum())
    return Span(first + start, first + end, head, tail)


def _before_tail(counts: np.ndarray) -> int | None:
    """Where the shortest thin tail begins, None without one; the last day has an event."""
    total = counts.sum() - np.concatenate([[0], np.cumsum(counts)])
    length = np.arange(len(counts), -1, -1)
    may = (total < SHARE * length * counts.max())[1:] & (counts > 0)
    for cut in np.flatnonzero(may)[::-1].tolist():
        if _is_thin(counts[max(cut + 1 - RECENT, 0) : cut + 1], total[cut + 1], length[cut + 1]):
            return cut + 1
    return None


def _is_thin(recent: np.ndarray, total: int, length: int) -> bool:
    """Whether a tail of `length` days with `total` events is thin after the `recent` days."""
    if len(recent) < HISTORY:
        return False
    stretch = min(int(length), STRETCH, len(recent) // 2)
    sums = np.concatenate([[0], np.cumsum(recent)])
    quietest = int((sums[stretch:] - sums[:-stretch]).min())
    return quietest >= TELLABLE and total * stretch < SHARE * quietest * length


def _after_head(counts: np.ndarray) -> int:
    """Where the days after a thin head begin; 0 without one."""
    there = np.flatnonzero(counts)
    gaps = np.diff(there) > STRETCH
    start = 0
    for head in (np.flatnonzero(gaps) + 1).tolist():
        begin = int(there[head])
        recent = counts[begin : begin + RECENT]
        told = len(recent) >= HISTORY and recent.sum() >= TELLABLE and head < SPARSE * begin
        expected = min(recent.sum() / len(recent) * begin, counts[begin:].sum())
        if told and counts[:begin].sum() < SHARE * expected:
            start = begin
    return start
