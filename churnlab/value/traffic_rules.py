"""Rules by which traffic looks automated, and what a person's days say to each of them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.errors import ConfigError, FrameError
from churnlab.schema.days import before, contains, day_numbers

_HOUR = 3.6e9  # microseconds
_MINUTE = 6e7
_NEAR = 0.05  # how close a day's acts are to the median of a clockwork
_PARTS = ("night", "morning", "afternoon", "evening")
SINCE = "since"


@dataclass(frozen=True)
class TrafficRules:
    """Thresholds over the days `[t - window, t)`; 0 turns a rule off.

    | key | default | a person is flagged with |
    |---|---|---|
    | `window` | 28 | days that are looked at |
    | `least_acts` | 30 | people with fewer acts are asked for device and address alone |
    | `accounts_per_device` | 5 | a device that so many accounts or more use |
    | `accounts_per_address` | 20 | an address that so many accounts or more use |
    | `acts_per_day` | 1,000 | so many acts or more on one day |
    | `acts_per_minute` | 60 | so many acts or more a minute of session, over the window, of |
    | | | `least_acts` or more; the first act of a session does not count, since it takes no time |
    | `hours_per_day` | 20 | sessions of so many hours or more on one day |
    | `clockwork` | 0.8 | 5 acts a day or more that stay within 5% of their median on so large a |
    | | | share of 10 active days or more, or 8 equal gaps of 2 days or more |
    | `no_session` | 50 | so many acts or more, no two of which are in one session |
    | `forest` | 0.7 | an isolation forest's score of so much or more, 0 to 1 |
    | `most` | 0.2 | a rule that would flag a larger share of people is not used, and this is said |

    ConfigError for a number out of range.

    >>> TrafficRules(window=14).window
    14
    """

    window: int = 28
    least_acts: int = 30
    accounts_per_device: int = 5
    accounts_per_address: int = 20
    acts_per_day: int = 1000
    acts_per_minute: float = 60.0
    hours_per_day: float = 20.0
    clockwork: float = 0.8
    no_session: int = 50
    forest: float = 0.7
    most: float = 0.2

    def __post_init__(self) -> None:
        for field in fields(self):
            given = getattr(self, field.name)
            share = field.name in ("clockwork", "forest", "most")
            if not 0 <= given <= (1 if share else np.inf):
                wanted = "a share from 0 to 1" if share else "0 or more"
                raise ConfigError.from_range(f"traffic.{field.name}", given, wanted)
        if self.window < 1:
            raise ConfigError.from_range("traffic.window", self.window, "at least 1 day")


def signals(activity: DailyActivity, day: int, window: int) -> pd.DataFrame:
    """What each person did in `[day - window, day)`, a row a person, in the order of `users`.

    | column | meaning |
    |---|---|
    | `acts`, `active_days`, `sessions`, `orders`, `minutes` | sums; minutes are those in sessions |
    | `money` | in millionths |
    | `top_acts`, `top_hours` | acts, and hours in sessions, of the largest day |
    | `near` | share of active days whose acts are within 5% of their median |
    | `median_acts` | median acts of an active day |
    | `gap`, `gap_spread`, `gaps` | mean and deviation of the days between active days; how many |
    | `parts` | quarters of the day with acts, mean over active days |
    | `night` | share of acts in the first quarter |
    | `names` | different event names, mean over active days |

    Days without an act count nowhere; a person without one has 0 everywhere.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=30, days=60).log().daily()
    >>> bool(signals(activity, activity.end, 28)["active_days"].max() <= 28)
    True
    """
    seen = activity.as_of(day)
    acts = seen.values("acts")
    inside = contains(seen.day, day - window, day) & (acts > 0)
    code, people = seen.codes[inside], len(seen.users)
    value = {n: seen.values(n)[inside].astype(np.float64) for n in _READ}
    value["acts"] = acts[inside].astype(np.float64)
    days = np.bincount(code, minlength=people)
    total = {n: np.bincount(code, v, people) for n, v in value.items()}
    parts = sum((value[p] > 0).astype(np.float64) for p in _PARTS)
    each = np.maximum(days, 1)
    found = pd.DataFrame(
        {
            "acts": total["acts"],
            "active_days": days,
            "sessions": total["sessions"],
            "orders": total["orders"],
            "minutes": total["session_micros"] / _MINUTE,
            "money": total["money"],
            "parts": np.bincount(code, parts, people) / each,
            "night": total["night"] / np.maximum(total["acts"], 1),
            "names": total["names"] / each,
        }
    )
    return found.assign(
        **_largest(code, value, people),
        **_steady(code, value["acts"], people),
        **_gaps(code, seen.day[inside], people),
    )


_READ = ("sessions", "orders", "session_micros", "money", "names", *_PARTS)


def _largest(code: np.ndarray, value: dict[str, np.ndarray], people: int) -> dict[str, np.ndarray]:
    top = {name: np.zeros(people) for name in ("top_acts", "top_hours")}
    np.maximum.at(top["top_acts"], code, value["acts"])
    np.maximum.at(top["top_hours"], code, value["session_micros"] / _HOUR)
    return top


def _steady(code: np.ndarray, acts: np.ndarray, people: int) -> dict[str, np.ndarray]:
    """The median acts of each person's active days, and the share of days close to it."""
    by_person = pd.Series(acts).groupby(code)
    median = by_person.transform("median").to_numpy(np.float64)
    close = np.abs(acts - median) <= _NEAR * median
    count = np.maximum(np.bincount(code, minlength=people), 1)
    medians = np.zeros(people)
    medians[code] = median
    return {"near": np.bincount(code, close, people) / count, "median_acts": medians}


def _gaps(code: np.ndarray, day: np.ndarray, people: int) -> dict[str, np.ndarray]:
    """The gaps between neighbouring active days of a person: mean, deviation, number."""
    same = code[1:] == code[:-1]
    gap, whose = np.diff(day.astype(np.int64))[same].astype(np.float64), code[1:][same]
    count = np.bincount(whose, minlength=people)
    mean = np.bincount(whose, gap, people) / np.maximum(count, 1)
    square = np.bincount(whose, gap * gap, people) / np.maximum(count, 1)
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    return {"gap": mean, "gap_spread": spread, "gaps": count}


def check_devices(devices: pd.DataFrame | None) -> None:
    """Raise FrameError for a frame of devices that has neither column that rules ask for.

    >>> check_devices(pd.DataFrame({"user_id": ["ann"], "address": ["10.0.0.1"]}))
    """
    if devices is not None and not {"device", "address"} & set(devices.columns):
        raise FrameError.from_missing_columns("the devices frame", ["device"], devices.columns)


def accounts(
    activity: DailyActivity, day: int, devices: pd.DataFrame | None, column: str
) -> np.ndarray | None:
    """Accounts on the device, or address, of each person, int64[people]; the most of several.

    `devices` has user_id and the `column`, any number of rows a person, and may have `since`: the
    day from which on a row is known. Accounts count that had acts before `day`; those without a
    device have 0. None where there is no such column.

    >>> import churnlab as cl
    >>> made = cl.datasets.make_community(users=30, days=60)
    >>> activity = made.log().daily()
    >>> shared = pd.DataFrame({"user_id": activity.users[:3], "device": "d"})
    >>> accounts(activity, activity.end, shared, "device")[:4].tolist()
    [3, 3, 3, 0]
    """
    if devices is None or column not in devices:
        return None
    if "user_id" not in devices:
        raise FrameError.from_missing_columns("the devices frame", ["user_id"], devices.columns)
    rows = devices[devices[column].notna()]
    if SINCE in rows:
        rows = rows[before(day_numbers(pd.to_datetime(rows[SINCE])), day)]
    code = activity.ids.get_indexer(pd.Index(rows["user_id"]))
    there = np.zeros(len(activity.users), bool)
    seen = activity.as_of(day)
    there[seen.codes[before(seen.day, day) & (seen.values("acts") > 0)]] = True
    known = (code >= 0) & there[np.maximum(code, 0)]
    place = pd.factorize(rows[column].to_numpy()[known])[0]
    pairs = np.unique(np.column_stack([code[known], place]), axis=0)
    found = np.zeros(len(activity.users), np.int64)
    if len(pairs):
        np.maximum.at(found, pairs[:, 0], np.bincount(pairs[:, 1])[pairs[:, 1]])
    return found


def broken(
    rules: TrafficRules,
    given: pd.DataFrame,
    device: np.ndarray | None,
    address: np.ndarray | None,
    score: np.ndarray | None,
) -> dict[str, np.ndarray]:
    """Which people break each rule that is on and can be asked, bool[people] by rule."""
    judged = (given["acts"] >= max(rules.least_acts, 1)).to_numpy()
    lone = (given["minutes"] == 0) & (given["sessions"] >= given["acts"])
    steady = (given["near"] >= rules.clockwork) & (given["median_acts"] >= 5)
    equal = (given["gaps"] >= 8) & (given["gap"] >= 2) & (given["gap_spread"] == 0)
    within = given["acts"] - given["sessions"]  # the first act of a session takes no time
    rate = within / given["minutes"].where(given["minutes"] > 0)
    asked = {
        "acts_per_day": given["top_acts"] >= rules.acts_per_day,
        "acts_per_minute": (rate >= rules.acts_per_minute) & (within >= rules.least_acts),
        "hours_per_day": given["top_hours"] >= rules.hours_per_day,
        "clockwork": (steady & (given["active_days"] >= 10)) | equal,
        "no_session": lone & (given["acts"] >= rules.no_session),
    }
    found = {n: r.to_numpy(bool) & judged for n, r in asked.items() if getattr(rules, n)}
    for name, count in (("accounts_per_device", device), ("accounts_per_address", address)):
        if count is not None and getattr(rules, name):
            found[name] = count >= getattr(rules, name)
    if score is not None and rules.forest:
        found["forest"] = (score >= rules.forest) & judged
    return found
