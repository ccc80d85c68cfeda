"""Data to try things on: a simulated community and simulated subscriptions, and real purchases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from churnlab.demo.planted import plant_kinds, robots
from churnlab.demo.simulation import (
    CONTENT,
    PEAK,
    START,
    Events,
    draw_leaving,
    draw_people,
    hazard,
    levels,
    rise,
)
from churnlab.demo.subscriptions import Subscriptions as Subscriptions
from churnlab.demo.subscriptions import make_subscriptions as make_subscriptions
from churnlab.demo.treatments import CommunityExperiment as CommunityExperiment
from churnlab.demo.treatments import planted
from churnlab.errors import ConfigError
from churnlab.events.event_log import EventLog
from churnlab.schema.days import day_number, day_numbers, to_timestamp, to_timestamps

ROLES: dict[str, list[str]] = {
    "open": ["app_open"],
    "content": list(CONTENT),
    "social": ["comment", "like"],
    "social_received": ["like_received"],
    "push_sent": ["push_sent"],
    "push_opened": ["push_open"],
    "purchase": ["purchase"],
    "onboarding": ["onboarding_step"],
}
_NEVER = pd.Timestamp("2200-01-01")


def load_cdnow() -> pd.DataFrame:
    """The real CDNOW purchases: 69,659 of 23,570 people, January 1997 to June 1998.

    Columns: user_id (text with leading zeros), ts (the day, without a time of day), event
    ("purchase"), quantity, amount (US dollars). Origin and terms: churnlab/demo/data/README.md.

    >>> frame = load_cdnow()
    >>> len(frame), list(frame)
    (69659, ['user_id', 'ts', 'event', 'quantity', 'amount'])
    """
    with as_file(files("churnlab.demo") / "data" / "cdnow.parquet") as path:
        frame = pq.read_table(path, page_checksum_verification=True).to_pandas()
    frame["user_id"] = frame["user_id"].astype(str)
    frame.insert(1, "ts", pd.to_datetime(frame.pop("day")).astype("datetime64[us]"))
    frame.insert(2, "event", "purchase")
    return frame


@dataclass(frozen=True, eq=False)
class Community:
    """A SIMULATED community app: `events`, static attributes `users`, and the `truth`.

    No real log has a truth. It has one row a person:

    | column | meaning |
    |---|---|
    | `user_id` | the person |
    | `kind` | kind of planted decline: none, session, push or social |
    | `registered` | day of registration |
    | `onset` | day on which the decline begins; missing for none |
    | `left_on` | first day on which the person never acts again; missing for those who stay |
    | `base` | daily chance to leave before any decline |
    | `of_kind` | kind of habits, where several were planted |
    | `script` | what a planted robot does; missing for real people |

    `devices` has the device and the address of each account, where robots were planted.

    >>> community = make_community(users=50, days=60)
    >>> list(community.events), community.truth["kind"].nunique()
    (['user_id', 'ts', 'event', 'amount'], 4)
    """

    events: pd.DataFrame
    users: pd.DataFrame
    truth: pd.DataFrame
    days: int
    devices: pd.DataFrame | None = None
    timezone: ClassVar[str] = "Asia/Shanghai"
    simulated: ClassVar[bool] = True
    roles: ClassVar[dict[str, list[str]]] = ROLES

    def log(self) -> EventLog:
        """The events as an EventLog with their roles.

        >>> make_community(users=50, days=60).log()
        EventLog(... events of 50 people, 2026-01-01 to 2026-03-01, Asia/Shanghai; duplicates 57)
        """
        return EventLog.from_frame(
            self.events,
            user="user_id",
            time="ts",
            event="event",
            amount="amount",
            roles=ROLES,
            timezone=self.timezone,
            until=to_timestamp(START + self.days),
        )

    def hazard(self, day: pd.Timestamp | str | int) -> pd.Series:
        """The true chance to leave on a day, by user_id; missing for people not there on that day.

        >>> chance = make_community(users=50, days=60).hazard("2026-02-01")
        >>> bool((chance.dropna() < 0.055).all())
        True
        """
        t = day_number(day)
        base = self.truth["base"].to_numpy()
        left = day_numbers(self.truth["left_on"].fillna(_NEVER))
        there = (day_numbers(self.truth["registered"]) <= t) & (left > t)
        risen = rise(t - day_numbers(self.truth["onset"].fillna(_NEVER)))
        chance = np.where(there, hazard(base, risen), np.nan)
        return pd.Series(chance, index=pd.Index(self.truth["user_id"], name="user_id"))

    def high_hazard(self, day: pd.Timestamp | str | int) -> pd.Series:
        """1.0 where the true chance to leave has risen half-way to its peak or more, else 0.0.

        Missing for people not there on that day.

        >>> int(make_community(users=50, days=60).high_hazard("2026-02-01").sum())
        0
        """
        found = self.hazard(day)
        return (found >= PEAK / 2).astype(float).where(found.notna())

    def __repr__(self) -> str:
        return (
            f"Community(SIMULATED: {len(self.events):,} events of {len(self.users):,} people "
            f"over {self.days} days)"
        )


def make_community(
    users: int = 2000, days: int = 240, seed: int = 0, *, kinds: int = 1, bots: int = 0
) -> Community:
    """A simulated community app with sessions, pushes, social acts, purchases and onboarding.

    About a third of the people get one planted decline: their sessions become shorter, their pushes
    stay unopened or their social acts stop, within a week from an onset. Then, over two weeks, the
    daily chance to leave rises from about 0.001 to 0.055. A person who left does nothing more.

    With `kinds` 2 or 3, people are of so many kinds by their habits, and have a device and a region
    that go with it (`demo.planted`). `bots` accounts are robots, beside the `users`.

    The same arguments give the same events. ConfigError for fewer than 10 users or 30 days, other
    `kinds` than 1 to 3 and fewer than 0 bots.

    >>> make_community(users=50, days=60)
    Community(SIMULATED: ... events of 50 people over 60 days)
    >>> make_community(users=50, days=60, bots=4).devices["user_id"].iloc[-1]
    'r000003'
    """
    _check(users, days, kinds, bots)
    rng = np.random.default_rng(seed)
    people = draw_people(rng, users, days)
    left = draw_leaving(rng, people, days)
    more = []
    if kinds > 1:
        people = plant_kinds(np.random.default_rng((seed, 1)), people, kinds)
        more = ["device", "region"]
    day = np.arange(days)
    there = (day >= people["registered"].to_numpy()[:, None]) & (day < left[:, None])
    events = Events(rng, people, there, left, levels(people, days)).draw()
    attributes = people[["user_id", "channel", "age_band", *more]]
    community = Community(events, attributes, _truth(people, left, days), days)
    found = _with_bots(community, bots, np.random.default_rng((seed, 2))) if bots else community
    found.events.attrs["simulated"] = True
    return found


def _check(users: int, days: int, kinds: int, bots: int) -> None:
    if users < 10 or days < 30:
        given, wanted = (users, days), "at least 10 users and 30 days"
        raise ConfigError.from_range("make_community(users, days)", given, wanted)
    if not 1 <= kinds <= 3 or bots < 0:
        given, wanted = (kinds, bots), "1 to 3 kinds and 0 or more bots"
        raise ConfigError.from_range("make_community(kinds, bots)", given, wanted)


def _with_bots(community: Community, bots: int, rng: np.random.Generator) -> Community:
    """The community with robots among its events, people and truth, and everybody's device."""
    made, devices, scripts = robots(rng, bots, community.days)
    first = np.datetime64(int(START), "D").astype("datetime64[us]")
    ts = first + (made["second"].to_numpy(np.float64) * 1e6).astype("timedelta64[us]")
    events = pd.concat([community.events, made.drop(columns="second").assign(ts=ts)])
    ids = community.users["user_id"]
    flats = rng.integers(0, max(1, len(ids) // 2), len(ids))
    own = pd.DataFrame({"user_id": ids, "device": "d-" + ids, "address": flats.astype(str)})
    there = pd.DataFrame({"user_id": devices["user_id"], "channel": "ads"})
    return replace(
        community,
        events=events.sort_values(["ts", "user_id"], kind="stable", ignore_index=True),
        users=pd.concat([community.users, there], ignore_index=True),
        truth=community.truth.merge(scripts, on="user_id", how="outer"),
        devices=pd.concat([own, devices], ignore_index=True),
    )


def make_experiment(users: int = 4000, days: int = 120, seed: int = 0) -> CommunityExperiment:
    """A simulated experiment in `make_community`, 29 days before the end of its log.

    People are steady, fading (they keep a third of their active days) or gone for a month or more.
    Chance gives 40% nothing, and 20% each a gift (4.00), news of the product (1.00) or a message
    (0.10). The gift raises the chance of the fading to come back by 20 points on average, the news
    that of those gone by 12, and the message lowers that of the fading by 12; nothing else does
    anything. The same arguments give the same experiment. ConfigError for fewer than 100 users or
    90 days.

    >>> make_experiment(users=300, days=90)
    CommunityExperiment(SIMULATED: ... people, none against gift, update, message on 2026-03-03)
    """
    if users < 100 or days < 90:
        given, wanted = (users, days), "at least 100 users and 90 days"
        raise ConfigError.from_range("make_experiment(users, days)", given, wanted)
    return planted(make_community(users, days, seed), seed)


def _truth(people: pd.DataFrame, left: np.ndarray, days: int) -> pd.DataFrame:
    onset = people["onset"].to_numpy()
    return pd.DataFrame(
        {
            "user_id": people["user_id"],
            "kind": people["kind"],
            "registered": to_timestamps(START + people["registered"].to_numpy()),
            "onset": _stamps(onset, onset < days),
            "left_on": _stamps(left, left < days),
            "base": people["base"],
            **({"of_kind": people["of_kind"]} if "of_kind" in people else {}),
        }
    )


def _stamps(day: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Days of the log as timestamps, missing where they are not known."""
    return np.where(known, to_timestamps(START + np.where(known, day, 0)), np.datetime64("NaT"))
