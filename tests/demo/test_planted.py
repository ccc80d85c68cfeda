"""What is planted: kinds of people with their habits, robots with what gives them away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.demo import planted
from churnlab.errors import ConfigError


def test_kinds_change_habits_and_go_with_device_and_region() -> None:
    plain = pd.DataFrame({name: np.ones(3000) for name in planted.KINDS_OF_PEOPLE[0]})
    people = planted.plant_kinds(np.random.default_rng(0), plain, 3)
    for kind, habits in enumerate(planted.KINDS_OF_PEOPLE):
        rows = people[people["of_kind"] == kind]
        assert len(rows) > 900 and all((rows[h] == times).all() for h, times in habits.items())
        assert (rows["device"] == planted.DEVICES[kind]).mean() > 0.75
        assert (rows["region"] == planted.REGIONS[kind]).mean() > 0.75


def test_one_kind_changes_no_habit() -> None:
    plain = pd.DataFrame({name: np.ones(9) for name in planted.KINDS_OF_PEOPLE[0]})
    people = planted.plant_kinds(np.random.default_rng(0), plain, 1)
    assert people[list(plain)].equals(plain)


def test_robots_stay_within_the_log_and_farms_share_a_device() -> None:
    events, attributes, scripts = planted.robots(np.random.default_rng(1), 80, 60)
    assert events["second"].min() >= 0 and events["second"].max() < 61 * 86_400
    farm = scripts["script"] == "farm"
    assert attributes["device"][farm].value_counts().tolist() == [10, 10]
    assert attributes["device"][~farm].is_unique
    clock = scripts["user_id"][scripts["script"] == "clock"].iloc[0]
    gaps = np.diff(np.sort(events["second"][events["user_id"] == clock]))
    assert gaps.std() < 0.05 * gaps.mean()


def test_a_community_takes_them_and_stays_as_it_was_without() -> None:
    plain = cl.datasets.make_community(users=40, days=40, seed=3)
    botted = cl.datasets.make_community(users=40, days=40, seed=3, bots=8)
    people = ~botted.events["user_id"].str.startswith("r")
    assert (
        botted.events[people]
        .reset_index(drop=True)
        .equals(plain.events.sort_values(["ts", "user_id"], kind="stable", ignore_index=True))
    )
    assert plain.devices is None and botted.devices["user_id"].is_unique
    assert botted.truth["script"].notna().sum() == 8
    with pytest.raises(ConfigError, match="1 to 3 kinds"):
        cl.datasets.make_community(users=40, days=40, kinds=4)
    with pytest.raises(ConfigError, match="0 or more bots"):
        cl.datasets.make_community(users=40, days=40, bots=-1)
