"""Expressions of everybody at a day, a group of people at a time on each core."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.dataset import compute
from churnlab.errors.history import HistoryError
from churnlab.errors.retention import ShortLogError
from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Expression
from churnlab.features.feature_set import FeatureSet
from churnlab.kernels import cores
from churnlab.language.sentence import sentence
from churnlab.schema.days import day_text, fully_observed

Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Asked(FeatureBuilder):
    """The expressions that are asked for, one column each, in their order."""

    signal: ClassVar[str] = "asked"
    default: ClassVar[bool] = False
    values: tuple[Expression, ...]

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """One column an expression."""
        says = sentence("{value:.2f}")
        for place, value in enumerate(self.values):
            yield Feature(f"asked__n{place}__all", value, "number", says)


def check_day(activity: Activity, day: int) -> None:
    """Refuse the morning of a day after the log, whose past is not known; ShortLogError.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> check_day(activity, activity.end)
    """
    if not fully_observed(day, activity.end):
        raise ShortLogError.from_after_end(day_text(day), day_text(activity.end - 1))


def values_at(
    part: DailyActivity,
    codes: np.ndarray,
    day: int,
    values: tuple[Expression, ...],
    said: Sequence[str] = (),
) -> np.ndarray:
    """The values of the people `codes` of a group, as known on the morning of a day.

    float64[people, values]; NaN where one is not known. Raises ConfigError for a measure that the
    log does not have, HistoryError for days that a store has folded away; `said` is what it calls
    each of the values.

    >>> import churnlab as cl
    >>> from churnlab.features.expression import Sum
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> values_at(activity, np.arange(2), activity.end, (Sum("active").all,)).shape
    (2, 1)
    """
    asked = compute.resolve(FeatureSet((Asked(values=values),)), part)
    carry = part.carry
    if said and carry is not None and (far := asked.too_far(carry, day)):
        what = said[int(asked.names.get_loc(far))]
        raise HistoryError.from_folded(day_text(day), what, day_text(carry.before))
    days = np.full(len(codes), day, np.int64)
    return compute.matrix(part, codes, days, asked, threads=1).to_numpy()


def over_groups(activity: Activity, work: Callable[[DailyActivity], Found]) -> list[Found]:
    """What `work` finds in each group of people, in their order; groups are read on all cores.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> over_groups(activity, lambda part: len(part.users))
    [50]
    """
    with ThreadPoolExecutor(cores.allowed()) as pool:
        return list(pool.map(lambda job: work(job()), list(activity.jobs())))
