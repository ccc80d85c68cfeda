"""One person with events on chosen days, beside another who begins the log."""

from __future__ import annotations

import numpy as np
import pandas as pd

import churnlab as cl
from churnlab.dataset import compute
from churnlab.features.expression import Expression

T = 700
DAY = pd.Timestamp("2024-01-01")
START = (DAY - pd.Timestamp("1970-01-01")).days


def of_days(
    days: dict[str, list[int]] | list[int], amounts: list[float] | None = None, **roles: list[str]
) -> cl.DailyActivity:
    """Ann's events by name, on days counted from the first day of the log; Bob acts on that day."""
    named = days if isinstance(days, dict) else {"purchase" if amounts else "open": days}
    rows = [
        ("ann", DAY + pd.Timedelta(days=d, hours=9), name, (amounts or [0.0] * len(found))[i])
        for name, found in named.items()
        for i, d in enumerate(found)
    ]
    rows += [("bob", DAY, name, 0.0) for name in [*named, "open"]]
    frame = pd.DataFrame(rows, columns=["u", "t", "e", "a"])
    meaning = {name: [name] for name in [*named, "open"]} | roles
    return cl.EventLog.from_frame(
        frame,
        user="u",
        time="t",
        event="e",
        amount="a" if amounts else None,
        roles=meaning,
        timezone="UTC",
    ).daily()


def features(activity: cl.DailyActivity, builder: str, t: int = T, user: int = 0) -> pd.Series:
    """The features of a builder for a person (0: Ann) at day t."""
    return compute.compute(
        activity, np.array([user]), np.array([START + t]), cl.FeatureSet.of([builder])
    ).iloc[0]


def value(activity: cl.DailyActivity, expression: Expression, t: int = T) -> float:
    """The value of an expression for Ann at day t."""

    class One(cl.FeatureBuilder):
        def features(self, roles: frozenset[str]):  # type: ignore[no-untyped-def]
            yield cl.Feature("one__value__all", expression, "", "")

    return float(
        compute.compute(
            activity, np.array([0]), np.array([START + t]), cl.FeatureSet((One(),))
        ).iloc[0, 0]
    )
