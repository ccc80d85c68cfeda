"""Tags of many people against plain Python; lift and its interval; what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.pictures import skip_without_letters

import churnlab as cl
from churnlab.demo.datasets import ROLES, Community
from churnlab.errors import ConfigError, HistoryError
from churnlab.errors.tags import TagError
from churnlab.evaluation.intervals import UNKNOWN
from churnlab.retention.tagging.tags import Tag, tags

DAY = "2026-05-20"
GIVEN = {
    "keen": "active[28] >= 20",
    "晚间用户": "evening[28] / acts[28] > 0.4",
    "silent": "since(acts) > 14",
    "spender": "money[90] >= 20 and orders[28] >= 1",
    "unopened": "push_sent[28] >= 5 and push_opened[28] / push_sent[28] < 0.1",
}


@pytest.fixture(scope="module")
def community() -> Community:
    return cl.datasets.make_community(users=300, days=200, seed=3)


@pytest.fixture(scope="module")
def found(community: Community) -> object:
    return tags(community.log().daily(), DAY, GIVEN)


def plain(community: Community) -> pd.DataFrame:
    """The same tags from the raw events, in pandas."""
    t = pd.Timestamp(DAY)
    events = community.events.drop_duplicates()
    events = events[events["ts"] < t]
    act = ~events["event"].isin(["push_sent", "like_received"])
    acts = events[act]
    ago = (t - acts["ts"].dt.normalize()).dt.days
    people = acts.loc[ago <= 60, "user_id"].unique()

    def count(rows: pd.DataFrame, days: int) -> pd.Series:
        inside = rows[rows["ts"] >= t - pd.Timedelta(days=days)]
        return inside.groupby("user_id").size().reindex(people, fill_value=0)

    last = acts.groupby("user_id")["ts"].max().dt.normalize()
    recent = acts[acts["ts"] >= t - pd.Timedelta(days=28)]
    days = recent.groupby("user_id")["ts"].agg(lambda s: s.dt.normalize().nunique())
    bought = acts[acts["event"].isin(ROLES["purchase"])]
    spent = bought[bought["ts"] >= t - pd.Timedelta(days=90)].groupby("user_id")["amount"].sum()
    sent = count(events[events["event"].isin(ROLES["push_sent"])], 28)
    opened = count(events[events["event"].isin(ROLES["push_opened"])], 28)
    return pd.DataFrame(
        {
            "keen": days.reindex(people, fill_value=0) >= 20,
            "晚间用户": count(acts[acts["ts"].dt.hour >= 18], 28) / count(acts, 28) > 0.4,
            "silent": (t - last.reindex(people)).dt.days > 14,
            "spender": (spent.reindex(people, fill_value=0) >= 20) & (count(bought, 28) >= 1),
            "unopened": (sent >= 5) & (opened / sent < 0.1),
        },
        index=pd.Index(people, name="user_id"),
    ).sort_index()


def test_members_are_those_of_the_raw_events(community: Community, found) -> None:  # type: ignore[no-untyped-def]
    pd.testing.assert_frame_equal(found.frame().sort_index(), plain(community), check_names=False)
    assert found.members.any(axis=0).all()


def test_churn_and_lift_are_plain_shares(found) -> None:  # type: ignore[no-untyped-def]
    table = found.table().set_index("tag")
    inside = found.members[:, 2]
    left = found.churned[inside].mean()
    assert table.at["silent", "churn"] == left
    assert table.at["silent", "lift"] == pytest.approx(left / found.churned.mean())
    row = table.loc["unopened"]
    assert row["lift_low"] < row["lift"] < row["lift_high"]
    assert table.at["silent", "p"] < 0.001
    assert "silent" in str(found.sentences()[1])


def test_pairs_of_tags(found) -> None:  # type: ignore[no-untyped-def]
    pairs = found.together().set_index(["tag", "with"])
    assert len(pairs) == 10
    both = (found.members[:, 0] & found.members[:, 3]).sum()
    assert pairs.loc[("keen", "spender"), "people"] == both
    expected = found.members[:, 0].mean() * found.members[:, 3].mean() * len(found.users)
    assert pairs.loc[("keen", "spender"), "lift"] == pytest.approx(both / expected)


def test_where_the_horizon_is_not_over_churn_is_not_yet_known(community: Community) -> None:
    activity = community.log().daily()
    found = tags(activity, activity.end - 5, {"keen": "active[28] >= 20"})
    assert found.churned is None and found.table()["churn"].isna().all()
    assert any("not yet known" in str(words) for words in found.warnings)
    assert found.to_dict()["table"][0]["lift"] is None
    found.plot()


def test_nothing_at_or_after_the_day_is_seen(community: Community, found) -> None:  # type: ignore[no-untyped-def]
    events = community.events
    later = events["ts"] >= DAY
    again = events[later].assign(ts=events.loc[later, "ts"] + pd.Timedelta(hours=1))
    more = Community(
        pd.concat([events, again], ignore_index=True), community.users, community.truth, 201
    )
    pd.testing.assert_frame_equal(tags(more.log().daily(), DAY, GIVEN).frame(), found.frame())


@pytest.mark.parametrize(
    "given,why",
    [
        ({}, "no tag was given"),
        ([Tag("a", "acts[7] > 1"), Tag("a ", "acts[7] > 2")], "'a' twice"),
        ({"": "acts[7] > 1"}, "no name"),
        ({"a": "acts[7] > 1 and acts[7] < 1"}, "tag 'a': nobody can meet"),
        ({"a": "gift[7] > 1"}, "tag 'a': .*'gift'"),
        ({"a": "acts[7] > 3 and acts[28] < 3"}, "tag 'a': nobody can meet .* together"),
        ({5: "acts[7] > 1"}, "give texts"),
        ({"a": 5}, "give texts"),
    ],
)
def test_tags_that_cannot_be_are_refused(community: Community, given: object, why: str) -> None:
    with pytest.raises(TagError, match=why) as refused:
        tags(community.log().daily(), DAY, given)
    assert isinstance(refused.value, ConfigError)


def test_a_day_on_which_nobody_was_there(community: Community) -> None:
    activity = community.log().daily()
    for day in (activity.start, activity.end + 1):
        with pytest.raises(HistoryError):
            tags(activity, day, {"keen": "active[28] >= 20"})


def test_the_picture_names_every_tag(found) -> None:  # type: ignore[no-untyped-def]
    skip_without_letters("zh")
    (display,) = found.displays()
    drawn = {label.get_text() for label in display.plot().ax_.get_yticklabels()}
    assert {"keen", "晚间用户", "silent"} <= drawn


def test_lifts_of_tags_that_all_or_none_of_the_churned_have() -> None:
    activity = cl.datasets.make_community(users=120, days=150, seed=2).log().daily()
    given = {"all": "acts[:] >= 1", "few": "active[28] >= 28", "gone": "since(acts) > 30"}
    table = tags(activity, "2026-04-20", given).table().set_index("tag")
    assert np.isnan(table.at["all", "lift_low"]) and table.at["all", "share"] == 1
    assert (table["lift"].dropna() >= 0).all()


def test_a_log_of_one_day_has_tags_and_a_tag_of_nobody_has_no_churn() -> None:
    frame = pd.DataFrame({"u": ["ann", "bob"], "t": ["2026-03-01 09:00Z"] * 2, "e": ["open"] * 2})
    activity = cl.EventLog.from_frame(frame, user="u", time="t", event="e").daily()
    found = tags(activity, activity.end, {"here": "active[7] >= 1"})
    assert found.table()["people"].tolist() == [2] and found.churned is None
    known = cl.datasets.make_community(users=50, days=90, seed=1).log().daily()
    (titled,) = tags(known, "2026-02-20", {"nobody": "active[1] > 0 and names[7] > 900"}).sections()
    assert titled.table.rows[0][-2:] == (UNKNOWN, UNKNOWN)
