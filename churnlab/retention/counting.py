"""Counting over people: every group of people once, on all cores, all that is asked for at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, Protocol

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity, Job
from churnlab.kernels import cores
from churnlab.retention.people import People


class Tally(Protocol):
    """Counts that are added up over groups of people."""

    def add(self, part: DailyActivity, places: np.ndarray) -> None:
        """Count a group of people; `places` int64[people] are their rows in the frame of people."""

    def merge(self, other: Any) -> None:
        """Add the counts of another tally of the same kind."""


def count(
    activity: Activity,
    people: People,
    makers: Sequence[Callable[[], Any]],
    acts_alone: bool = False,
) -> list[Any]:
    """The tallies that `makers` make, over everybody; rows are read once for all of them.

    A store is read some people at a time. `acts_alone` says that no tally reads another measure
    than acts; then rows in memory are put in order in less time. Raises PeopleError for a frame
    that has nobody of the log, ConfigError for a log on Spark.

    >>> import churnlab as cl
    >>> class Heads:
    ...     n = 0
    ...     def add(self, part, places): self.n += len(part.users)
    ...     def merge(self, other): self.n += other.n
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> count(activity, People.of(activity, None), [Heads])[0].n
    50
    """
    threads = cores.allowed()
    free: SimpleQueue[list[Any]] = SimpleQueue()
    sets = [[make() for make in makers] for _ in range(threads)]
    for each in sets:
        free.put(each)
    jobs = list((activity.acts_alone() if acts_alone else activity).jobs())

    def work(job: Job) -> np.ndarray | None:
        """Count one group into tallies that no other thread has; its ids if all are strangers."""
        mine = free.get()
        try:
            part = job().as_of()
            places = people.places(part.users)
            for tally in mine:
                tally.add(part, places)
        finally:
            free.put(mine)
        return None if (places >= 0).any() else part.users

    with ThreadPoolExecutor(threads) as pool:
        people.check_met(list(pool.map(work, jobs)))
    for other in sets[1:]:
        for tally, more in zip(sets[0], other, strict=True):
            tally.merge(more)
    return sets[0]
