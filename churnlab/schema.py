"""Roles, days and money units: the vocabulary of the log, and the one place that turns times into days.

A day is a whole number, the days since 1970-01-01 of the log's local calendar. A window is written `[t - w, t)`:
a day `d` is inside when `t - w <= d < t`. Money and numeric properties are whole numbers too, of a millionth of
their unit, so that sums are exact whatever their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError, LogError

MICRO = 1_000_000
DAY_MICROS = 86_400 * MICRO
SESSION_GAP_MICROS = 30 * 60 * MICRO
AMOUNT_LIMIT = 1e10
EPOCH = datetime(1970, 1, 1)
STANDARD_ROLES = ("open", "content", "social", "social_received", "push_sent", "push_opened", "purchase", "onboarding")
RECEIPT_ROLES = frozenset({"push_sent", "social_received"})
OTHER = "other"
Day: TypeAlias = str | date | datetime | pd.Timestamp | np.datetime64 | int


def day_number(when: Day) -> int:
    """Days since 1970-01-01 of a date, a midnight, or text like "2026-03-01".

    Raises ConfigError for what is no date or lies inside a day.

    >>> day_number("1970-01-02"), day_number(3)
    (1, 3)
    """
    if isinstance(when, int | np.integer):
        return int(when)
    try:
        stamp = pd.Timestamp(when)
    except (ValueError, TypeError) as error:
        raise ConfigError.from_bad_date(when) from error
    if stamp is pd.NaT or stamp != stamp.normalize():
        raise ConfigError.from_bad_date(when)
    return int(stamp.tz_localize(None).to_datetime64().astype("datetime64[D]").astype(np.int64))


def day_numbers(stamps: pd.Series | pd.DatetimeIndex) -> np.ndarray:
    """Days since 1970-01-01 of naive midnights, int64."""
    return np.asarray(stamps, dtype="datetime64[D]").astype(np.int64)


def to_timestamp(day: int) -> pd.Timestamp:
    """The midnight on which a local day starts, naive.

    >>> to_timestamp(20_000)
    Timestamp('2024-10-04 00:00:00')
    """
    return pd.Timestamp(np.datetime64(int(day), "D")).as_unit("us")


def to_timestamps(days: np.ndarray) -> np.ndarray:
    """Midnights of many days, datetime64[us]."""
    return np.asarray(days).astype("datetime64[D]").astype("datetime64[us]")


def day_text(day: int) -> str:
    """A day as people write it.

    >>> day_text(20_000)
    '2024-10-04'
    """
    return str(np.datetime64(int(day), "D"))


def contains(days: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Which days lie in `[start, stop)`; the only comparison of days outside the kernels."""
    return (days >= start) & (days < stop)


def fully_observed(stop: int, end: int) -> bool:
    """Whether a window that ends before `stop` lies inside a log whose last observed day is `end - 1`."""
    return stop <= end


def zone(name: str) -> ZoneInfo:
    """The time zone of that name, or a LogError with near names."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise LogError.from_unknown_zone(name, available_timezones()) from error


def turns(zone_name: str | None, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    """How far local time is from UTC: from the microseconds turns[i] on it is shifts[i], int64 both; whole years around `[low, high]`.

    None stands for a clock that shows local time already.
    """
    if zone_name is None or zone_name == "UTC":
        return np.array([-(2**62)]), np.zeros(1, np.int64)
    years = range(_year(low) - 1, _year(high) + 2)
    changes = [(-(2**62), _shift(zone_name, years[0])), *(c for year in years for c in _changes(zone_name, year))]
    return np.array([c[0] for c in changes], np.int64), np.array([c[1] for c in changes], np.int64)


def local_day(clock: np.ndarray, moments: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """The local day of moments in microseconds, int64[n], from what `turns` gives for a range around them."""
    return (clock + shifts[np.searchsorted(moments, clock, side="right") - 1]) // DAY_MICROS


def _year(micros: int) -> int:
    """The year of a moment, of those whose neighbours `datetime` knows in every zone."""
    return int(np.clip(np.datetime64(int(micros), "us").astype("datetime64[Y]").astype(np.int64) + 1970, 3, 9997))


def _shift(zone_name: str, year: int) -> int:
    return _offset(zone(zone_name), datetime(year, 1, 1, tzinfo=UTC))


def _offset(where: ZoneInfo, at: datetime) -> int:
    return (at.astimezone(where).utcoffset() or timedelta()) // timedelta(microseconds=1)


@cache
def _changes(zone_name: str, year: int) -> tuple[tuple[int, int], ...]:
    """The moments of a UTC year at which a zone's distance to UTC changes, and to what."""
    where, found = zone(zone_name), []
    day = datetime(year, 1, 1, tzinfo=UTC)
    before = _offset(where, day)
    while day.year == year:
        low, high = day, day + timedelta(days=1)
        after = _offset(where, high)
        if after != before:
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if _offset(where, middle) == before else (low, middle)
            high = high.replace(microsecond=0)
            found.append(((high - EPOCH.replace(tzinfo=UTC)) // timedelta(microseconds=1), after))
        before, day = after, day + timedelta(days=1)
    return tuple(found)


def instant(day: int, zone_name: str | None) -> int:
    """The clock, in microseconds, when a local day starts: the first moment of the day in a zone, midnight itself for None.

    >>> instant(1, None), instant(1, "Asia/Shanghai")
    (86400000000, 57600000000)
    """
    midnight = day * DAY_MICROS
    return min(max(begin, midnight - shift) for begin, shift, end in _stretches(day, zone_name) if midnight - shift < end)


def settled(day: int, zone_name: str | None) -> int:
    """The clock when a local day has started for good: later than `instant` where the clock is set back over that midnight.

    >>> day = day_number("2010-11-07")  # one minute after midnight it was 23:01 again
    >>> (settled(day, "America/St_Johns") - instant(day, "America/St_Johns")) // 60_000_000
    60
    """
    midnight = day * DAY_MICROS
    return max(min(end, midnight - shift) for begin, shift, end in _stretches(day, zone_name) if begin < midnight - shift)


def _stretches(day: int, zone_name: str | None) -> list[tuple[int, int, int]]:
    """From when, by how much and until when local time is ahead of the clock, for some years around a day."""
    moments, shifts = turns(zone_name, day * DAY_MICROS, day * DAY_MICROS)
    return [(int(t), int(s), int(end)) for t, s, end in zip(moments, shifts, [*moments[1:], 2**62], strict=True)]


def plain(name: str) -> str:
    """A name of `[a-z0-9_]+` for a column, from any text.

    >>> plain("Push Sent!")
    'push_sent'
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"


@dataclass(frozen=True)
class Roles:
    """What the events of a log mean: which names make up a role, which roles happen *to* a person.

    An event may have several roles; one without a role is `other`, an act, unless ignored. Receipts (`push_sent`,
    `social_received` and what is named) are no acts: they do not make a day active.
    """

    events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    receipts: frozenset[str] = RECEIPT_ROLES
    receipt_events: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()

    @classmethod
    def declared(cls, given: Mapping[str, str | Iterable[str]] | None, receipts: Iterable[str] = (), ignore: Iterable[str] = ()) -> Roles:
        """Roles as the user names them, before the log is read.

        `given` None means: events that carry the name of a standard role take it. `receipts` names roles, or events that are
        then no acts whatever their role. Raises ConfigError when two names are the same as columns.
        """
        ignored, named = frozenset(as_names(ignore)), as_names(receipts)
        if given is None:
            events: dict[str, tuple[str, ...]] = {role: (role,) for role in STANDARD_ROLES if role not in ignored}
        else:
            check_distinct("role", given)
            events = {plain(role): as_names(names) for role, names in given.items()}
        alone = [n for n in named if n not in events and not any(n in names for names in events.values())]
        check_distinct("role", [*events, *alone])
        events |= {plain(n): (n,) for n in alone}
        return cls(events, RECEIPT_ROLES | (set(named) & events.keys()), frozenset(named) - events.keys() | frozenset(alone), ignored)

    def paying(self, present: Iterable[str], standard: bool) -> Roles:
        """The same; where roles are the standard ones and no event is called `purchase`, without that role: then all amounts are money."""
        lacks = standard and self.events.get("purchase") == ("purchase",) and "purchase" not in set(present)
        return replace(self, events={r: n for r, n in self.events.items() if r != "purchase"}) if lacks else self

    def seen(self, present: Iterable[str], standard: bool) -> Roles:
        """The same once it is known which events the log holds: standard roles without an event are dropped.

        Raises LogError when a role that was named has no event.
        """
        present = set(present)
        kept = {r: n for r, n in self.events.items() if not standard or r not in STANDARD_ROLES or n != (r,) or r in present}
        for role, names in kept.items():
            if not present.intersection(names):
                raise LogError.from_role_without_event(role, names, present)
        return replace(self, events=kept)

    @property
    def names(self) -> tuple[str, ...]:
        """The roles in use, sorted, `other` last."""
        return (*sorted(r for r in self.events if r != OTHER), OTHER)

    def of_event(self, event: str) -> tuple[str, ...]:
        """The roles of one event name; `other` when it has none."""
        return tuple(r for r in self.names if event in self.events.get(r, ())) or (OTHER,)

    def is_act(self, event: str) -> bool:
        """Whether a person does this, or has it done to them."""
        return event not in self.receipt_events and any(role not in self.receipts for role in self.of_event(event))

    def is_money(self, event: str) -> bool:
        """Whether the amount of such an event is money spent: purchases, or all events where no role is `purchase`."""
        return "purchase" not in self.events or event in self.events["purchase"]

    def to_dict(self) -> dict[str, object]:
        """Plain lists, as they stand in churnlab.toml."""
        return {"roles": {r: list(n) for r, n in sorted(self.events.items())},
                "receipts": sorted(self.receipts | self.receipt_events), "ignore": sorted(self.ignore)}


def is_spark(frame: object) -> bool:
    """Whether something is of Spark, without importing it."""
    return type(frame).__module__.split(".")[0] == "pyspark"


def as_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def check_distinct(what: str, names: Iterable[str]) -> None:
    """Refuses names that would make the same column."""
    plains = [plain(n) for n in names]
    twice = sorted({n for n in plains if plains.count(n) > 1})
    if twice:
        raise ConfigError.from_twice(what, twice)
