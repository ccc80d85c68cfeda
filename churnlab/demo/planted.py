"""What can be planted into the simulated community: kinds of people, and robots."""

from __future__ import annotations

import numpy as np
import pandas as pd

# Times as many or as long as elsewhere, by habit: readers, talkers, people who only look in.
KINDS_OF_PEOPLE: tuple[dict[str, float], ...] = (
    {"minutes": 1.6, "steps": 1.6, "social": 0.5, "sessions": 0.6},
    {"minutes": 0.7, "steps": 0.8, "social": 3.5, "sessions": 1.0},
    {"minutes": 0.35, "steps": 0.5, "social": 0.5, "sessions": 4.0},
)
DEVICES = ("tablet", "phone", "watch")
REGIONS = ("north", "south", "west")
SCRIPTS = ("clock", "rate", "silent", "farm")
_SAME = 0.75  # the share of a kind of people that has its device, or its region
_DAY = 86_400


def plant_kinds(rng: np.random.Generator, people: pd.DataFrame, kinds: int) -> pd.DataFrame:
    """The people with habits by kind, and the columns of_kind, device and region.

    `kinds` is 1 to 3. A kind is that of everybody equally often, whatever they spend; three in four
    of a kind have its device and its region, the others any.

    >>> people = pd.DataFrame({name: np.ones(9) for name in KINDS_OF_PEOPLE[0]})
    >>> sorted(plant_kinds(np.random.default_rng(0), people, 2)["of_kind"].unique().tolist())
    [0, 1]
    """
    of_kind = rng.integers(0, kinds, len(people))
    found = people.assign(of_kind=of_kind)
    if kinds > 1:
        for habit in KINDS_OF_PEOPLE[0]:
            times = np.array([kind[habit] for kind in KINDS_OF_PEOPLE])
            found[habit] = found[habit] * times[of_kind]
    for name, every in (("device", DEVICES), ("region", REGIONS)):
        own = (rng.random(len(people)) < _SAME) & (kinds > 1)
        found[name] = np.array(every)[np.where(own, of_kind, rng.integers(0, 3, len(people)))]
    return found


def robots(
    rng: np.random.Generator, number: int, days: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The events of robots as in `Events.draw` with seconds, their attributes, and their scripts.

    | script | what gives it away |
    |---|---|
    | clock | an act every so many minutes, day and night, almost to the second |
    | rate | more than a thousand acts a day, three a second |
    | silent | some acts a day, each alone, hours apart: no session has a length |
    | farm | ordinary sessions, ten accounts on one device and one address |

    >>> events, attributes, scripts = robots(np.random.default_rng(0), 8, 30)
    >>> list(events), scripts["script"].value_counts().to_dict()
    (['user_id', 'second', 'event', 'amount'], {'clock': 2, 'rate': 2, 'silent': 2, 'farm': 2})
    """
    names = np.array([f"r{i:06d}" for i in range(number)])
    script = np.array(SCRIPTS)[np.arange(number) % len(SCRIPTS)]
    first = rng.integers(0, max(1, days // 2), number)
    parts = [
        _seconds(rng, kind, day, days).assign(user_id=name)
        for name, kind, day in zip(names, script, first, strict=True)
    ]
    columns = ["user_id", "second", "event", "amount"]
    events = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    group = np.arange(number) // (10 * len(SCRIPTS))
    farm = script == "farm"
    devices = [f"d-farm{g}" if f else f"d-{n}" for n, f, g in zip(names, farm, group, strict=True)]
    places = [f"a-farm{g}" if f else f"a-{n}" for n, f, g in zip(names, farm, group, strict=True)]
    attributes = pd.DataFrame({"user_id": names, "device": devices, "address": places})
    return events[columns], attributes, pd.DataFrame({"user_id": names, "script": script})


def _seconds(rng: np.random.Generator, script: str, first: int, days: int) -> pd.DataFrame:
    """The events of one robot from its first day on, seconds since the first day of the log."""
    begin, end = first * _DAY, days * _DAY
    if script == "clock":
        step = rng.integers(5, 45) * 60
        second = np.arange(begin, end, step) + rng.integers(0, 3, -(-(end - begin) // step))
        return _as_events(second, "view_post")
    if script == "rate":
        day = np.flatnonzero(rng.random(days - first) < 0.4) + first
        count = rng.integers(1200, 2400, len(day))
        start = day * _DAY + rng.integers(6, 20, len(day)) * 3600
        place = np.arange(count.sum()) - np.repeat(count.cumsum() - count, count)
        return _as_events(np.repeat(start, count) + place // 3, "like")
    if script == "silent":
        day = np.repeat(np.flatnonzero(rng.random(days - first) < 0.9) + first, 6)
        hour = np.tile(np.arange(6) * 4, len(day) // 6) + rng.uniform(0, 1, len(day))
        return _as_events(day * _DAY + hour * 3600, "like")
    day = np.flatnonzero(rng.random(days - first) < 0.6) + first
    count = 3 + rng.poisson(6, len(day))
    start = np.repeat(day * _DAY + rng.uniform(9, 22, len(day)) * 3600, count)
    place = np.arange(count.sum()) - np.repeat(count.cumsum() - count, count)
    return _as_events(start + place * rng.gamma(2, 40, len(start)), "view_post")


def _as_events(second: np.ndarray, name: str) -> pd.DataFrame:
    return pd.DataFrame({"second": np.floor(second), "event": name, "amount": np.nan})
