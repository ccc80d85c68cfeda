"""Labels: what happened to everybody after a day."""

from __future__ import annotations

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.errors import ConfigError
from churnlab.kernels import windows
from churnlab.kernels.units import MICRO
from churnlab.schema.roles import Roles
from churnlab.schema.targets import WEEK, Churn, LifetimeValue, Target, TimeToChurn


def role_column(roles: Roles, role: str) -> str:
    """The daily count of a role; ConfigError where the log lacks the role."""
    if role not in roles.names:
        raise ConfigError.from_unknown("role", role, roles.names)
    return f"n_{role}"


def labels_of(activity: DailyActivity, day: int, target: Target) -> dict[str, np.ndarray]:
    """The label columns of a target for every person at one day: float64[people] each."""
    if not isinstance(target, TimeToChurn):
        return {target.name: _label(activity, day, target)}
    leaves, known = (
        np.full(len(activity.users), np.nan),
        target.known_weeks(np.array(day), activity.end),
    )
    for week in reversed(range(int(known))):
        leaves[_label(activity, day + WEEK * week, target.churn) > 0] = week
    return {"leaves_week": leaves, "known_weeks": np.full(len(leaves), float(known))}


def _label(activity: DailyActivity, day: int, target: Churn | LifetimeValue) -> np.ndarray:
    """The label of every person at one day: float64[people]."""
    total = _total(
        activity, target.window(day), measured(target, activity.roles, activity.has_money)
    )
    if isinstance(target, LifetimeValue):
        return total / MICRO
    return ((total > 0) if target.terminal else (total == 0)).astype(np.float64)


def measured(target: Target, roles: Roles, has_money: bool) -> list[str]:
    """What a label sums up."""
    if isinstance(target, LifetimeValue):
        if not has_money:
            raise ConfigError.from_no_amount()
        return ["money"]
    if target.terminal:
        return [role_column(roles, target.terminal)]
    return [role_column(roles, r) for r in target.roles] if target.roles else ["acts"]


def _total(activity: DailyActivity, window: tuple[int, int], measures: list[str]) -> np.ndarray:
    """Exact sums of measures over the days `[window[0], window[1])`, by person: int64[people]."""
    total = np.zeros(len(activity.users), np.int64)
    for measure in measures:
        total += windows.totals(activity.first, activity.day, activity.values(measure), *window)
    return total
