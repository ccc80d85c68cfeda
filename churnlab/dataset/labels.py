"""Labels of a target: what each person did in the days after a snapshot."""

from __future__ import annotations

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.errors import ConfigError
from churnlab.kernels import windows
from churnlab.kernels.units import MICRO
from churnlab.schema.lapse import Lapse
from churnlab.schema.roles import Roles, role_column
from churnlab.schema.targets import WEEK, Churn, LifetimeValue, Target, TimeToChurn


def target_labels(activity: DailyActivity, day: int, target: Target) -> dict[str, np.ndarray]:
    """Label columns of a target for every person at one snapshot day, float64[people] each.

    `day` counts days since 1970-01-01. A `leaves_week` that the log does not show is NaN.
    Raises ConfigError when the log lacks the target's roles or amounts.
    """
    if not isinstance(target, TimeToChurn):
        return {target.name: _label(activity, day, target)}
    leaves = np.full(len(activity.users), np.nan)
    known = int(target.known_weeks(np.array(day), activity.end))
    for week in reversed(range(known)):
        leaves[_label(activity, day + WEEK * week, target.churn) > 0] = week
    return {"leaves_week": leaves, "known_weeks": np.full(len(leaves), float(known))}


def label_measures(target: Target, roles: Roles, has_money: bool) -> list[str]:
    """Names of the daily measures that a target's label sums up.

    Raises ConfigError when the log lacks the target's roles or amounts.
    """
    if isinstance(target, LifetimeValue):
        if not has_money:
            raise ConfigError.from_no_amount()
        return ["money"]
    if isinstance(target, Lapse):
        return [] if target.role is None else [role_measure(roles, target.role)]
    if target.terminal:
        return [role_measure(roles, target.terminal)]
    return [role_measure(roles, role) for role in target.roles] if target.roles else ["acts"]


def role_measure(roles: Roles, role: str) -> str:
    """Name of the daily measure that counts a role's events; ConfigError for an unknown role."""
    if role not in roles.names:
        raise ConfigError.from_unknown("role", role, roles.names)
    return role_column(role)


def labels_of(
    activity: DailyActivity, codes: np.ndarray, days: np.ndarray, target: LifetimeValue | Lapse
) -> np.ndarray:
    """The label of each (person, day), float64[n]; `codes` int64[n] are -1 for unknown people.

    Raises ConfigError when the log lacks the target's role or amounts.
    """
    start, stop = (days + shift for shift in target.window(0))
    total = np.zeros(len(codes), np.int64)
    for measure in label_measures(target, activity.roles, activity.has_money):
        values = activity.values(measure)
        total += windows.totals_of(activity.first, activity.day, values, codes, start, stop)
    return _as_label(total, target)


def _label(activity: DailyActivity, day: int, target: Churn | LifetimeValue | Lapse) -> np.ndarray:
    """One label of every person at one day, float64[people]."""
    measures = label_measures(target, activity.roles, activity.has_money)
    return _as_label(_total(activity, target.window(day), measures), target)


def _as_label(total: np.ndarray, target: Churn | LifetimeValue | Lapse) -> np.ndarray:
    """The label of people with these sums over the target's window, float64[n]."""
    if isinstance(target, LifetimeValue):
        return total / MICRO
    ended = isinstance(target, Churn) and target.terminal is not None
    return ((total > 0) if ended else (total == 0)).astype(np.float64)


def _total(activity: DailyActivity, window: tuple[int, int], measures: list[str]) -> np.ndarray:
    """Exact sum of the measures over the days `[window[0], window[1])`, int64[people]."""
    total = np.zeros(len(activity.users), np.int64)
    for measure in measures:
        total += windows.totals(activity.first, activity.day, activity.values(measure), *window)
    return total
