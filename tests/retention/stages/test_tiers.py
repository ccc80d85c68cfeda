"""Tiers of a community against plain Python; thresholds from quantiles."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import churnlab as cl
from churnlab.errors import ConfigError, HistoryError
from churnlab.features.life import TIERS, TierRules
from churnlab.retention.stages.tiers import Tiers, tier_rules, tiers
from churnlab.schema.targets import Churn, LifetimeValue

DAY = "2026-04-20"


@pytest.fixture(scope="module")
def community() -> cl.datasets.Community:
    return cl.datasets.make_community(users=400, days=200, seed=5)


@pytest.fixture(scope="module")
def activity(community: cl.datasets.Community) -> cl.DailyActivity:
    return community.log().daily()


@pytest.fixture(scope="module")
def found(activity: cl.DailyActivity) -> Tiers:
    return tiers(activity, DAY)


def plain(events: pd.DataFrame, t: pd.Timestamp) -> pd.Series:
    """The tier of each person from the raw events."""
    acts = events[~events["event"].isin(["push_sent", "like_received"])]
    days = acts.assign(ago=(t - acts["ts"].dt.normalize()).dt.days)[["user_id", "ago"]]
    out = {}
    for user, ago in days[days["ago"] >= 1].drop_duplicates().groupby("user_id")["ago"]:
        now, before = (ago <= 28).sum(), ((ago > 28) & (ago <= 56)).sum()
        if ago.min() > 56:
            out[user] = "lost"
        elif ago.min() > 14:
            out[user] = "silent"
        elif ago.max() <= 28:
            out[user] = "newcomer"
        elif before >= 4 and now <= before / 2:
            out[user] = "fading"
        else:
            out[user] = "core" if now >= 12 else "growing"
    return pd.Series(out).sort_index()


def test_tiers_are_those_of_the_raw_events(community: cl.datasets.Community, found: Tiers) -> None:
    expected = plain(community.events, pd.Timestamp(DAY))
    assert found.frame()["tier"].astype(str).sort_index().to_dict() == expected.to_dict()
    assert set(expected) == set(TIERS)


def test_churn_and_value_of_a_tier_are_plain_means(
    community: cl.datasets.Community, found: Tiers
) -> None:
    t, events = pd.Timestamp(DAY), community.events.drop_duplicates()
    acts = events[~events["event"].isin(["push_sent", "like_received"])]
    after = acts[(acts["ts"] >= t) & (acts["ts"] < t + pd.Timedelta(days=30))]
    silent = plain(community.events, t).loc[lambda tier: tier == "silent"].index
    row = found.table().set_index("tier").loc["silent"]
    assert row["churn"] == pytest.approx(1 - silent.isin(after["user_id"]).mean())
    assert row["churn_low"] < row["churn"] < row["churn_high"]
    assert found.table()["people"].sum() == len(found.users)
    assert found.table()["share"].sum() == pytest.approx(1)


def test_what_lies_ahead_of_the_log_is_not_yet_known(activity: cl.DailyActivity) -> None:
    found = tiers(activity, activity.end - 10)
    assert found.table()["churn"].isna().all() and found.table()["value"].isna().all()
    assert "not yet known" in str(found.warnings[0])
    assert found.to_dict()["table"][0]["churn"] is None
    cells = {
        str(row[0]): [str(cell) for cell in row[-2:]] for row in found.sections()[0].table.rows
    }
    assert cells["core user"] == ["not yet known"] * 2
    assert [str(words) for words in found.warnings][1:] == ["money after this day is not yet known"]
    known = tiers(
        activity, activity.end - 10, churn=Churn(horizon=7), value=LifetimeValue(horizon=60)
    )
    assert known.table()["churn"].notna().any() and known.table()["value"].isna().all()


def test_days_without_enough_of_the_log_are_refused(activity: cl.DailyActivity) -> None:
    with pytest.raises(HistoryError, match="needs 56 days"):
        tiers(activity, activity.start + 55)
    tiers(activity, activity.start + 56)
    with pytest.raises(HistoryError, match="lies after the log, which ends on 2026-07-19"):
        tiers(activity, activity.end + 1)
    with pytest.raises(ConfigError, match="core is 2"):
        tier_rules(activity, DAY, core=2)
    with pytest.raises(ConfigError):
        tiers(activity, DAY, churn=Churn(horizon=30, roles=["nothing"]))


def test_a_log_without_amounts_has_tiers_and_no_value() -> None:
    events = cl.datasets.make_community(users=60, days=120, seed=1).events.drop(columns="amount")
    log = cl.EventLog.from_frame(
        events, user="user_id", time="ts", event="event", timezone="Asia/Shanghai"
    )
    found = tiers(log.daily(), "2026-03-20", TierRules(core_spend=5.0))
    assert found.table()[["value", "money"]].isna().all().all()


def test_spend_can_make_a_person_core(activity: cl.DailyActivity) -> None:
    rich = tiers(activity, DAY, TierRules(core_spend=1.0)).frame()["tier"]
    plain_ = tiers(activity, DAY).frame()["tier"]
    assert ((rich == "core") & (plain_ == "growing")).any()
    assert not ((rich != "core") & (plain_ == "core")).any()


def test_thresholds_from_quantiles(activity: cl.DailyActivity, found: Tiers) -> None:
    rules = tier_rules(activity, DAY, core=0.3)
    share = (found.active >= rules.core_days).sum() / (found.active > 0).sum()
    wider = (found.active >= rules.core_days - 1).sum() / (found.active > 0).sum()
    assert share <= 0.3 < wider
    assert 7 <= rules.silent < rules.lost


def test_the_picture_shows_every_tier(found: Tiers) -> None:
    (bars,) = found.displays()
    labels = [label.get_text() for label in bars.plot().ax_.get_xticklabels()]
    assert labels == [
        "newcomer",
        *(f"{name} user" for name in ("growing", "core", "fading", "silent", "lost")),
    ]


def test_money_has_two_decimals_and_nobody_a_dash(activity: cl.DailyActivity) -> None:
    found = tiers(activity, DAY, TierRules(fading_from=28, fading=0.01))
    rows = {str(row[0]): [str(cell) for cell in row] for row in found.sections()[0].table.rows}
    nobody = found.table().set_index("tier")["people"] == 0
    assert nobody["fading"] and rows["fading user"][-2:] == ["–", "–"]
    assert re.fullmatch(r"[\d,]+\.\d\d \[-?[\d,]+\.\d\d, [\d,]+\.\d\d\]", rows["core user"][-1])
