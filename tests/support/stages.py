"""The stages of people in slow plain Python, from the raw events and the text of docs/list.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo


def stages(
    events: Iterable[tuple[object, datetime, str]],
    day: date,
    horizon: int,
    receipts: Collection[str] = (),
    counted: Collection[str] | None = None,
    zone: str = "UTC",
) -> dict[object, str]:
    """The stage of everybody who acted before `day`; `counted` are the events that the label asks."""
    acted: dict[object, set[date]] = defaultdict(set)
    asked: dict[object, set[date]] = defaultdict(set)
    first = None
    for user, at, name in events:
        local = at.astimezone(ZoneInfo(zone)).date() if at.tzinfo else at.date()
        first = local if first is None else min(first, local)
        if local >= day:
            continue
        if name not in receipts:
            acted[user].add(local)
        if name in counted if counted is not None else name not in receipts:
            asked[user].add(local)
    assert first is not None
    return {
        user: _stage(days, asked[user], day, horizon, first - timedelta(days=1))
        for user, days in acted.items()
    }


def _stage(acted: set[date], asked: set[date], day: date, horizon: int, before_log: date) -> str:
    days = sorted(acted)
    seen = (day - days[-1]).days
    silences = [(later - earlier).days for earlier, later in pairwise(days)]
    counted = (day - max(asked, default=before_log)).days
    if seen > horizon and (not silences or seen > max(silences)):
        return "gone"
    if counted > horizon:
        return "silent"
    if seen > 7:
        return "lapsing"
    there = min((day - days[0]).days, 70) - 14
    earlier = sum(15 <= (day - each).days <= 70 for each in days)
    recent = sum((day - each).days <= 14 for each in days)
    if there >= 14 and earlier and recent <= Fraction(2, 3) * Fraction(earlier * 14, there):
        return "fading"
    return ""
