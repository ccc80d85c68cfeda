"""Automated traffic: planted robots found, real people left alone, what difference they make."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import churnlab as cl
from churnlab.errors import FrameError, HistoryError
from churnlab.value.traffic import LEFT_OUT, flagged_at, traffic, without_automated
from churnlab.value.traffic_found import Traffic
from churnlab.value.traffic_rules import TrafficRules


@cache
def community(seed: int = 0, bots: int = 24) -> tuple[cl.datasets.Community, cl.DailyActivity]:
    made = cl.datasets.make_community(users=400, days=70, seed=seed, bots=bots)
    return made, made.log().daily()


@cache
def result() -> Traffic:
    made, activity = community()
    return traffic(activity, devices=made.devices, currency="¥")


def robots(found: Traffic, made: cl.datasets.Community) -> tuple[float, float, int]:
    """Recall, precision, and real people flagged."""
    truth = made.truth.set_index("user_id")["script"].notna()
    people = found.people.set_index("user_id")
    bot = truth.loc[people.index].to_numpy()
    hit = people["flagged"].to_numpy()
    return float(hit[bot].mean()), float(bot[hit].mean()), int((hit & ~bot).sum())


@pytest.mark.parametrize("seed", [0, 1])
def test_planted_robots_are_found_and_real_people_hardly_flagged(seed: int) -> None:
    made, activity = community(seed)
    recall, precision, real = robots(traffic(activity, devices=made.devices), made)
    assert recall >= 0.95 and precision >= 0.95 and real <= 1


def test_without_devices_only_accounts_that_share_one_are_missed() -> None:
    made, activity = community()
    found = traffic(activity).people.set_index("user_id")["flagged"]
    script = made.truth.set_index("user_id")["script"].reindex(found.index)
    assert found[script.isin(["clock", "rate", "silent"])].all()
    assert not found[script == "farm"].any()


def test_a_community_without_robots_has_next_to_none_flagged() -> None:
    made = cl.datasets.make_community(users=600, days=70, seed=9)
    assert traffic(made.log().daily()).flagged <= 2


def test_the_difference_is_counted() -> None:
    _made, activity = community()
    found = result().difference.set_index("figure")
    flagged = set(result().people.loc[result().people["flagged"], "user_id"])
    inside = (activity.day >= activity.end - 28) & (activity.values("acts") > 0)
    hit = np.isin(activity.users[activity.codes], list(flagged))
    acts = activity.values("acts")
    assert found.loc["acts", "everybody"] == acts[inside].sum()
    assert found.loc["acts", "without"] == acts[inside & ~hit].sum()
    money = activity.values("money")[inside & ~hit].sum() / 1e6
    assert found.loc["money", "without"] == pytest.approx(money)
    assert found.loc["people", "everybody"] - found.loc["people", "without"] == len(flagged)


class Silence:
    """A model of one column."""

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        p = np.clip(X["cadence__since_last_days__all"].fillna(60).to_numpy() / 60, 0, 1)
        return np.c_[1 - p, p]


def test_base_rate_and_auc_are_told_with_and_without_each_row_at_its_own_day() -> None:
    made, activity = community()
    days = [activity.end - 40, activity.end - 20]
    snapshots = cl.Snapshots.at(activity, days, targets=[cl.Churn(horizon=14)])
    data = cl.build_dataset(activity, snapshots, cl.FeatureSet.of(["LoginIntervals"]))
    # a model on an array: the class above takes a frame by name
    model = Silence()
    model.select = lambda X: X  # type: ignore[attr-defined]
    found = traffic(activity, devices=made.devices, data=data, model=model)
    rows = found.difference.set_index("figure")
    gone = np.concatenate(
        [
            np.isin(
                data.X.index[
                    data.days.get_indexer(data.X.index.get_level_values("snapshot")) == k
                ].get_level_values("user_id"),
                activity.users[flagged_at(activity, day, TrafficRules(), made.devices)],
            )
            for k, day in enumerate(days)
        ]
    )
    order = np.argsort(
        data.days.get_indexer(data.X.index.get_level_values("snapshot")), kind="stable"
    )
    kept = np.ones(len(data.X), bool)
    kept[order] = ~gone
    y, p = data.y("churned").to_numpy(), model.predict_proba(data.X)[:, 1]
    assert rows.loc["base_rate", "without"] == pytest.approx(y[kept].mean())
    assert rows.loc["auc", "everybody"] == pytest.approx(roc_auc_score(y, p))
    assert rows.loc["auc", "without"] == pytest.approx(roc_auc_score(y[kept], p[kept]))


def test_a_rule_that_would_flag_too_many_is_not_used_and_said() -> None:
    rng = np.random.default_rng(0)
    n = 3000  # a shop's lines: many at one moment, no session has a length
    who = rng.integers(0, 40, n)
    day = rng.integers(0, 28, n)
    ts = pd.Timestamp("2026-01-01 12:00") + pd.to_timedelta(day, unit="D")
    events = pd.DataFrame({"u": who, "t": ts, "e": "purchase", "a": 1.0 + np.arange(n)})
    log = cl.EventLog.from_frame(events, user="u", time="t", event="e", amount="a", timezone="UTC")
    found = traffic(log.daily(), rules=TrafficRules(no_session=1, least_acts=1, acts_per_day=2))
    assert "acts_per_day" in found.unused and found.flagged == 0
    assert 'Not used: "impossibly many acts on a day" would flag ' in found.text()


def test_rows_are_left_out_by_what_was_known_on_their_day() -> None:
    made, activity = community()
    days = [activity.start + 12, activity.end]
    snapshots = cl.Snapshots.at(activity, days)
    left = without_automated(snapshots, activity, TrafficRules(), made.devices)
    for day in days:
        stamp = pd.Timestamp(np.datetime64(day, "D"))
        before = set(snapshots.frame.loc[snapshots.frame["snapshot"] == stamp, "user_id"])
        after = set(left.frame.loc[left.frame["snapshot"] == stamp, "user_id"])
        flagged = set(activity.users[flagged_at(activity, day, TrafficRules(), made.devices)])
        assert before - after == before & flagged
    assert left.dropped[LEFT_OUT] == len(snapshots) - len(left) > 0
    data = cl.build_dataset(activity, left, cl.FeatureSet.of(["Tenure"]))
    assert data.counts[LEFT_OUT] == left.dropped[LEFT_OUT]


def test_few_people_have_no_forest_and_no_past_is_refused() -> None:
    made = cl.datasets.make_community(users=30, days=40)
    activity = made.log().daily()
    assert traffic(activity).people["score"].isna().all()
    with pytest.raises(HistoryError):
        traffic(activity, activity.start)


def test_accounts_of_a_device_that_did_nothing_lately_are_told_apart() -> None:
    """Six accounts of one phone were there in May alone; forty people come every day."""
    day = pd.Timestamp("2026-05-01")
    rows = [
        (f"p{i}", day + pd.Timedelta(days=d, hours=i % 9), "post")
        for i in range(40)
        for d in range(90)
    ]
    rows += [(f"farm{i}", day + pd.Timedelta(days=d), "post") for i in range(6) for d in range(5)]
    log = pd.DataFrame(rows, columns=["who", "at", "what"])
    columns = {"user": "who", "time": "at", "event": "what", "timezone": "UTC"}
    activity = cl.EventLog.from_frame(log, **columns).daily()
    devices = pd.DataFrame({"user_id": [f"farm{i}" for i in range(6)], "device": "phone"})
    found = traffic(activity, devices=devices, rules=TrafficRules(clockwork=0, forest=0))
    assert (found.flagged, found.idle) == (6, 6)
    said = found.text().splitlines()
    assert said[0].startswith("0 of 40 accounts with acts in 28 days look automated (0.0%)")
    assert said[1].startswith("6 more accounts without an act in these days")
    assert found.difference["figure"].tolist() == ["people", "acts", "sessions"]
    assert not found.unused  # of the people with acts the rule flags nobody


def test_devices_without_a_column_that_a_rule_asks_for_are_refused() -> None:
    _, activity = community()
    with pytest.raises(FrameError, match="device"):
        traffic(activity, devices=pd.DataFrame({"user_id": ["a"], "phone": ["x"]}))
