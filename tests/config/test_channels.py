"""The channels of a configuration."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import churnlab as cl
from churnlab.config.channels import channel_value
from churnlab.config.inputs import people_of
from churnlab.config.tables import Config
from churnlab.errors import ConfigError

LOG = {"path": "-", "user": "user_id", "time": "ts", "event": "event"}


def test_people_and_costs_come_from_the_files(tmp_path: Path) -> None:
    made = cl.datasets.make_community(users=120, days=120, seed=1)
    made.users.to_parquet(tmp_path / "users.parquet")
    costs = pd.DataFrame({"channel": ["ads"], "period": ["2026-02"], "cost": [70.0]})
    costs.to_csv(tmp_path / "costs.csv", index=False)
    table = {"users": "users.parquet", "costs": "costs.csv"}
    config = Config.of({"log": LOG, "value": table, "currency": "¥"}, tmp_path)
    activity = made.log().daily()
    found = channel_value(config, activity)
    assert found.by_channel.set_index("channel").at["ads", "cost"] == 70
    people = people_of(config, activity, config.value.users)
    assert people is not None and len(people) == 120


def test_without_people_there_are_no_channels() -> None:
    activity = cl.datasets.make_community(users=20, days=40, seed=1).log().daily()
    config = Config.of({"log": LOG}, Path())
    assert people_of(config, activity, config.value.users) is None
    with pytest.raises(ConfigError, match="users"):
        channel_value(config, activity)
