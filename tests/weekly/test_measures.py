"""Measures of a week from raw events in pandas; errors from people drawn again and again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.demo.datasets import ROLES
from churnlab.errors import HistoryError
from churnlab.weekly.measures import Sums, reaches_a_year, sums
from churnlab.weekly.week import Week

WEEK = Week.of("2026-W16")


@pytest.fixture(scope="module")
def community() -> cl.datasets.Community:
    return cl.datasets.make_community(users=200, days=130, seed=3)


@pytest.fixture(scope="module")
def found(community: cl.datasets.Community) -> dict[str, Sums]:
    return {each.measure.name: each for each in sums(community.log().daily(), WEEK)}


def plain(events: pd.DataFrame, week: Week) -> dict[str, float]:
    """The measures of a week from raw events."""
    end = pd.Timestamp(week.days[-1]) + pd.Timedelta(days=1)
    acts = events[~events["event"].isin(["push_sent", "like_received"]) & (events["ts"] < end)]

    def within(days: int, until: int = 0) -> pd.DataFrame:
        late = acts["ts"] < end - pd.Timedelta(days=until)
        return acts[late & (acts["ts"] >= end - pd.Timedelta(days=days))]

    now, before = within(7), within(14, 7)
    people, earlier = set(now["user_id"]), set(before["user_id"])
    days = now.assign(day=now["ts"].dt.normalize()).groupby("day")["user_id"].nunique()
    first = acts.groupby("user_id")["ts"].min()
    sent = events[events["event"].eq("push_sent") & (events["ts"] < end)]
    sent = sent[sent["ts"] >= end - pd.Timedelta(days=7)]
    bought = now[now["event"].eq("purchase")]
    return {
        "active": len(people),
        "new": (first >= end - pd.Timedelta(days=7)).sum(),
        "stickiness": days.sum() / 7 / within(28)["user_id"].nunique(),
        "came_back": len(people & earlier) / len(earlier),
        "social": now["event"].isin(ROLES["social"]).sum() / len(people),
        "push_open_rate": now["event"].eq("push_open").sum() / len(sent),
        "evening": (now["ts"].dt.hour >= 18).mean(),
        "payers": bought["user_id"].nunique() / len(people),
        "spend": bought["amount"].sum() / len(people),
    }


def test_every_measure_is_that_of_the_raw_events(
    community: cl.datasets.Community, found: dict[str, Sums]
) -> None:
    events = community.events
    for place, week in enumerate((WEEK, WEEK.last)):
        for name, value in plain(events, week).items():
            assert found[name].value(place) == pytest.approx(value), (name, place)


def test_weeks_that_the_log_does_not_hold_are_not_known(
    community: cl.datasets.Community, found: dict[str, Sums]
) -> None:
    activity = community.log().daily()
    assert np.isnan(found["active"].value(2)) and not reaches_a_year(activity, WEEK)
    early = {s.measure.name: s for s in sums(activity, Week.of("2026-W09"))}
    assert np.isfinite(early["core"].value(0)) and np.isnan(early["core"].value(1))
    young = {s.measure.name: s for s in sums(activity, Week.of("2026-W04"))}
    assert np.isfinite(young["active"].value(0))
    assert np.isnan([young[name].value(0) for name in ("core", "new")]).all()
    with pytest.raises(HistoryError, match="no event before"):
        sums(activity, Week.of("2026-W01"))


def test_errors_are_those_of_people_drawn_again(
    community: cl.datasets.Community, found: dict[str, Sums]
) -> None:
    """A bootstrap over people, which knows nothing of products, within 25%."""
    events = community.events
    by_user = dict(list(events.groupby("user_id")))
    users, chance = list(by_user), np.random.default_rng(1)
    names = ("came_back", "push_open_rate", "evening", "spend", "social")
    gaps: dict[str, list[float]] = {name: [] for name in names}
    week = {name: [] for name in users}  # sums of each person, so that a draw is a weighted sum
    for user in users:
        week[user] = [_parts(by_user[user], end) for end in (WEEK.end, WEEK.last.end)]
    table = np.array([week[user] for user in users])
    for _ in range(400):
        drawn = table[chance.integers(0, len(users), len(users))].sum(axis=0)
        values = drawn[:, : len(names)] / drawn[:, len(names) :]
        for name, gap in zip(names, values[0] - values[1], strict=True):
            gaps[name].append(gap)
    for name in names:
        assert found[name].error(1) == pytest.approx(np.std(gaps[name]), rel=0.25), name


def _parts(events: pd.DataFrame, end: int) -> list[float]:
    """Tops, then bottoms, of the measures of the bootstrap, of one person."""
    stop = pd.Timestamp("1970-01-01") + pd.Timedelta(days=end)
    acts = events[~events["event"].isin(["push_sent", "like_received"])]
    late, early = stop - pd.Timedelta(days=7), stop - pd.Timedelta(days=14)
    now = acts[(acts["ts"] >= late) & (acts["ts"] < stop)]
    before = len(acts[(acts["ts"] >= early) & (acts["ts"] < late)]) > 0
    sent = events[events["event"].eq("push_sent") & (events["ts"] >= late) & (events["ts"] < stop)]
    there = float(len(now) > 0)
    tops = [
        there * before,
        now["event"].eq("push_open").sum(),
        (now["ts"].dt.hour >= 18).sum(),
        now.loc[now["event"].eq("purchase"), "amount"].sum(),
        now["event"].isin(ROLES["social"]).sum(),
    ]
    return [float(v) for v in (*tops, before, len(sent), len(now), there, there)]
