"""Shards: the people of a log in so many parts by a hash of their id, each scored alone.

No computation crosses people, so a night can be scored in parts, on several machines, and merged
(`nightly.shards_merged`). A person's shard is `hash_ids` of the id (`store.sample`: splitmix64 over
a whole number, or over the length and the first, middle and last 8 bytes of a text) modulo the
number of shards.

Where the configuration has `{shard}` in `[log] path`, `users` or `[store] folder`, each shard has a
log and a store of its own, and whoever wrote the log has split the people; else each shard reads
the store of all and takes its people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import pyarrow as pa

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity, Job
from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.nightly.shards.name import Shard
from churnlab.store.sample import hash_ids

SHARD = "{shard}"


def has(shard: Shard, ids: np.ndarray) -> np.ndarray:
    """Whether each person is in a shard, bool[n].

    >>> sum(int(has(Shard(k, 3), np.array(["ann", "bob"])).sum()) for k in range(3))
    2
    """
    hashes = hash_ids(pa.array(ids))
    return hashes % np.uint64(shard.count) == np.uint64(shard.number)


def within(activity: Activity, shard: Shard) -> Activity:
    """The activity of the people of a shard alone."""
    return cast(Activity, _Sharded(activity, shard))


def _filled(config: Config, shard: Shard) -> Config:
    users = config.log.users and config.log.users.replace(SHARD, shard.padded)
    path = config.log.path.replace(SHARD, shard.padded)
    log = config.log.model_copy(update={"path": path, "users": users})
    folder = config.store.folder.replace(SHARD, shard.padded)
    store = config.store.model_copy(update={"folder": folder})
    return config.model_copy(update={"log": log, "store": store})


def with_shard(config: Config, given: str) -> Config:
    """The configuration of the shard that a text names, for the update of its store.

    Raises ConfigError for a shard where all share one store, and for none where each has its own.
    """
    shard = Shard.of(given) if given else None
    if shard is not None and not has_own_log(config):
        raise ConfigError.from_lacking("[log] path and [store] folder", SHARD)
    return filled(config, shard)[0]


def has_own_log(config: Config) -> bool:
    """Whether each shard has a log or a store of its own."""
    return SHARD in config.log.path or SHARD in config.store.folder


def filled(config: Config, shard: Shard | None) -> tuple[Config, Shard | None]:
    """The configuration with the number of the shard in its paths, and whom to take of its log.

    That is the shard, or None for everybody in the log. Raises ConfigError where the paths ask for
    a shard and none is given.
    """
    own = has_own_log(config)
    if shard is None:
        if own:
            raise ConfigError.from_lacking("the call", "--shard, for the paths have {shard}")
        return config, None
    return _filled(config, shard), None if own else shard


@dataclass(frozen=True)
class _Sharded:
    """An activity of which each group of people keeps those of a shard."""

    activity: Activity
    shard: Shard

    def jobs(self) -> Iterator[Job]:
        """One function for each group of people."""
        for job in self.activity.jobs():
            yield partial(_chosen, job, self.shard)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.activity, name)


def _chosen(job: Job, shard: Shard) -> DailyActivity:
    group = job()
    return group.choose(np.flatnonzero(has(shard, group.users)))
