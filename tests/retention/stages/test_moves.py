"""Moves between stages of life: they add up, and agree with both days."""

from __future__ import annotations

import pytest

import churnlab as cl
from churnlab.errors import ConfigError, HistoryError
from churnlab.features.life import TIERS
from churnlab.retention.stages.moves import moves
from churnlab.retention.stages.tiers import tiers

DAY = "2026-04-20"


@pytest.fixture(scope="module")
def activity() -> cl.DailyActivity:
    return cl.datasets.make_community(users=400, days=200, seed=5).log().daily()


def test_moves_add_up_and_agree_with_both_days(activity: cl.DailyActivity) -> None:
    found, then, now = moves(activity, DAY, 28), tiers(activity, DAY), tiers(activity, "2026-05-18")
    table = found.table()
    both = then.frame().join(now.frame(), suffixes=("_then", "_now"), how="right")
    expected = both.groupby(["tier_then", "tier_now"], observed=True).size()
    for (source, target), people in expected.items():
        row = table[(table["from"] == source) & (table["to"] == target)]
        assert row["people"].item() == people
    assert table["people"].sum() == len(now.users)
    assert table[table["from"] == ""]["people"].sum() == both["tier_then"].isna().sum() > 0


def test_a_later_day_beyond_the_log_is_refused(activity: cl.DailyActivity) -> None:
    with pytest.raises(HistoryError, match="the log ends on 2026-07-19"):
        moves(activity, activity.end - 27)
    assert moves(activity, activity.end - 28).counts.sum() == 400


@pytest.mark.parametrize("days", [0, -7, 1.5])
def test_a_later_day_is_later(activity: cl.DailyActivity, days: float) -> None:
    with pytest.raises(ConfigError, match="days is"):
        moves(activity, DAY, days)


def test_the_flows_name_every_tier_and_both_days(activity: cl.DailyActivity) -> None:
    (flows,) = moves(activity, DAY).displays()
    shown = " ".join(text.get_text() for text in flows.plot().ax_.texts)
    assert all(tier in shown for tier in TIERS) and DAY in shown and "2026-05-18" in shown
