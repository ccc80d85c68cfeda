"""Data to try things on: a simulated community whose truth is known, and real purchases."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from churnlab.errors import ConfigError
from churnlab.events.event_log import EventLog
from churnlab.schema.days import day_number, day_numbers, to_timestamps

START = day_number("2026-01-01")
CONTENT = (
    "view_post",
    "watch_video",
    "search",
    "view_profile",
    "open_topic",
    "view_ranking",
    "open_album",
    "read_news",
)
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
KINDS = ("none", "session", "push", "social")
_RAMP = 14
_LAG = 7
_PEAK = 0.055
_FLOOR = {"session": 0.2, "push": 0.05, "social": 0.03}


def load_cdnow() -> pd.DataFrame:
    """The real CDNOW purchases: 69,659 of 23,570 people, January 1997 to June 1998 (origin and terms: churnlab/demo/data/README.md).

    Columns: user_id (text with leading zeros), ts (the day, no time of day), event ("purchase"), quantity, amount (US dollars).

    >>> len(load_cdnow())
    69659
    """
    with as_file(files("churnlab.demo") / "data" / "cdnow.parquet") as path:
        frame = pq.read_table(path, page_checksum_verification=True).to_pandas()
    frame["user_id"] = frame["user_id"].astype(str)
    frame.insert(1, "ts", pd.to_datetime(frame.pop("day")).astype("datetime64[us]"))
    frame.insert(2, "event", "purchase")
    return frame


@dataclass(frozen=True, eq=False)
class Community:
    """A SIMULATED community app: `events`, static attributes `users`, and the `truth` that no real log has.

    `truth` has a row a person: user_id, kind of planted decline (none, session, push, social), registered, onset (the day the
    decline begins), left_on (the first day on which they will never act again) and base (their daily chance to leave before).
    """

    events: pd.DataFrame
    users: pd.DataFrame
    truth: pd.DataFrame
    days: int
    timezone: ClassVar[str] = "Asia/Shanghai"
    simulated: ClassVar[bool] = True
    roles: ClassVar[dict[str, list[str]]] = ROLES

    def log(self) -> EventLog:
        """The events as an EventLog with their roles."""
        return EventLog.from_frame(
            self.events,
            user="user_id",
            time="ts",
            event="event",
            amount="amount",
            roles=ROLES,
            timezone=self.timezone,
        )

    def hazard(self, day: pd.Timestamp | str | int) -> pd.Series:
        """The true chance to leave on a day, by user_id; missing for those not yet there or gone."""
        t = day_number(day)
        ramp = _ramp(t - day_numbers(self.truth["onset"].fillna(pd.Timestamp("2200-01-01"))))
        left = day_numbers(self.truth["left_on"].fillna(pd.Timestamp("2200-01-01")))
        there = (day_numbers(self.truth["registered"]) <= t) & (left > t)
        value = self.truth["base"].to_numpy() + (_PEAK - self.truth["base"].to_numpy()) * ramp
        return pd.Series(
            np.where(there, value, np.nan), index=pd.Index(self.truth["user_id"], name="user_id")
        )

    def high_hazard(self, day: pd.Timestamp | str | int) -> pd.Series:
        """The true hazard class: 1 where the chance to leave has risen at least half-way to its peak, 0 else, missing as above."""
        hazard = self.hazard(day)
        return (hazard >= _PEAK / 2).astype(float).where(hazard.notna())

    def __repr__(self) -> str:
        return f"Community(SIMULATED: {len(self.events):,} events of {len(self.users):,} people over {self.days} days)"


def make_community(users: int = 2000, days: int = 240, seed: int = 0) -> Community:
    """Simulates a community app with sessions, pushes, social acts, purchases, onboarding and channels.

    About a third of the people get one planted decline: their sessions shorten, their pushes go unopened or their social acts dry
    up, within a week from an onset; then, over two weeks, the daily chance to leave rises from about 0.001 to 0.055. Leaving is silence.
    The same arguments give the same events. ConfigError for fewer than 10 users or 30 days.

    >>> make_community(users=50, days=60)
    Community(SIMULATED: ... events of 50 people over 60 days)
    """
    if users < 10 or days < 30:
        raise ConfigError.from_range(
            "make_community(users, days)", (users, days), "at least 10 users and 30 days"
        )
    rng = np.random.default_rng(seed)
    people = _people(rng, users, days)
    day = np.arange(days)
    ramp = _ramp(day[None, :] - people["onset"].to_numpy()[:, None])
    left = _left(rng, people, ramp)
    there = (day >= people["registered"].to_numpy()[:, None]) & (day < left[:, None])
    fading = np.clip((day[None, :] - people["onset"].to_numpy()[:, None]) / _LAG, 0.0, 1.0)
    level = {
        k: np.where((people["kind"] == k).to_numpy()[:, None], 1 - (1 - _FLOOR[k]) * fading, 1.0)
        for k in KINDS[1:]
    }
    events = _Events(rng, people, there, level).make(left)
    events.attrs["simulated"] = True
    registered = to_timestamps(START + people["registered"].to_numpy())
    truth = pd.DataFrame(
        {
            "user_id": people["user_id"],
            "kind": people["kind"],
            "registered": registered,
            "onset": _stamps(people["onset"].to_numpy(), people["onset"].to_numpy() < days),
            "left_on": _stamps(left, left < days),
            "base": people["base"],
        }
    )
    return Community(events, people[["user_id", "channel", "age_band"]], truth, days)


def _ramp(since: np.ndarray) -> np.ndarray:
    """How far the chance to leave has risen: from 0 a week after the onset to 1 two weeks later."""
    return np.clip((since - _LAG) / _RAMP, 0.0, 1.0)


def _stamps(day: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.where(known, to_timestamps(START + np.where(known, day, 0)), np.datetime64("NaT"))


def _people(rng: np.random.Generator, users: int, days: int) -> pd.DataFrame:
    """Who they are and what they are like when nothing is wrong."""
    registered = np.where(
        rng.random(users) < 0.5,
        rng.integers(-200, 1, users),
        rng.integers(0, max(1, days * 6 // 10), users),
    )
    kind = rng.choice(KINDS, users, p=[0.64, 0.12, 0.12, 0.12])
    first = np.maximum(registered, 0) + 35
    onset = np.where(kind == "none", 10**6, first + rng.integers(0, max(1, days - 50), users))
    return pd.DataFrame(
        {
            "user_id": [f"u{i:06d}" for i in range(users)],
            "kind": kind,
            "registered": registered,
            "onset": onset,
            "channel": rng.choice(
                ["organic", "ads", "referral", "campus"], users, p=[0.4, 0.3, 0.2, 0.1]
            ),
            "age_band": rng.choice(["18-24", "25-34", "35+"], users),
            "base": 0.0008 * rng.lognormal(0.3, 0.4, users),
            "active": np.clip(rng.normal(0.55, 0.17, users), 0.25, 0.95),
            "sessions": rng.gamma(4, 0.2, users),
            "minutes": np.clip(rng.lognormal(2.3, 0.35, users), 5, 30),
            "steps": rng.uniform(4, 8, users),
            "social": np.clip(rng.lognormal(0.8, 0.5, users), 0.8, 8),
            "opens": rng.uniform(0.55, 0.9, users),
            "pushes": rng.uniform(0.8, 1.6, users),
            "hour": rng.normal(18.5, 2.5, users),
            "buys": np.where(rng.random(users) < 0.35, rng.uniform(0.02, 0.12, users), 0),
        }
    )


def _left(rng: np.random.Generator, people: pd.DataFrame, ramp: np.ndarray) -> np.ndarray:
    """The first day without the person, int64[users]; a day past the end for those who stay."""
    base = people["base"].to_numpy()[:, None]
    hazard = base + (_PEAK - base) * ramp
    day = np.arange(ramp.shape[1])
    hazard = np.where(day > people["registered"].to_numpy()[:, None], hazard, 0)
    leaves = rng.random(ramp.shape) < hazard
    return np.where(leaves.any(axis=1), leaves.argmax(axis=1), ramp.shape[1])


class _Events:
    """Draws events day by day for everybody at once, from what people are like and how far their decline has gone."""

    def __init__(
        self,
        rng: np.random.Generator,
        people: pd.DataFrame,
        there: np.ndarray,
        level: dict[str, np.ndarray],
    ) -> None:
        self.rng, self.people, self.there, self.level = rng, people, there, level
        self.parts: list[pd.DataFrame] = []

    def make(self, left: np.ndarray) -> pd.DataFrame:
        """All events, sorted by time."""
        self.active = self.there & (
            self.rng.random(self.there.shape) < self.people["active"].to_numpy()[:, None]
        )
        sessions = self._sessions()
        self._steps(sessions)
        self._social(sessions)
        self._pushes(sessions, left)
        self._purchases(sessions)
        self._onboarding()
        events = pd.concat(self.parts, ignore_index=True)
        events = events.sort_values(["second", "user", "event"], kind="stable", ignore_index=True)
        stamps = np.datetime64(int(START), "D").astype("datetime64[us]") + (
            events["second"].to_numpy() * 1e6
        ).astype("timedelta64[us]")
        return pd.DataFrame(
            {
                "user_id": self.people["user_id"].to_numpy()[events["user"]],
                "ts": stamps,
                "event": events["event"].astype(str),
                "amount": events["amount"],
            }
        )

    def _add(
        self,
        user: np.ndarray,
        second: np.ndarray,
        event: np.ndarray | str,
        amount: np.ndarray | float = np.nan,
    ) -> None:
        self.parts.append(
            pd.DataFrame(
                {"user": user, "second": np.floor(second), "event": event, "amount": amount}
            )
        )

    def _of(self, name: str, user: np.ndarray) -> np.ndarray:
        return self.people[name].to_numpy()[user]

    def _sessions(self) -> pd.DataFrame:
        """One row a session: user, day, start (seconds from the first day), length (seconds), level of shortening."""
        user, day = np.nonzero(self.active)
        count = 1 + self.rng.poisson(self._of("sessions", user))
        user, day = np.repeat(user, count), np.repeat(day, count)
        hour = np.clip(self.rng.normal(self._of("hour", user), 3), 6, 22.5)
        short = self.level["session"][user, day]
        minutes = (
            np.clip(self._of("minutes", user) * self.rng.lognormal(0, 0.35, len(user)), 2, 50)
            * short
        )
        return pd.DataFrame(
            {
                "user": user,
                "day": day,
                "start": day * 86_400 + hour * 3600,
                "length": minutes * 60,
                "short": short,
            }
        )

    def _steps(self, sessions: pd.DataFrame) -> None:
        """An app_open, then content spread over the session, its last event at the end."""
        user = sessions["user"].to_numpy()
        self._add(user, sessions["start"].to_numpy(), "app_open")
        count = 1 + self.rng.poisson((self._of("steps", user) - 1) * sessions["short"].to_numpy())
        row = np.repeat(np.arange(len(user)), count)
        place = np.arange(len(row)) - np.repeat(count.cumsum() - count, count) + 1
        share = place / count[row]
        second = sessions["start"].to_numpy()[row] + share * sessions["length"].to_numpy()[row]
        self._add(user[row], second, self.rng.choice(np.array(CONTENT), len(row)))

    def _inside(self, sessions: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
        return (
            sessions["start"].to_numpy()[rows]
            + self.rng.random(len(rows)) * sessions["length"].to_numpy()[rows]
        )

    def _social(self, sessions: pd.DataFrame) -> None:
        """Comments and likes inside sessions; likes received at any time of the day, whether the person is there or not."""
        user, day = sessions["user"].to_numpy(), sessions["day"].to_numpy()
        rows = np.repeat(
            np.arange(len(user)),
            self.rng.poisson(self._of("social", user) * self.level["social"][user, day]),
        )
        self._add(
            user[rows],
            self._inside(sessions, rows),
            self.rng.choice(np.array(["like", "comment"]), len(rows), p=[0.92, 0.08]),
        )
        user, day = np.nonzero(self.there)
        count = self.rng.poisson(0.4 * self._of("social", user))
        user, day = np.repeat(user, count), np.repeat(day, count)
        self._add(user, day * 86_400 + self.rng.random(len(day)) * 86_399, "like_received")

    def _pushes(self, sessions: pd.DataFrame, left: np.ndarray) -> None:
        """Pushes go to everybody registered and for a month to those who left; on active days some are opened."""
        day = np.arange(self.there.shape[1])
        reached = (day >= self.people["registered"].to_numpy()[:, None]) & (
            day < left[:, None] + 30
        )
        user, sent = np.nonzero(reached)
        count = self.rng.poisson(self._of("pushes", user))
        user, sent = np.repeat(user, count), np.repeat(sent, count)
        self._add(user, sent * 86_400 + (6 + 2 * self.rng.random(len(user))) * 3600, "push_sent")
        first = sessions.drop_duplicates(["user", "day"]).set_index(["user", "day"])["start"]
        start = first.reindex(pd.MultiIndex.from_arrays([user, sent])).to_numpy()
        opened = (
            self.rng.random(len(user)) < self._of("opens", user) * self.level["push"][user, sent]
        ) & ~np.isnan(start)
        turn = pd.Series(start[opened]).groupby([user[opened], sent[opened]]).cumcount().to_numpy()
        self._add(user[opened], start[opened] + 5 * turn, "push_open")

    def _purchases(self, sessions: pd.DataFrame) -> None:
        user = sessions["user"].to_numpy()
        rows = np.flatnonzero(self.rng.random(len(user)) < self._of("buys", user))
        self._add(
            user[rows],
            self._inside(sessions, rows),
            "purchase",
            self.rng.lognormal(3, 0.8, len(rows)).round(2),
        )

    def _onboarding(self) -> None:
        """Up to five steps in the first days of those who register while the log runs."""
        new = np.flatnonzero(self.people["registered"].to_numpy() >= 0)
        user = np.repeat(new, self.rng.integers(1, 6, len(new)))
        day = self._of("registered", user) + self.rng.integers(0, 3, len(user))
        kept = day < self.there.shape[1]
        user, day = user[kept], day[kept]
        here = self.there[user, day]
        self._add(
            user[here],
            (day * 86_400 + (8 + 12 * self.rng.random(len(day))) * 3600)[here],
            "onboarding_step",
        )
