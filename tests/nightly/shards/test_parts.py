"""Which people a shard has, and the paths of shards with a log of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.nightly.shards.name import Shard
from churnlab.nightly.shards.parts import filled, has, with_shard, within

LOG = {"path": "events/{shard}/{day}.parquet", "user": "u", "time": "t", "event": "e"}


@pytest.mark.parametrize("ids", [np.arange(1000), np.array([f"u{i}" for i in range(1000)], object)])
def test_everybody_is_in_one_shard_and_shards_are_of_like_size(ids: np.ndarray) -> None:
    found = np.array([has(Shard(k, 7), ids) for k in range(7)])
    assert (found.sum(axis=0) == 1).all()
    assert found.sum(axis=1).min() > 100 and found.sum(axis=1).max() < 190


def test_the_people_of_all_shards_are_those_of_the_log_with_the_same_rows() -> None:
    activity = cl.datasets.make_community(users=80, days=60, seed=1).log().daily()
    parts = [job() for k in range(3) for job in within(activity, Shard(k, 3)).jobs()]
    assert {user for part in parts for user in part.users} == set(activity.users)
    frames = [part.frame() for part in parts]
    whole = activity.frame()
    together = pd.concat(frames).sort_values(["user_id", "day"], ignore_index=True)
    pd.testing.assert_frame_equal(together, whole.reset_index(drop=True), check_dtype=False)
    assert within(activity, Shard(0, 3)).end == activity.end


def test_paths_get_the_number_with_as_many_digits_as_the_last_has() -> None:
    users = {"users": "users/{shard}.parquet"}
    config = Config.of({"log": LOG | users, "store": {"folder": "store/{shard}"}}, Path("/data"))
    found, people = filled(config, Shard(7, 100))
    assert people is None
    assert found.path(found.log.path) == "/data/events/07/{day}.parquet"
    assert (found.log.users, found.store.folder) == ("users/07.parquet", "store/07")
    with pytest.raises(ConfigError, match="--shard"):
        filled(config, None)
    assert with_shard(config, "99/100").store.folder == "store/99"


def test_where_all_share_a_log_a_shard_is_whom_to_take() -> None:
    config = Config.of({"log": LOG | {"path": "x"}}, Path())
    assert filled(config, Shard(1, 2)) == (config, Shard(1, 2))
    assert filled(config, None) == (config, None)
    with pytest.raises(ConfigError, match="{shard}"):
        with_shard(config, "1/2")
