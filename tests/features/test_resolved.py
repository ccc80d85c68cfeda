"""Resolved features: where days were folded away, and how far back they look."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.one_person import DAY, START, of_days, value

import churnlab as cl
from churnlab.dataset import compute
from churnlab.errors import ConfigError
from churnlab.features.expression import Expression, Longest, Since, Sum
from churnlab.features.feature_set import BUILDERS


def test_a_store_that_keeps_a_year_has_every_signal_and_one_that_keeps_less_refuses(
    tmp_path: Path,
) -> None:
    made = cl.datasets.make_community(users=12, days=400, seed=6)
    options = {
        "user": "user_id",
        "time": "ts",
        "event": "event",
        "amount": "amount",
        "roles": cl.datasets.ROLES,
        "timezone": "Asia/Shanghai",
        "until": "2100-01-01",
    }
    raw, store = made.log().daily(), cl.ActivityStore.create(tmp_path / "store", **options)
    for day, frame in made.events.groupby(
        (made.events["ts"].dt.normalize() - pd.Timestamp("1970-01-01")).dt.days
    ):
        store.append(int(day), frame)
    store.compact(364)
    chosen, mine = cl.FeatureSet.of(BUILDERS), store.daily()
    codes, days = np.arange(len(raw.users)), np.full(len(raw.users), raw.end)
    assert (
        mine.users.tolist() == raw.users.tolist()
        and mine.start == raw.start < mine.kept_from
        and len(mine.day) < len(raw.day)
    )
    assert (
        compute.compute(mine, codes, days, chosen).to_numpy().tobytes()
        == compute.compute(raw, codes, days, chosen).to_numpy().tobytes()
    )
    store.compact(363)
    for builder in (
        "OwnSilences",
        "LoginFrequencyDecline",
        "DecayedActivity",
        "Blocks",
        "WeeklyTrend",
        "Habits",
        "PurchaseRhythm",
    ):
        with pytest.raises(
            ConfigError, match="looks at single days that the store has folded away"
        ):
            compute.compute(store.daily(), codes, days, cl.FeatureSet.of([builder]))


@pytest.mark.parametrize(
    "cell",
    [Sum("gap_over_30").all, Sum("weekday_1")[7, None], Since("days_acts"), Longest("gaps_over_7")],
)
def test_a_measure_made_of_rows_without_an_end_is_refused_where_rows_were_folded_away(
    tmp_path: Path, cell: Expression
) -> None:
    store = cl.ActivityStore.create(
        tmp_path / "store", user="u", time="t", event="e", roles={"open": ["open"]}, timezone="UTC"
    )
    for day in range(6):
        store.append(
            START + day,
            pd.DataFrame({"u": ["ann"], "t": [DAY + pd.Timedelta(days=day)], "e": ["open"]}),
        )
    assert not math.isinf(value(store.daily(), cell, 6))
    store.compact(4)
    with pytest.raises(ConfigError, match="looks at single days that the store has folded away"):
        value(store.daily(), cell, 6)


def test_how_far_back_features_look_and_the_first_day_they_can_be_computed() -> None:
    activity = of_days([1])
    for builders, back in ((["Tenure"], 0), (["Habits"], 364), (["SocialExchange"], 0)):
        resolved = compute.resolve(cl.FeatureSet.of(builders), activity)
        assert resolved.look_back == back
        assert resolved.first_day(activity) == activity.start + 1
    assert list(resolved.names) == [] and resolved.skipped == {"SocialExchange": "social"}
