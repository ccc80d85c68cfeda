"""Outcomes of an experiment from daily rows, and what the log knew before the assignment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.dataset import compute
from churnlab.errors import ConfigError
from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Observed, Since, SinceFirst, Sum, fill
from churnlab.features.feature_set import FeatureSet
from churnlab.kernels import windows
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import sentence
from churnlab.schema.days import check_count

OUTCOMES = ("came_back", "active_days", "money")
_DAY_N = re.compile(r"day_([1-9]\d{0,2})")
_BEFORE = "before"


def chosen(names: Sequence[str] | None, has_money: bool) -> tuple[str, ...]:
    """The outcomes asked for; by default all that the log can give.

    ConfigError for an unknown name, and for money where the log has no amounts.

    >>> chosen(None, has_money=False), chosen(["day_1", "day_7"], has_money=False)
    (('came_back', 'active_days'), ('day_1', 'day_7'))
    """
    if names is None:
        return OUTCOMES if has_money else OUTCOMES[:-1]
    names = (names,) if isinstance(names, str) else tuple(names)
    for name in names:
        if name not in OUTCOMES and not _DAY_N.fullmatch(name):
            raise ConfigError.from_unknown("outcome of a log", name, (*OUTCOMES, "day_1", "day_7"))
        if name == "money" and not has_money:
            raise ConfigError.from_no_amount()
    return names


def reach(names: Sequence[str], window: int) -> int:
    """How many days after that of the assignment the outcomes need.

    >>> reach(["came_back", "day_30"], window=14), reach(["day_1"], window=14)
    (30, 1)
    """
    return max(int(found[1]) if (found := _DAY_N.fullmatch(n)) else window for n in names)


def measured(
    activity: DailyActivity,
    codes: np.ndarray,
    days: np.ndarray,
    window: int,
    names: Sequence[str],
) -> dict[str, np.ndarray]:
    """The outcomes by name, float64[n] each, in the `window` days after that of the assignment.

    `codes` int64[n] are places among the activity's users, -1 for a person without a row; `days`
    int64[n] are the days d of the assignment. `came_back` is 1 with an act in `[d + 1, d + 1 +
    window)`, `active_days` and `money` are sums over it, `day_N` is 1 with an act on day d + N. The
    day of the assignment itself counts for nothing: part of it lay before.
    """
    rows = activity.as_of()
    found = {}
    for name in names:
        on = _DAY_N.fullmatch(name)
        start, length = (days + int(on[1]), 1) if on else (days + 1, window)
        values = rows.values("money" if name == "money" else "active")
        arrays = (rows.first, rows.day, values, codes, start, start + length)
        total = windows.totals_of(*map(frozen, arrays)).astype(np.float64)
        if name == "money":
            total /= MICRO
        elif name != "active_days":
            total = (total > 0).astype(np.float64)
        found[name] = total
    return found


@dataclass(frozen=True, kw_only=True)
class Before(FeatureBuilder):
    """What a person had done before the day of the assignment, in `[d - 84, d)` and over all days.

    Days since the last act and since the first one; without an act, a day more than the log has.
    """

    signal: ClassVar[str] = _BEFORE
    default: ClassVar[bool] = False
    candidate: ClassVar[bool] = False

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Silence, days since the first act, active days, and money where the log has amounts."""
        yield Feature(
            "before__silent_days__all",
            fill(Since("active"), Observed() + 1),
            "days",
            sentence("silent for {value:.0f} days"),
        )
        yield Feature(
            "before__tenure_days__all",
            fill(SinceFirst("active"), 0.0),
            "days",
            sentence("first seen {value:.0f} days ago"),
        )
        for days in (28, 84):
            name = f"before__active_days__{days}d"
            says = sentence("active on {value:.0f} of {days} days", days=days)
            yield Feature(name, Sum("active")[0, days], "days", says)
        if "money" in roles:
            says = sentence("spent {value:amount} in {days} days", days=84)
            yield Feature("before__money__84d", Sum("money")[0, 84] / MICRO, "money", says)


def known_before(activity: DailyActivity, codes: np.ndarray, days: np.ndarray) -> pd.DataFrame:
    """What the log knew of each person at the start of the day of the assignment, float64[n, 5].

    Days of silence and since the first act, active days in 28 and 84 days, money in 84 days where
    the log has amounts. Nothing of the day itself or later is seen.
    """
    found = compute.compute(activity, codes, days, FeatureSet((Before(),)))
    return found.rename(columns=_short)


def _short(name: str) -> str:
    """The name of a fact without its signal, and without the window of all days."""
    return name.removeprefix(f"{_BEFORE}__").removesuffix("__all").replace("__", "_")


def check_silence(bounds: Sequence[int]) -> None:
    """Refuse bounds of stages that are no rising whole numbers of days; ConfigError.

    >>> check_silence((28, 7))
    Traceback (most recent call last):
    churnlab.errors.base.ConfigError: silence is (28, 7); give rising numbers of days
    """
    for bound in bounds:
        check_count("silence", bound, 1)
    if any(later <= earlier for earlier, later in pairwise(bounds)):
        raise ConfigError.from_range("silence", tuple(bounds), "rising numbers of days")


def silence_stage(silent: np.ndarray, bounds: Sequence[int]) -> np.ndarray:
    """The stage of people by days of silence, cut at `bounds`: object[n] of texts.

    >>> silence_stage(np.array([1.0, 7, 60]), (7, 28)).tolist()
    ['silent 0-6 days', 'silent 7-27 days', 'silent 28+ days']
    """
    edges = [0, *map(int, bounds)]
    names = [f"silent {a}-{b - 1} days" for a, b in pairwise(edges)]
    names.append(f"silent {edges[-1]}+ days")
    return np.array(names, object)[np.searchsorted(edges, silent, side="right") - 1]
