"""Snapshots: (user_id, day) pairs with the people who are eligible and their labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.dataset.given import midnights, numbers, with_columns
from churnlab.dataset.renewals import renewal_rows
from churnlab.dataset.rule import Eligible, Rule
from churnlab.errors import FrameError, HistoryError
from churnlab.schema.days import Day, day_numbers, day_text, to_timestamps
from churnlab.schema.frames import by_engine
from churnlab.schema.targets import Target, as_targets
from churnlab.schema.user_ids import known_ids
from churnlab.schema.views import view

KEYS = ["user_id", "snapshot"]


@dataclass(frozen=True, eq=False)
class Snapshots:
    """Rows of (user_id, snapshot), the rows of a dataset.

    Features of a row see the days before `snapshot`, its labels the days from `snapshot` on.
    `frame` has user_id, snapshot (a naive local midnight) and the label columns of the targets:
    `churned` (0 or 1), `ltv` (money), `leaves_week` and `known_weeks` (weeks).
    `dropped` counts the rows that were left out, by reason. `active_within` is that of `at`, in
    days; None where who is eligible was said in another way.

    >>> from churnlab.demo.datasets import make_community
    >>> activity = make_community(users=30, days=60).log().daily()
    >>> Snapshots.at(activity, ["2026-01-20", "2026-02-10"], active_within=14)
    Snapshots(52 rows, 30 people, 2 days)
    """

    frame: pd.DataFrame
    targets: tuple[Target, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    _codes: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)
    active_within: int | None = None

    @classmethod
    def at(
        cls,
        activity: Activity,
        days: Day | Iterable[Day],
        active_within: int = 60,
        targets: Iterable[Target] = (),
        unobserved: Literal["error", "drop"] = "error",
        terminal: str | None = None,
    ) -> Snapshots:
        """Snapshots of everybody who was active in `[t - active_within, t)`, for each t of `days`.

        `days` is one day or several. Each row has the labels of `targets`; give none for scoring. A
        day whose label windows reach past the end of the log raises HistoryError; with
        `unobserved="drop"` the day is left out and its rows are counted. People whose latest act
        was on the day of their own terminal event have already gone and are not eligible. The
        targets name the terminal role, or `terminal` does where there is no target, as in scoring.

        The activity of a log on Spark gives SparkSnapshots, which are computed when they are used.

        >>> from churnlab.demo.datasets import make_community
        >>> from churnlab.schema.targets import Churn
        >>> activity = make_community(users=30, days=60).log().daily()
        >>> snapshots = Snapshots.at(activity, ["2026-02-15"], targets=[Churn(horizon=7)])
        >>> list(snapshots.frame.columns), int(snapshots.frame["churned"].sum())
        (['user_id', 'snapshot', 'churned'], 2)
        """
        return _at(activity, Rule.of(days, active_within, targets, unobserved, terminal))

    @classmethod
    def from_frame(cls, frame: Any, targets: Iterable[Target] = ()) -> Snapshots:
        """Snapshots of your own: user_id, snapshot (a midnight), and any of `churned` and `ltv`.

        `targets` say what the labels mean, where they are labels of this library. Raises
        FrameError for missing columns, times inside a day, repeated keys, and labels that are not
        0 or 1, or not finite. A Spark DataFrame gives SparkSnapshots, whose rows are checked when
        they are computed.

        >>> Snapshots.from_frame(pd.DataFrame({"user_id": [7, 9], "snapshot": "2026-03-01"}))
        Snapshots(2 rows, 2 people, 1 days)
        """
        return _from_frame(frame, as_targets(targets))

    @classmethod
    def before_renewal(
        cls,
        activity: Activity,
        renewals: Any,
        days: int,
        targets: Iterable[Target] = (),
        unobserved: Literal["error", "drop"] = "error",
    ) -> Snapshots:
        """Snapshots of people with contracts, `days` days before each one's own renewal date.

        `renewals` has user_id and renewal: the local day (a date, a midnight or text) on which the
        contract ends unless it is renewed; a person may have several. Features see the days before
        the snapshot, so nothing of its own day or later. `targets` are Lapse and LifetimeValue;
        give none for scoring. A Lapse without a role needs the column `renewed`: 1, 0, or missing
        where it is not known yet.

        Everybody with a renewal is eligible, active or not; a person without any event has an empty
        history. Renewals are left out, and counted in `dropped`, whose snapshot lies after the end
        of the log or has no day of the log before it, and with `Lapse(role=…)` those at whose
        snapshot the person's renewal before is still open: a payment could be for either. A label
        that is not known yet raises HistoryError or FrameError; with `unobserved="drop"` the row is
        left out and counted.

        ConfigError for days below 1, other targets and unknown roles; FrameError for missing
        columns, dates that cannot be read or lie inside a day, duplicate renewals, answers that are
        not 0 or 1, people of whom the log knows none, and when no row is left.

        >>> from churnlab.demo.datasets import make_subscriptions
        >>> from churnlab.schema.lapse import Lapse
        >>> made = make_subscriptions(users=50, days=200)
        >>> activity, lapse = made.log().daily(), Lapse(grace=5, role="payment")
        >>> found = Snapshots.before_renewal(activity, made.renewals, 7, [lapse], "drop")
        >>> list(found.frame), len(found) + sum(found.dropped.values()) == len(made.renewals)
        (['user_id', 'snapshot', 'churned'], True)
        """
        daily = activity.daily()
        found = renewal_rows(daily, renewals, days, targets, unobserved)
        return cls(found.frame, found.targets, found.dropped, (daily.users, found.codes))

    def keys(self, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The person and the day of every row: places in `users` and day numbers, int64[n] each.

        A person who is not in `users` has place -1. Raises FrameError when nobody is in it.

        >>> own = Snapshots.from_frame(pd.DataFrame({"user_id": [7, 9], "snapshot": "1970-01-02"}))
        >>> own.keys(np.array([9, 11]))
        (array([-1,  0]), array([1, 1]))
        """
        days = day_numbers(self.frame["snapshot"])
        if self._codes is not None and self._codes[0] is users:
            return self._codes[1], days
        ids = self.frame["user_id"].to_numpy()
        codes = np.asarray(pd.Index(users).get_indexer(pd.Index(ids)), np.int64)
        if len(codes) and (codes < 0).all():
            raise FrameError.from_unknown_users(len(codes), len(codes), ids.tolist()[0])
        return codes, days

    def without(self, rows: np.ndarray, reason: str) -> Snapshots:
        """The snapshots without some rows, bool[n], which `dropped` counts for a reason.

        Raises HistoryError where no row is left.

        >>> own = Snapshots.from_frame(pd.DataFrame({"user_id": [7, 9], "snapshot": "1970-01-02"}))
        >>> own.without(np.array([True, False]), "tests").dropped
        {'tests': 1}
        """
        if rows.all():
            raise HistoryError.from_no_rows(f"what is left without {reason}")
        kept = ~rows
        codes = None if self._codes is None else (self._codes[0], self._codes[1][kept])
        return replace(
            self,
            frame=self.frame[kept].reset_index(drop=True),
            dropped={**self.dropped, reason: int(rows.sum())},
            _codes=codes,
        )

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        people = self.frame["user_id"].nunique()
        days = self.frame["snapshot"].nunique()
        return f"Snapshots({len(self):,} rows, {people:,} people, {days} days)"

    def _repr_html_(self) -> str:
        return str(view("report.glances:snapshots")(self).html())


@by_engine("spark.snapshots:at")
def _at(given: Activity, rule: Rule) -> Snapshots:
    """Snapshots of the people who are eligible by a rule, in the order of its days."""
    activity = given.daily()
    rule.check(activity)
    for day in rule.days:
        rule.observed(activity.start, activity.end, day)
    found = [
        [(places, of_day) for of_day in rule.eligible(part)] for places, part in activity.parts()
    ]
    by_day = [_joined(parts) for parts in zip(*found, strict=True)]
    if not sum(len(each.codes) for each in by_day):
        days = ", ".join(day_text(d) for d in rule.days) or "no day"
        raise HistoryError.from_nobody(days, rule.active_within)
    frames = [each.frame(activity, day) for day, each in zip(rule.days, by_day, strict=True)]
    dropped = {
        "label window not observed": sum(each.unobserved for each in by_day),
        "already gone": sum(each.gone for each in by_day),
    }
    codes = np.concatenate([each.codes for each in by_day])
    frame = pd.concat(frames, ignore_index=True)
    known = (activity.users, codes)
    return Snapshots(frame, rule.targets, dropped, known, rule.active_within)


def _joined(parts: Sequence[tuple[np.ndarray, Eligible]]) -> Eligible:
    """Eligible people of several groups as one, in the order of all users.

    Each part holds the places of the group's people among all users, and who is eligible of them.
    """
    codes = np.concatenate([places[found.codes] for places, found in parts])
    order = np.argsort(codes, kind="stable")
    labels = {
        name: np.concatenate([found.labels[name] for _, found in parts])[order]
        for name in parts[0][1].labels
    }
    gone = sum(found.gone for _, found in parts)
    unobserved = sum(found.unobserved for _, found in parts)
    return Eligible(codes[order], labels, gone, unobserved)


def snapshots_of_group(
    activity: DailyActivity, rule: Rule, by_day: Sequence[Eligible], begin: int, end: int
) -> Snapshots:
    """Snapshots of the users at the places `[begin, end)`, each person's rows side by side.

    `by_day` holds the eligible people of each day of the rule.
    """
    cut = [e.take(slice(*np.searchsorted(e.codes, [begin, end]))) for e in by_day]
    codes = np.concatenate([e.codes for e in cut])
    order = np.argsort(codes, kind="stable")
    days = np.repeat(np.array(rule.days), [len(e.codes) for e in cut])[order]
    labels = {n: np.concatenate([e.labels[n] for e in cut])[order] for n in rule.columns}
    ids = activity.ids.take(codes[order])
    frame = pd.DataFrame({"user_id": ids, "snapshot": to_timestamps(days), **labels})
    return Snapshots(frame, rule.targets, {}, (activity.users, codes[order]))


@by_engine("spark.snapshots:from_frame")
def _from_frame(given: Any, targets: tuple[Target, ...]) -> Snapshots:
    """Checked snapshots of a frame whose keys are columns or index levels."""
    frame = with_columns("the snapshots", given, KEYS)
    ids = known_ids("the snapshots", frame["user_id"])
    out = ids.to_frame().assign(snapshot=midnights(frame["snapshot"])).reset_index(drop=True)
    for name in ("churned", "ltv"):
        if name in frame and frame[name].notna().any():
            out[name] = numbers(frame[name])
    repeated = int(out.duplicated(KEYS).sum())
    if repeated:
        raise FrameError.from_duplicates("the snapshots", repeated)
    _check_labels(out)
    return Snapshots(out, targets)


def _check_labels(frame: pd.DataFrame) -> None:
    """Refuse a `churned` that is not 0 or 1, and an infinite `ltv`."""
    if "churned" in frame:
        odd = ~frame["churned"].isin([0, 1]) & frame["churned"].notna()
        if odd.any():
            example = float(frame.loc[odd, "churned"].iloc[0])
            raise FrameError.from_bad_label("churned", example, int(odd.sum()), "0 or 1")
    if "ltv" in frame and np.isinf(frame["ltv"]).any():
        count = int(np.isinf(frame["ltv"]).sum())
        raise FrameError.from_bad_label("ltv", "inf", count, "finite amounts")
