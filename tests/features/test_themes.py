"""Themes and topics: a closed table, and every feature has its place in it."""

from __future__ import annotations

import pandas as pd

import churnlab as cl
from churnlab.demo.datasets import ROLES
from churnlab.features.expression import Sum
from churnlab.features.feature_set import BUILDERS, FeatureSet
from churnlab.features.reasons.every import reasons
from churnlab.features.themes import (
    DAY,
    OTHER,
    THEMES,
    TOPICS,
    theme_of,
    topic_among,
    topic_of_purchases,
)

EVERYTHING = frozenset({*ROLES, "money", "quiz", "refund", "other"})


def test_every_topic_has_a_theme_and_every_theme_a_label() -> None:
    assert set(TOPICS.values()) == set(THEMES)
    assert len({str(label) for label in THEMES.values()}) == len(THEMES)
    assert theme_of("role:quiz") == "habits" and theme_of("no such topic") == OTHER


def test_the_longest_beginning_decides() -> None:
    topics = {"": "away", "active": "visits", "active_share": "times"}
    assert topic_among(topics, "active_days") == "visits"
    assert topic_among(topics, "active_share_now") == "times"
    assert topic_among(topics, "gap_mean") == "away" and topic_among({}, "x") == OTHER


def test_every_feature_has_a_topic_of_the_table_and_almost_all_can_be_told() -> None:
    told = {reason.topic for reason in reasons(EVERYTHING)} | {DAY}
    untold = set()
    for builder, feature in FeatureSet.of(BUILDERS).features(EVERYTHING):
        topic = builder.topic(feature)
        assert topic.partition(":")[0] in TOPICS and theme_of(topic) != OTHER, feature.name
        if topic not in told:
            untold.add(topic)
    assert untold <= {"times", "role:refund"}  # no news are bad of these


def test_where_all_is_bought_a_visit_is_an_order() -> None:
    frame = pd.DataFrame({"u": ["a", "b"] * 20, "e": "purchase", "x": 1.0})
    activity = cl.EventLog.from_frame(
        frame.assign(t=pd.Timestamp("2026-01-01") + pd.to_timedelta(frame.index, unit="D")),
        user="u",
        time="t",
        event="e",
        amount="x",
        roles={"purchase": ["purchase"]},
        timezone="UTC",
    ).daily()
    data = cl.build_dataset(activity, cl.Snapshots.at(activity, ["2026-02-01"]))
    assert set(data.catalogue["theme"]) == {"silence", "spending", "life_cycle", DAY}
    assert topic_of_purchases("orders") == "visits" and topic_of_purchases("away") == "away"


def test_a_builder_of_ones_own_has_the_theme_other() -> None:
    class Own(cl.FeatureBuilder):
        signal = "own"

        def features(self, roles: frozenset[str]):  # type: ignore[no-untyped-def]
            yield cl.Feature("own__acts_sum__7d", Sum("acts")[0, 7], "acts", "{value:.0f} acts")

    activity = cl.datasets.make_community(users=20, days=60).log().daily()
    data = cl.build_dataset(
        activity, cl.Snapshots.at(activity, ["2026-02-15"]), cl.FeatureSet((Own(),))
    )
    assert data.catalogue[["topic", "theme"]].to_numpy().tolist() == [[OTHER, OTHER]]
