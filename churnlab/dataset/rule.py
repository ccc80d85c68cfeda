"""Who is eligible on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.dataset.labels import labels_of, measured, role_column
from churnlab.errors import ConfigError, HistoryError
from churnlab.kernels import windows
from churnlab.kernels.cells import NONE
from churnlab.schema.days import (
    Day,
    before,
    day_number,
    day_text,
    fully_observed,
    to_timestamp,
)
from churnlab.schema.roles import Roles
from churnlab.schema.targets import Churn, Target, TimeToChurn


@dataclass(frozen=True)
class Chosen:
    """Codes int64[k] of the people eligible on a day and their labels float64[k]; how many had gone, how many had labels not observed."""

    codes: np.ndarray
    labels: Mapping[str, np.ndarray]
    gone: int
    unobserved: int

    def take(self, rows: np.ndarray) -> Chosen:
        """Some of the people."""
        return Chosen(
            self.codes[rows],
            {n: v[rows] for n, v in self.labels.items()},
            self.gone,
            self.unobserved,
        )


@dataclass(frozen=True)
class Rule:
    """Everybody who was active in `[t - active_within, t)`, for each t of `days`, but those who had already gone: the arguments of
    `Snapshots.at`, checked. What it says of one person and day depends on that person's rows alone."""

    days: tuple[int, ...]
    active_within: int
    targets: tuple[Target, ...]
    unobserved: str
    terminals: tuple[str, ...]

    @classmethod
    def of(
        cls,
        days: Sequence[Day],
        active_within: int,
        targets: Iterable[Target],
        unobserved: str,
        terminal: str | None,
    ) -> Rule:
        """Checks the arguments; days are sorted, each once."""
        targets = tuple(targets)
        terminals = {
            r
            for r in (
                terminal,
                *(t.terminal for t in targets if isinstance(t, Churn | TimeToChurn)),
            )
            if r is not None
        }
        if unobserved not in ("error", "drop"):
            raise ConfigError.from_unknown("value of unobserved=", unobserved, ("error", "drop"))
        if active_within < 1:
            raise ConfigError.from_range("active_within", active_within, "at least 1 day")
        return cls(
            tuple(sorted({day_number(d) for d in days})),
            active_within,
            targets,
            unobserved,
            tuple(sorted(terminals)),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The label columns of the targets."""
        return tuple(n for t in self.targets for n in t.columns)

    def observed(self, start: int, end: int, day: int) -> bool:
        """Whether all label windows of a day lie inside a log of the days `[start, end)`; an error instead of False where that is asked for."""
        for target in self.targets:
            stop = target.window(day)[1]
            if fully_observed(stop, end):
                continue
            reach, observed = stop - day, end - start
            if reach > observed:
                raise HistoryError.from_horizon_too_long(reach, observed)
            if self.unobserved == "error":
                raise HistoryError.from_unobserved(
                    target.name, day_text(day), day_text(stop - 1), day_text(end - 1)
                )
            return False
        return True

    def chosen(self, activity: DailyActivity, day: int) -> Chosen:
        """Who is eligible on a day, and their labels where the log reaches far enough."""
        self._check_kept(activity, day)
        then = activity.as_of(day)
        codes = _eligible(then, day, self.active_within)
        if not self.observed(activity.start, activity.end, day):
            return Chosen(codes[:0], {n: np.zeros(0) for n in self.columns}, 0, len(codes))
        stay = ~_gone(then, day, self.terminals)[codes]
        kept, whole = codes[stay], activity.as_of()
        labels = {n: v[kept] for t in self.targets for n, v in labels_of(whole, day, t).items()}
        return Chosen(kept, labels, int((~stay).sum()), 0)

    def _check_kept(self, activity: DailyActivity, day: int) -> None:
        """Refuses a day before those that a store keeps one by one, or too near to them to tell who was active."""
        carry = activity.carry
        if carry is not None and (
            before(day, carry.exact_from) or before(day - self.active_within, carry.before)
        ):
            what = f"who was active in the {self.active_within} days before"
            raise HistoryError.from_folded(day_text(day), what, day_text(carry.before))

    def rows(self, activity: DailyActivity, day: int) -> tuple[pd.DataFrame, int]:
        """user_id, snapshot and labels of one day, and how many were left out because they had already gone."""
        found = self.chosen(activity, day)
        return rows_of(activity, day, found), found.gone

    def check(self, roles: Roles, has_money: bool) -> None:
        """Refuses roles and amounts that the log does not have."""
        for role in self.terminals:
            role_column(roles, role)
        for target in self.targets:
            measured(target, roles, has_money)


def _eligible(activity: DailyActivity, day: int, active_within: int) -> np.ndarray:
    """Codes of those with an active day in `[day - active_within, day)`, sorted."""
    return np.flatnonzero(_last_day(activity, day, "acts", day - active_within) > NONE)


def _last_day(
    activity: DailyActivity, day: int, measure: str, since: int | None = None
) -> np.ndarray:
    """Each person's latest day in `[since, day)` with the measure above zero, NONE for no such day: int64[people]."""
    return windows.last_day(
        activity.first,
        activity.day,
        activity.values(measure),
        activity.start if since is None else since,
        day,
    )


def _gone(activity: DailyActivity, day: int, terminals: Iterable[str]) -> np.ndarray:
    """Who had their terminal event and has not acted on a later day: bool[people]."""
    gone = np.zeros(len(activity.users), bool)
    for role in terminals:
        ended = _last_day(activity, day, role_column(activity.roles, role))
        gone |= (ended > NONE) & (ended >= _last_day(activity, day, "acts"))
    return gone


def rows_of(activity: DailyActivity, day: int, found: Chosen) -> pd.DataFrame:
    """user_id, snapshot and labels of one day."""
    stamp = np.full(len(found.codes), to_timestamp(day).to_datetime64())
    return pd.DataFrame(
        {"user_id": activity.ids.take(found.codes), "snapshot": stamp, **found.labels}
    )
