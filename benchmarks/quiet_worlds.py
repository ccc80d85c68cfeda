"""Quiet worlds for benchmarks/guards.py: logs in which nothing goes wrong, of several kinds.

Communities come from `make_community`; half of its people join within the first 60% of the days.
The shop is drawn here: bursts of few customers, and amounts of which one order may be as dear as a
hundred others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from churnlab.demo.datasets import ROLES, START, Community, make_community
from churnlab.schema.days import to_timestamp, to_timestamps

NEWCOMERS = 0.6  # of the days of a community: afterwards nobody joins


@dataclass(frozen=True, eq=False)
class World:
    """A log without an accident; `first` days lie before the first night of `nights`."""

    events: pd.DataFrame
    users: pd.DataFrame | None
    first: int
    nights: int
    roles: Mapping[str, list[str]]
    timezone: str = Community.timezone
    active_within: int = 60
    churn_horizon: int = 30


def plain(people: int, seed: int, first: int, nights: int) -> World:
    """A community as it is: newcomers in its first 60%."""
    return _world(make_community(people, first + nights, seed), first, nights)


def no_newcomers(people: int, seed: int, first: int, nights: int) -> World:
    """Everybody is there from the first day on."""
    community = make_community(2 * people, first + nights, seed)
    old = community.truth["registered"] <= to_timestamp(START)
    return _world(community, first, nights, community.truth["user_id"][old].head(people))


def steady(people: int, seed: int, first: int, nights: int) -> World:
    """Newcomers on all days."""
    community = make_community(people, int((first + nights) / NEWCOMERS) + 2, seed)
    return _world(community, first, nights)


def growth(people: int, seed: int, first: int, nights: int) -> World:
    """Ever more newcomers, so that within a year there are about twice as many people."""
    days = first + nights
    community = make_community(2 * people, int(days / NEWCOMERS) + 2, seed)
    joined = (community.truth["registered"] - to_timestamp(START)).dt.days.to_numpy()
    share = np.where(joined <= 0, 0.5, np.clip(joined / days, 0, 1) * 1.5 + 0.2)
    kept = np.random.default_rng(seed).random(len(joined)) < share
    return _world(community, first, nights, community.truth["user_id"][kept])


def season(people: int, seed: int, first: int, nights: int) -> World:
    """Half of the acts from Monday to Friday, and half of those at the low point of a year."""
    world = plain(people, seed, first, nights)
    ts = world.events["ts"]
    year = (ts.dt.normalize() - to_timestamp(START)).dt.days.to_numpy() / 365
    share = np.where(ts.dt.dayofweek >= 5, 1.0, 0.5)
    share = share * (0.75 + 0.25 * np.sin(2 * np.pi * year + 1))
    kept = np.random.default_rng(seed).random(len(ts)) < share
    return replace(world, events=world.events[kept].reset_index(drop=True))


def few_leavers(people: int, seed: int, first: int, nights: int) -> World:
    """Four of five people who leave are left out."""
    community = make_community(2 * people, first + nights, seed)
    stay = community.truth["left_on"].isna() | (
        np.random.default_rng(seed).random(len(community.truth)) < 0.2
    )
    return _world(community, first, nights, community.truth["user_id"][stay].head(people))


def shop(people: int, seed: int, first: int, nights: int) -> World:
    """A shop whose customers come in bursts, some much more than others, and pay uneven amounts."""
    rng, days = np.random.default_rng(seed), first + nights
    since = np.where(rng.random(people) < 0.5, 0, rng.integers(0, days, people))
    until = np.minimum(days, since + rng.exponential(rng.gamma(2, 150, people)) + 1)
    rate = 0.08 * rng.gamma(1.2, 1 / 1.2, people) + 0.02
    weekday = np.array([1.0, 0.9, 0.9, 1.0, 1.4, 1.9, 1.6])[(np.arange(days) + 3) % 7]
    there = (np.arange(days) >= since[:, None]) & (np.arange(days) < until[:, None])
    who, day = np.nonzero(rng.poisson(rate[:, None] * weekday * there))
    at = day * 86400 + np.clip(rng.normal(rng.normal(14, 4, people)[who], 2.5), 0, 22) * 3600
    views = 1 + rng.negative_binomial(1, 0.15, len(who))
    buys = rng.random(len(who)) < 0.25
    pages = pd.DataFrame({"who": np.repeat(who, views), "at": np.repeat(at, views)})
    pages["at"] += rng.random(len(pages)) * 1800
    paid = np.round(rng.lognormal(3, 1.8, buys.sum()), 2)
    orders = pd.DataFrame({"who": who[buys], "at": at[buys] + 1800, "amount": paid})
    found = pd.concat([pages.assign(event="page"), orders.assign(event="checkout")])
    found = found.sort_values("at", ignore_index=True)
    first_day = to_timestamps(np.array([START]))[0]
    events = pd.DataFrame(
        {
            "user_id": [f"C-{each:05d}" for each in found["who"]],
            "ts": first_day + (found["at"].to_numpy() * 1e6).astype("timedelta64[us]"),
            "event": found["event"].astype(str),
            "amount": found["amount"],
        }
    )
    roles = {"content": ["page"], "purchase": ["checkout"]}
    return World(events, None, first, nights, roles, "Europe/Berlin", 90, 45)


def _world(community: Community, first: int, nights: int, people: pd.Series | None = None) -> World:
    """The days of a community up to the last night, of all people or of some."""
    events, users = community.events, community.users
    if people is not None:
        events = events[events["user_id"].isin(people)]
        users = users[users["user_id"].isin(people)].reset_index(drop=True)
    events = events[events["ts"] < to_timestamp(START + first + nights)]
    return World(events.reset_index(drop=True), users, first, nights, ROLES)


KINDS = {each.__name__: each
         for each in (plain, no_newcomers, steady, growth, season, few_leavers, shop)}  # fmt: skip
