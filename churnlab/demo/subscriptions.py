"""Simulated subscriptions: monthly contracts, renewed or not with a chance that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from churnlab.demo.simulation import START, rise
from churnlab.errors import ConfigError
from churnlab.events.event_log import EventLog
from churnlab.schema.days import to_timestamp, to_timestamps

PERIOD = 30  # days of a contract
PRICE = 9.99
_KINDS = ("regular", "sleeper", "fading")
_SHARES = (0.5, 0.2, 0.3)
_VISITS = {"regular": (0.25, 0.7), "sleeper": (0.0, 0.02), "fading": (0.25, 0.7)}  # chance a day
_RENEWS = {"regular": 0.97, "sleeper": 0.95, "fading": 0.97}
_FADED = 0.3  # the chance to renew after a decline
_LAG = 14  # days from the fall of the visits to that of the chance
_LEFT = 0.2  # what is left of the visits after a decline, as a share
_LATE = 0.2  # share of payments that come 1 to 5 days late
_DAY = 86_400  # seconds


@dataclass(frozen=True, eq=False)
class Subscriptions:
    """SIMULATED monthly subscriptions: `events`, `renewals` (user_id, renewal) and the `truth`.

    No real log has a truth. It has one row a renewal that was due in the log: user_id, renewal,
    `kind` of the person (regular, sleeper or fading), `chance` to renew, and `renewed`.

    >>> made = make_subscriptions(users=50, days=120)
    >>> list(made.events), list(made.renewals)
    (['user_id', 'ts', 'event', 'amount'], ['user_id', 'renewal'])
    """

    events: pd.DataFrame
    renewals: pd.DataFrame
    truth: pd.DataFrame
    days: int
    timezone: ClassVar[str] = "Asia/Shanghai"
    simulated: ClassVar[bool] = True
    roles: ClassVar[dict[str, list[str]]] = {"open": ["open"], "payment": ["payment"]}

    def log(self) -> EventLog:
        """The events as an EventLog with their roles; automatic payments are receipts, not acts.

        >>> make_subscriptions(users=50, days=120).log().daily().roles.names
        ('open', 'payment', 'other')
        """
        return EventLog.from_frame(
            self.events,
            user="user_id",
            time="ts",
            event="event",
            amount="amount",
            roles=self.roles,
            receipts=["payment"],
            timezone=self.timezone,
            until=to_timestamp(START + self.days),
        )

    def __repr__(self) -> str:
        return (
            f"Subscriptions(SIMULATED: {len(self.events):,} events, {len(self.renewals):,} "
            f"renewals of {self.renewals['user_id'].nunique():,} people over {self.days} days)"
        )


def make_subscriptions(users: int = 1500, days: int = 360, seed: int = 0) -> Subscriptions:
    """Simulated subscriptions of 30 days to a service, each renewed by a payment, or not.

    Regular people visit often and renew with a chance of 0.97. Sleepers pay and hardly ever visit,
    and renew nearly as often (0.95): silence alone is no sign here. Fading people are like regular
    ones until their visits fall to a fifth, within three weeks from an onset; two weeks later their
    chance to renew has fallen to 0.3. A fifth of the payments come up to five days late.

    The same arguments give the same events. ConfigError for fewer than 10 users or 90 days.

    >>> make_subscriptions(users=50, days=120)
    Subscriptions(SIMULATED: ... events, ... renewals of 50 people over 120 days)
    """
    if users < 10 or days < 90:
        given, wanted = (users, days), "at least 10 users and 90 days"
        raise ConfigError.from_range("make_subscriptions(users, days)", given, wanted)
    rng = np.random.default_rng(seed)
    people = _people(rng, users, days)
    due = _due(rng, people, days)
    events = _events(rng, people, due, days)
    named = due.assign(
        user_id=people["user_id"].to_numpy()[due["person"]],
        kind=people["kind"].to_numpy()[due["person"]],
        renewal=to_timestamps(START + due["day"].to_numpy()),
    ).sort_values(["renewal", "user_id"], ignore_index=True)
    truth = named.loc[named["day"] < days, ["user_id", "renewal", "kind", "chance", "renewed"]]
    return Subscriptions(events, named[["user_id", "renewal"]], truth, days)


def _people(rng: np.random.Generator, users: int, days: int) -> pd.DataFrame:
    """One row a person: day of joining, visits a day and chance to renew before any decline."""
    kind = rng.choice(_KINDS, users, p=_SHARES)
    joined = rng.integers(-300, days * 6 // 10, users)
    low, high = np.array([_VISITS[k] for k in kind]).T
    onset = np.maximum(joined, 0) + rng.integers(20, days, users)
    return pd.DataFrame(
        {
            "user_id": [f"s{i:05d}" for i in range(users)],
            "kind": kind,
            "joined": joined,
            "visits": rng.uniform(low, high),
            "renews": [_RENEWS[k] for k in kind],
            "onset": np.where(kind == "fading", onset, 10**6),
        }
    )


def _due(rng: np.random.Generator, people: pd.DataFrame, days: int) -> pd.DataFrame:
    """Every renewal from the log's first day up to each one's first after its end.

    Columns: person (a place), day, chance, renewed, paid (the day of the payment).
    """
    joined = people["joined"].to_numpy()
    day = joined + PERIOD * np.maximum(1, -(joined // PERIOD))
    there = np.ones(len(people), bool)
    rounds = []
    while (there & (day < days + PERIOD)).any():
        person = np.flatnonzero(there & (day < days + PERIOD))
        since = day[person] - people["onset"].to_numpy()[person]
        usual = people["renews"].to_numpy()[person]
        chance = usual - (usual - _FADED) * rise(since - _LAG)
        renewed = rng.random(len(person)) < chance
        late = np.where(rng.random(len(person)) < _LATE, rng.integers(1, 6, len(person)), 0)
        columns = {"person": person, "day": day[person], "chance": chance, "renewed": renewed}
        rounds.append(pd.DataFrame({**columns, "paid": day[person] + late}))
        there[person] = renewed & (day[person] < days)
        day = day + PERIOD
    return pd.concat(rounds, ignore_index=True).astype({"renewed": int})


def _events(
    rng: np.random.Generator, people: pd.DataFrame, due: pd.DataFrame, days: int
) -> pd.DataFrame:
    """Visits while the contract lasts, and the payments that fall into the log."""
    day = np.arange(days)
    lapsed = due[due["renewed"] == 0].set_index("person")["day"]
    ends = lapsed.reindex(range(len(people))).fillna(10**6).to_numpy()
    risen = rise(day - people["onset"].to_numpy()[:, None])
    chance = people["visits"].to_numpy()[:, None] * (1 - (1 - _LEFT) * risen)
    there = (day >= people["joined"].to_numpy()[:, None]) & (day < ends[:, None])
    person, when = np.nonzero(there & (rng.random(chance.shape) < chance))
    reads = rng.poisson(1.5, len(person))
    paid = due.loc[due["renewed"] == 1, ["person", "paid"]].to_numpy()
    first = np.column_stack([np.arange(len(people)), people["joined"]])
    paid = np.concatenate([paid, first])
    paid = paid[(paid[:, 1] >= 0) & (paid[:, 1] < days)]
    parts = [
        _rows(rng, person, when, "open"),
        _rows(rng, person.repeat(reads), when.repeat(reads), "read"),
        _rows(rng, paid[:, 0], paid[:, 1], "payment").assign(amount=PRICE),
    ]
    events = pd.concat(parts).sort_values("ts", kind="stable", ignore_index=True)
    events.insert(0, "user_id", people["user_id"].to_numpy()[events.pop("person")])
    events.attrs["simulated"] = True
    return events


def _rows(
    rng: np.random.Generator, person: np.ndarray, day: np.ndarray, event: str
) -> pd.DataFrame:
    """Events at random seconds of their days."""
    seconds = pd.to_timedelta(rng.integers(0, _DAY, len(day)), "s")
    stamps = pd.DatetimeIndex(to_timestamps(START + day)) + seconds
    return pd.DataFrame({"person": person, "ts": stamps, "event": event, "amount": np.nan})
