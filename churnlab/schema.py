"""Roles, days and money units: the vocabulary of the log, and the one place that turns times into days.

A day is a whole number, the days since 1970-01-01 of the log's local calendar. A window is written `[t - w, t)`:
a day `d` is inside when `t - w <= d < t`. Money and numeric properties are whole numbers too, of a millionth of
their unit, so that sums are exact whatever their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError, LogError

MICRO = 1_000_000
DAY_MICROS = 86_400 * MICRO
SESSION_GAP_MICROS = 30 * 60 * MICRO
AMOUNT_LIMIT = 1e10
STANDARD_ROLES = ("open", "content", "social", "social_received", "push_sent", "push_opened", "purchase", "onboarding")
RECEIPT_ROLES = frozenset({"push_sent", "social_received"})
OTHER = "other"


def day_number(when: str | date | datetime | pd.Timestamp | np.datetime64 | int) -> int:
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
    return (stamp.tz_localize(None) - pd.Timestamp(0)).days


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
    def of(cls, given: Mapping[str, str | Iterable[str]] | None, present: Iterable[str],
           receipts: Iterable[str] = (), ignore: Iterable[str] = ()) -> Roles:
        """Roles as the user names them, checked against the names that the log holds.

        `given` None means: events that carry the name of a standard role take it. `receipts` names roles, or events that are
        then no acts whatever their role. Raises LogError when a role or a receipt has no event in the log, ConfigError when two
        names are the same as columns.
        """
        present, ignored, named = set(present), frozenset(as_names(ignore)), as_names(receipts)
        if given is None:
            events: dict[str, tuple[str, ...]] = {role: (role,) for role in STANDARD_ROLES if role in present - ignored}
        else:
            check_distinct("role", given)
            events = {plain(role): as_names(names) for role, names in given.items()}
        alone = [n for n in named if n not in events and not any(n in names for names in events.values())]
        check_distinct("role", [*events, *alone])
        events |= {plain(n): (n,) for n in alone}
        roles = cls(events, RECEIPT_ROLES | (set(named) & events.keys()), frozenset(named) - events.keys() | frozenset(alone), ignored)
        roles._check(present)
        return roles

    def _check(self, present: set[str]) -> None:
        for role, names in self.events.items():
            if not present.intersection(names):
                raise LogError.from_role_without_event(role, names, present)

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


def as_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def check_distinct(what: str, names: Iterable[str]) -> None:
    """Refuses names that would make the same column."""
    plains = [plain(n) for n in names]
    twice = sorted({n for n in plains if plains.count(n) > 1})
    if twice:
        raise ConfigError.from_twice(what, twice)
