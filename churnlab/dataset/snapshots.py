"""Snapshots: (person, t) pairs, who is eligible at t, and what happened to them afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.dataset.rule import Chosen, Rule, rows_of
from churnlab.errors import FrameError, HistoryError
from churnlab.schema.days import (
    Day,
    before,
    day_numbers,
    day_text,
    to_timestamps,
)
from churnlab.schema.frames import by_engine
from churnlab.schema.targets import Target


@dataclass(frozen=True, eq=False)
class Snapshots:
    """Rows of (user_id, snapshot): features of a row see the days before `snapshot`, its labels the days from it on.

    `frame` has user_id, snapshot (naive local midnight) and the columns of the targets: `churned` (0 or 1), `ltv` (money), `leaves_week` and
    `known_weeks` (weeks).
    `dropped` counts what was left out, by reason.
    """

    frame: pd.DataFrame
    targets: tuple[Target, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    _codes: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)

    @classmethod
    def at(
        cls,
        activity: Activity,
        days: Sequence[Day],
        active_within: int = 60,
        targets: Iterable[Target] = (),
        unobserved: Literal["error", "drop"] = "error",
        terminal: str | None = None,
    ) -> Snapshots:
        """Everybody who was active in `[t - active_within, t)`, for each t of `days`, with their labels.

        `targets=()` for scoring. A day whose label windows reach past the end of the log raises HistoryError, or with
        `unobserved="drop"` is left out and its rows counted. A person whose latest act was on the day of their own
        terminal event is not eligible: they have already gone. `terminal` names its role where no target does, as in scoring.
        The activity of a log on Spark gives SparkSnapshots, of which nothing is computed yet and nothing counted.
        """
        return cls.of(activity, Rule.of(days, active_within, targets, unobserved, terminal))

    @classmethod
    def of(cls, activity: Activity, rule: Rule) -> Snapshots:
        """Everybody whom a rule chooses on each of its days."""
        return _chosen(activity, rule)

    @staticmethod
    def check_past(activity: Any, day: int) -> None:
        """Refuses a day before which nothing was observed."""
        if not before(activity.start, day):
            raise HistoryError.from_no_past(day_text(day), day_text(activity.start))

    @classmethod
    def of_rule(
        cls, activity: DailyActivity, rule: Rule, found: Sequence[Chosen], begin: int, end: int
    ) -> Snapshots:
        """The snapshots of the users from place `begin` up to `end`, of what a rule chose on each of its days; a person's stand together."""
        cut = [f.take(np.flatnonzero((f.codes >= begin) & (f.codes < end))) for f in found]
        codes = np.concatenate([f.codes for f in cut])
        order = np.argsort(codes, kind="stable")
        days = np.repeat(np.array(rule.days), [len(f.codes) for f in cut])[order]
        labels = {n: np.concatenate([f.labels[n] for f in cut])[order] for n in rule.columns}
        frame = pd.DataFrame(
            {"user_id": activity.ids.take(codes[order]), "snapshot": to_timestamps(days), **labels}
        )
        return cls(frame, rule.targets, {}, (activity.users, codes[order]))

    @classmethod
    def from_frame(cls, frame: Any, targets: Iterable[Target] = ()) -> Snapshots:
        """Your own snapshots: user_id, snapshot (a midnight), and any of churned (0, 1) and ltv.

        Raises FrameError for missing columns, times inside a day, duplicate keys or labels that are none. A Spark DataFrame gives
        SparkSnapshots, whose rows are checked when they are computed.
        """
        return _of_frame(frame, tuple(targets))

    def keys(self, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Codes into `users` (-1: not in the log) and day numbers of every row, int64[n] each."""
        if self._codes is not None and self._codes[0] is users:
            return self._codes[1], day_numbers(self.frame["snapshot"])
        ids = self.frame["user_id"].to_numpy()
        codes = np.asarray(pd.Index(users).get_indexer(pd.Index(ids)), np.int64)
        if len(codes) and (codes < 0).all():
            raise FrameError.from_unknown_users(len(codes), len(codes), ids[0])
        return codes, day_numbers(self.frame["snapshot"])

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        days = self.frame["snapshot"].nunique()
        return f"Snapshots({len(self):,} rows, {self.frame['user_id'].nunique():,} people, {days} days)"


@by_engine("spark.frames:chosen")
def _chosen(given: Activity, rule: Rule) -> Snapshots:
    activity = given.daily()
    for day in rule.days:
        Snapshots.check_past(activity, day)
        rule.observed(activity.start, activity.end, day)
    found = [
        [(places, rule.chosen(part, day)) for day in rule.days] for places, part in activity.parts()
    ]
    by_day = [_joined(parts) for parts in zip(*found, strict=True)]
    if not sum(len(f.codes) for f in by_day):
        raise HistoryError.from_nobody(
            ", ".join(day_text(d) for d in rule.days) or "no day", rule.active_within
        )
    dropped = {
        "label window not observed": sum(f.unobserved for f in by_day),
        "already gone": sum(f.gone for f in by_day),
    }
    frame = pd.concat(
        [rows_of(activity, day, f) for day, f in zip(rule.days, by_day, strict=True)],
        ignore_index=True,
    )
    return Snapshots(
        frame,
        rule.targets,
        dropped,
        (activity.users, np.concatenate([f.codes for f in by_day])),
    )


@by_engine("spark.frames:snapshots_of_frame")
def _of_frame(frame: Any, targets: tuple[Target, ...]) -> Snapshots:
    frame = _as_pandas(frame)
    missing = [c for c in ("user_id", "snapshot") if c not in frame]
    if missing:
        raise FrameError.from_missing_columns("the snapshots", missing, frame.columns)
    out = frame[["user_id"]].assign(snapshot=_midnights(frame["snapshot"])).reset_index(drop=True)
    for name in ("churned", "ltv"):
        if name in frame and frame[name].notna().any():
            out[name] = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    repeated = int(out.duplicated(["user_id", "snapshot"]).sum())
    if repeated:
        raise FrameError.from_duplicates("the snapshots", repeated)
    _check_labels(out)
    return Snapshots(out, targets)


def _joined(parts: Sequence[tuple[np.ndarray, Chosen]]) -> Chosen:
    """What was found in groups of people as one, in the order of the users."""
    codes = np.concatenate([places[found.codes] for places, found in parts])
    order = np.argsort(codes, kind="stable")
    labels = {
        name: np.concatenate([found.labels[name] for _, found in parts])[order]
        for name in parts[0][1].labels
    }
    return Chosen(
        codes[order], labels, sum(f.gone for _, f in parts), sum(f.unobserved for _, f in parts)
    )


def _as_pandas(frame: Any) -> pd.DataFrame:
    if isinstance(frame, pd.DataFrame):
        return frame.reset_index() if {"user_id", "snapshot"} & set(frame.index.names) else frame
    import pyarrow as pa

    return pa.table(frame).to_pandas()


def _midnights(column: pd.Series) -> np.ndarray:
    """Naive midnights, datetime64[us]; the clock of a zone is kept as it reads."""
    stamps = pd.to_datetime(column)
    if stamps.dt.tz is not None:
        stamps = stamps.dt.tz_localize(None)
    inside = (stamps != stamps.dt.normalize()) | stamps.isna()
    if inside.any():
        raise FrameError.from_not_midnight("snapshot", column[inside].iloc[0], int(inside.sum()))
    return stamps.to_numpy().astype("datetime64[us]")


def _check_labels(frame: pd.DataFrame) -> None:
    if "churned" in frame:
        odd = ~frame["churned"].isin([0, 1]) & frame["churned"].notna()
        if odd.any():
            raise FrameError.from_bad_label(
                "churned", float(frame.loc[odd, "churned"].iloc[0]), int(odd.sum()), "0 or 1"
            )
    if "ltv" in frame and np.isinf(frame["ltv"]).any():
        raise FrameError.from_bad_label(
            "ltv", "inf", int(np.isinf(frame["ltv"]).sum()), "finite amounts"
        )
