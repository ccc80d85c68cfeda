"""The rule of eligibility: which people get a snapshot on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.dataset.labels import label_measures, role_measure, target_labels
from churnlab.errors import ConfigError, HistoryError
from churnlab.kernels import windows
from churnlab.kernels.person import NONE
from churnlab.schema.days import Day, as_days, before, day_text, fully_observed, to_timestamp
from churnlab.schema.lapse import Lapse
from churnlab.schema.targets import Churn, Target, TimeToChurn, as_targets


@dataclass(frozen=True)
class Eligible:
    """People who are eligible on a day, and their labels.

    `codes` are rising places in the activity's users, int64[k]; `labels` are float64[k] by column.
    `gone` counts people left out because they had already gone, `unobserved` people left out
    because their label windows reach past the end of the log.
    """

    codes: np.ndarray
    labels: Mapping[str, np.ndarray]
    gone: int
    unobserved: int

    def take(self, rows: slice) -> Eligible:
        """The people at some positions; the counts stay."""
        labels = {name: values[rows] for name, values in self.labels.items()}
        return Eligible(self.codes[rows], labels, self.gone, self.unobserved)

    def frame(self, activity: DailyActivity, day: int) -> pd.DataFrame:
        """user_id, snapshot and labels of the people, one row each."""
        stamp = np.full(len(self.codes), to_timestamp(day).to_datetime64())
        ids = activity.ids.take(self.codes)
        return pd.DataFrame({"user_id": ids, "snapshot": stamp, **self.labels})


@dataclass(frozen=True)
class Rule:
    """The arguments of `Snapshots.at`, checked.

    On each day t of `days`, everybody is eligible who was active in `[t - active_within, t)` and
    had not gone by a terminal event. Whether a person is eligible depends on that person's rows
    alone, so the rule can be applied to a group of people at a time.
    """

    days: tuple[int, ...]
    active_within: int
    targets: tuple[Target, ...]
    unobserved: str
    terminals: tuple[str, ...]

    @classmethod
    def of(
        cls,
        days: Day | Iterable[Day],
        active_within: int,
        targets: Iterable[Target],
        unobserved: str,
        terminal: str | None,
    ) -> Rule:
        """The rule of these arguments; days are sorted, and each is taken once.

        Raises ConfigError for an argument that makes no sense.
        """
        check_unobserved(unobserved)
        if active_within < 1:
            raise ConfigError.from_range("active_within", active_within, "at least 1 day")
        targets = as_targets(targets)
        if any(isinstance(t, Lapse) for t in targets):
            raise ConfigError.from_no_renewals()
        churns = [t for t in targets if isinstance(t, Churn | TimeToChurn)]
        declared = (terminal, *(t.terminal for t in churns))
        return cls(
            days=tuple(sorted(set(as_days(days)))),
            active_within=active_within,
            targets=targets,
            unobserved=unobserved,
            terminals=tuple(sorted({role for role in declared if role is not None})),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Label columns of the targets."""
        return tuple(n for t in self.targets for n in t.columns)

    def check(self, activity: Activity) -> None:
        """Refuse roles and amounts that the log lacks, and days without a past.

        Raises ConfigError for the former, HistoryError for the latter.
        """
        for role in self.terminals:
            role_measure(activity.roles, role)
        for target in self.targets:
            label_measures(target, activity.roles, activity.has_money)
        for day in self.days:
            check_past(activity, day)

    def observed(self, start: int, end: int, day: int) -> bool:
        """True if all label windows of a day lie inside a log of the days `[start, end)`.

        Raises HistoryError instead of returning False when `unobserved` is "error", and when
        a window is longer than the log.
        """
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

    def eligible(self, activity: DailyActivity) -> list[Eligible]:
        """People who are eligible on each day, with labels where the log reaches far enough.

        Raises HistoryError when a day's past was folded away.
        """
        for day in self.days:
            self._check_kept(activity, day)
        if not activity.late:
            return self._eligible(activity, activity, self.days)
        each = (self._eligible(activity.as_of(day), activity, (day,)) for day in self.days)
        return [found for (found,) in each]

    def _eligible(
        self, then: DailyActivity, activity: DailyActivity, days: tuple[int, ...]
    ) -> list[Eligible]:
        """The people who are eligible on each of the days, on which `then` was known."""
        starts = [day - self.active_within for day in days]
        last = _last_days(then, "acts", starts, days)
        return [
            self._stay(then, activity, day, np.flatnonzero(of_day > NONE))
            for day, of_day in zip(days, last, strict=True)
        ]

    def _stay(
        self, then: DailyActivity, activity: DailyActivity, day: int, codes: np.ndarray
    ) -> Eligible:
        """Those of the people, who were active before the day, who have not gone."""
        if not self.observed(activity.start, activity.end, day):
            return Eligible(codes[:0], {n: np.zeros(0) for n in self.columns}, 0, len(codes))
        stay = ~_gone(then, day, self.terminals)[codes]
        kept = codes[stay]
        whole = activity.as_of()
        labels = {n: v[kept] for t in self.targets for n, v in target_labels(whole, day, t).items()}
        return Eligible(kept, labels, int((~stay).sum()), 0)

    def _check_kept(self, activity: DailyActivity, day: int) -> None:
        """Refuse a day whose eligibility needs days that a store has folded away."""
        carry = activity.carry
        if carry is None:
            return
        first = day - self.active_within
        if before(day, carry.exact_from) or before(first, carry.before):
            what = f"who was active in the {self.active_within} days before"
            raise HistoryError.from_folded(day_text(day), what, day_text(carry.before))


def check_unobserved(given: str) -> None:
    """Refuse another value of `unobserved` than "error" and "drop"; raises ConfigError."""
    if given not in ("error", "drop"):
        raise ConfigError.from_unknown("value of unobserved=", given, ("error", "drop"))


def check_past(activity: Activity, day: int) -> None:
    """Refuse a snapshot day before which nothing was observed; raises HistoryError."""
    if not before(activity.start, day):
        raise HistoryError.from_no_past(day_text(day), day_text(activity.start))


def _gone(activity: DailyActivity, day: int, terminals: Iterable[str]) -> np.ndarray:
    """True for people who had a terminal event and no act on a later day, bool[people]."""
    gone = np.zeros(len(activity.users), bool)
    for role in terminals:
        ended, acted = (
            _last_days(activity, measure, [activity.start], [day])[0]
            for measure in (role_measure(activity.roles, role), "acts")
        )
        gone |= (ended > NONE) & (ended >= acted)
    return gone


def _last_days(
    activity: DailyActivity, measure: str, starts: Sequence[int], stops: Sequence[int]
) -> np.ndarray:
    """Each person's latest day in each `[start, stop)` with the measure above zero.

    int64[k, people] for k windows by rising stop; NONE stands for no such day.
    """
    columns = activity.first, activity.day, activity.values(measure)
    windows_of = (np.array(days, np.int64) for days in (starts, stops))
    return windows.last_days(*columns, *windows_of)
