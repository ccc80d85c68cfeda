"""How the simulated community behaves: people, their decline, and events drawn day by day."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from churnlab.schema.days import day_number

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
KINDS = ("none", "session", "push", "social")
PEAK = 0.055  # daily chance to leave at the end of a decline
_LAG = 7  # days over which a decline becomes visible, before the chance to leave rises
_RAMP = 14  # days over which the chance to leave rises to its peak
# What is left of each kind of act at the end of its decline, as a share.
_FLOOR = {"session": 0.2, "push": 0.05, "social": 0.03}
_DAY = 86_400  # seconds


def rise(since: np.ndarray) -> np.ndarray:
    """How far the chance to leave has risen, by days since the onset.

    It is 0 until a week after the onset and 1 two weeks later.

    >>> rise(np.array([0, 7, 14, 21]))
    array([0. , 0. , 0.5, 1. ])
    """
    return np.clip((since - _LAG) / _RAMP, 0.0, 1.0)


def hazard(base: np.ndarray, risen: np.ndarray) -> np.ndarray:
    """The daily chance to leave: from `base` to the peak.

    >>> hazard(np.array([0.001]), np.array([1.0]))
    array([0.055])
    """
    return base + (PEAK - base) * risen


def draw_people(rng: np.random.Generator, users: int, days: int) -> pd.DataFrame:
    """One row a person: attributes, and habits while nothing is wrong."""
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


def draw_leaving(rng: np.random.Generator, people: pd.DataFrame, days: int) -> np.ndarray:
    """The first day without each person, int64[people]; `days` for those who stay."""
    day = np.arange(days)
    risen = rise(day[None, :] - people["onset"].to_numpy()[:, None])
    chance = hazard(people["base"].to_numpy()[:, None], risen)
    chance = np.where(day > people["registered"].to_numpy()[:, None], chance, 0)
    leaves = rng.random(chance.shape) < chance
    return np.where(leaves.any(axis=1), leaves.argmax(axis=1), days)


def levels(people: pd.DataFrame, days: int) -> dict[str, np.ndarray]:
    """What each kind of decline leaves of its acts, as a share, float64[people, days]."""
    day = np.arange(days)
    fading = np.clip((day[None, :] - people["onset"].to_numpy()[:, None]) / _LAG, 0.0, 1.0)
    return {
        kind: np.where((people["kind"] == kind).to_numpy()[:, None], 1 - (1 - floor) * fading, 1.0)
        for kind, floor in _FLOOR.items()
    }


@dataclass(eq=False)
class Events:
    """Draws the events of all people from their habits and their decline.

    `there` bool[people, days] says who is there on which day, `left` int64[people] is the first day
    without the person, `level` is what `levels` gives.
    """

    rng: np.random.Generator
    people: pd.DataFrame
    there: np.ndarray
    left: np.ndarray
    level: dict[str, np.ndarray]
    drawn: list[pd.DataFrame] = field(default_factory=list)

    def draw(self) -> pd.DataFrame:
        """All events, sorted by time: user_id, ts, event, amount."""
        sessions = self._sessions()
        self._steps(sessions)
        self._social(sessions)
        self._pushes(sessions)
        self._purchases(sessions)
        self._onboarding()
        events = pd.concat(self.drawn, ignore_index=True)
        events = events.sort_values(["second", "user", "event"], kind="stable", ignore_index=True)
        first = np.datetime64(int(START), "D").astype("datetime64[us]")
        stamps = first + (events["second"].to_numpy() * 1e6).astype("timedelta64[us]")
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
        columns = {"user": user, "second": np.floor(second), "event": event, "amount": amount}
        self.drawn.append(pd.DataFrame(columns))

    def _of(self, name: str, user: np.ndarray) -> np.ndarray:
        return self.people[name].to_numpy()[user]

    def _sessions(self) -> pd.DataFrame:
        """One row a session: user, day, start and length in seconds, and how short it has become.

        The start counts from the first day of the log.
        """
        habit = self.people["active"].to_numpy()[:, None]
        user, day = np.nonzero(self.there & (self.rng.random(self.there.shape) < habit))
        count = 1 + self.rng.poisson(self._of("sessions", user))
        user, day = np.repeat(user, count), np.repeat(day, count)
        hour = np.clip(self.rng.normal(self._of("hour", user), 3), 6, 22.5)
        short = self.level["session"][user, day]
        minutes = self._of("minutes", user) * self.rng.lognormal(0, 0.35, len(user))
        minutes = np.clip(minutes, 2, 50) * short
        return pd.DataFrame(
            {
                "user": user,
                "day": day,
                "start": day * _DAY + hour * 3600,
                "length": minutes * 60,
                "short": short,
            }
        )

    def _steps(self, sessions: pd.DataFrame) -> None:
        """An app_open, then content spread evenly over the session; the last event ends it."""
        user = sessions["user"].to_numpy()
        self._add(user, sessions["start"].to_numpy(), "app_open")
        count = 1 + self.rng.poisson((self._of("steps", user) - 1) * sessions["short"].to_numpy())
        row = np.repeat(np.arange(len(user)), count)
        place = np.arange(len(row)) - np.repeat(count.cumsum() - count, count) + 1
        share = place / count[row]
        second = sessions["start"].to_numpy()[row] + share * sessions["length"].to_numpy()[row]
        self._add(user[row], second, self.rng.choice(np.array(CONTENT), len(row)))

    def _inside(self, sessions: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
        """A moment inside the session of each row, in seconds."""
        share = self.rng.random(len(rows))
        return sessions["start"].to_numpy()[rows] + share * sessions["length"].to_numpy()[rows]

    def _social(self, sessions: pd.DataFrame) -> None:
        """Comments and likes inside sessions, and likes received at any time of any day."""
        user, day = sessions["user"].to_numpy(), sessions["day"].to_numpy()
        count = self.rng.poisson(self._of("social", user) * self.level["social"][user, day])
        rows = np.repeat(np.arange(len(user)), count)
        second = self._inside(sessions, rows)
        names = self.rng.choice(np.array(["like", "comment"]), len(rows), p=[0.92, 0.08])
        self._add(user[rows], second, names)
        user, day = np.nonzero(self.there)
        count = self.rng.poisson(0.4 * self._of("social", user))
        user, day = np.repeat(user, count), np.repeat(day, count)
        self._add(user, day * _DAY + self.rng.random(len(day)) * 86_399, "like_received")

    def _pushes(self, sessions: pd.DataFrame) -> None:
        """Pushes to all registered people, and for a month to those who left.

        On days with a session some of them are opened.
        """
        day = np.arange(self.there.shape[1])
        registered = day >= self.people["registered"].to_numpy()[:, None]
        user, sent = np.nonzero(registered & (day < self.left[:, None] + 30))
        count = self.rng.poisson(self._of("pushes", user))
        user, sent = np.repeat(user, count), np.repeat(sent, count)
        self._add(user, sent * _DAY + (6 + 2 * self.rng.random(len(user))) * 3600, "push_sent")
        first = sessions.drop_duplicates(["user", "day"]).set_index(["user", "day"])["start"]
        start = first.reindex(pd.MultiIndex.from_arrays([user, sent])).to_numpy()
        chance = self._of("opens", user) * self.level["push"][user, sent]
        opened = (self.rng.random(len(user)) < chance) & ~np.isnan(start)
        turn = pd.Series(start[opened]).groupby([user[opened], sent[opened]]).cumcount().to_numpy()
        self._add(user[opened], start[opened] + 5 * turn, "push_open")

    def _purchases(self, sessions: pd.DataFrame) -> None:
        user = sessions["user"].to_numpy()
        rows = np.flatnonzero(self.rng.random(len(user)) < self._of("buys", user))
        second = self._inside(sessions, rows)
        amount = self.rng.lognormal(3, 0.8, len(rows)).round(2)
        self._add(user[rows], second, "purchase", amount)

    def _onboarding(self) -> None:
        """One to five steps in the first days of each person who registers while the log runs."""
        new = np.flatnonzero(self.people["registered"].to_numpy() >= 0)
        user = np.repeat(new, self.rng.integers(1, 6, len(new)))
        day = self._of("registered", user) + self.rng.integers(0, 3, len(user))
        kept = day < self.there.shape[1]
        user, day = user[kept], day[kept]
        here = self.there[user, day]
        second = day * _DAY + (8 + 12 * self.rng.random(len(day))) * 3600
        self._add(user[here], second[here], "onboarding_step")
