"""Snapshots: (person, t) pairs, who is eligible at t, and what happened to them afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from churnlab import schema
from churnlab.activity import DailyActivity
from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.kernels import windows
from churnlab.kernels.cells import NONE
from churnlab.schema import Day, Roles
from churnlab.targets import WEEK, Churn, LifetimeValue, Target, TimeToChurn


@dataclass(frozen=True)
class Chosen:
    """Codes int64[k] of the people eligible on a day and their labels float64[k]; how many had gone, how many had labels not observed."""

    codes: np.ndarray
    labels: Mapping[str, np.ndarray]
    gone: int
    unobserved: int

    def take(self, rows: np.ndarray) -> Chosen:
        """Some of the people."""
        return Chosen(self.codes[rows], {n: v[rows] for n, v in self.labels.items()}, self.gone, self.unobserved)


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
    def of(cls, days: Sequence[Day], active_within: int, targets: Iterable[Target], unobserved: str, terminal: str | None) -> Rule:
        """Checks the arguments; days are sorted, each once."""
        targets = tuple(targets)
        terminals = {r for r in (terminal, *(t.terminal for t in targets if isinstance(t, Churn | TimeToChurn))) if r is not None}
        if unobserved not in ("error", "drop"):
            raise ConfigError.from_unknown("value of unobserved=", unobserved, ("error", "drop"))
        if active_within < 1:
            raise ConfigError.from_range("active_within", active_within, "at least 1 day")
        return cls(tuple(sorted({schema.day_number(d) for d in days})), active_within, targets, unobserved, tuple(sorted(terminals)))

    @property
    def columns(self) -> tuple[str, ...]:
        """The label columns of the targets."""
        return tuple(n for t in self.targets for n in t.columns)

    def observed(self, start: int, end: int, day: int) -> bool:
        """Whether all label windows of a day lie inside a log of the days `[start, end)`; an error instead of False where that is asked for."""
        for target in self.targets:
            stop = target.window(day)[1]
            if schema.fully_observed(stop, end):
                continue
            if stop - day > end - start:
                raise HistoryError.from_horizon_too_long(stop - day, end - start)
            if self.unobserved == "error":
                raise HistoryError.from_unobserved(target.name, schema.day_text(day), schema.day_text(stop - 1), schema.day_text(end - 1))
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
        labels = {n: v[kept] for t in self.targets for n, v in _labels(whole, day, t).items()}
        return Chosen(kept, labels, int((~stay).sum()), 0)

    def _check_kept(self, activity: DailyActivity, day: int) -> None:
        """Refuses a day before those that a store keeps one by one, or too near to them to tell who was active."""
        carry = activity.carry
        if carry is not None and (day < carry.exact_from or day - self.active_within < carry.before):
            what = f"who was active in the {self.active_within} days before"
            raise HistoryError.from_folded(schema.day_text(day), what, schema.day_text(carry.before))

    def rows(self, activity: DailyActivity, day: int) -> tuple[pd.DataFrame, int]:
        """user_id, snapshot and labels of one day, and how many were left out because they had already gone."""
        found = self.chosen(activity, day)
        return _frame(activity, day, found), found.gone

    def check(self, roles: Roles, has_money: bool) -> None:
        """Refuses roles and amounts that the log does not have."""
        for role in self.terminals:
            _role_column(roles, role)
        for target in self.targets:
            _measures(target, roles, has_money)


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
    def at(cls, activity: DailyActivity | Any, days: Sequence[Day], active_within: int = 60, targets: Iterable[Target] = (),
           unobserved: Literal["error", "drop"] = "error", terminal: str | None = None) -> Snapshots:
        """Everybody who was active in `[t - active_within, t)`, for each t of `days`, with their labels.

        `targets=()` for scoring. A day whose label windows reach past the end of the log raises HistoryError, or with
        `unobserved="drop"` is left out and its rows counted. A person whose latest act was on the day of their own
        terminal event is not eligible: they have already gone. `terminal` names its role where no target does, as in scoring.
        The activity of a log on Spark gives SparkSnapshots, of which nothing is computed yet and nothing counted.
        """
        return cls.of(activity, Rule.of(days, active_within, targets, unobserved, terminal))

    @classmethod
    def of(cls, activity: DailyActivity | Any, rule: Rule) -> Snapshots:
        """Everybody whom a rule chooses on each of its days."""
        if not isinstance(activity, DailyActivity):
            return activity.snapshots(rule)
        for day in rule.days:
            cls.check_past(activity, day)
            rule.observed(activity.start, activity.end, day)
        found = [[(places, rule.chosen(part, day)) for day in rule.days] for places, part in activity.parts()]
        by_day = [_joined(parts) for parts in zip(*found, strict=True)]
        if not sum(len(f.codes) for f in by_day):
            raise HistoryError.from_nobody(", ".join(schema.day_text(d) for d in rule.days) or "no day", rule.active_within)
        dropped = {"label window not observed": sum(f.unobserved for f in by_day), "already gone": sum(f.gone for f in by_day)}
        frame = pd.concat([_frame(activity, day, f) for day, f in zip(rule.days, by_day, strict=True)], ignore_index=True)
        return cls(frame, rule.targets, dropped, (activity.users, np.concatenate([f.codes for f in by_day])))

    @staticmethod
    def check_past(activity: Any, day: int) -> None:
        """Refuses a day before which nothing was observed."""
        if not schema.contains(np.array([activity.start]), activity.start, day).any():
            raise HistoryError.from_no_past(schema.day_text(day), schema.day_text(activity.start))

    @classmethod
    def of_rule(cls, activity: DailyActivity, rule: Rule, found: Sequence[Chosen], begin: int, end: int) -> Snapshots:
        """The snapshots of the users from place `begin` up to `end`, of what a rule chose on each of its days; a person's stand together."""
        cut = [f.take(np.flatnonzero((f.codes >= begin) & (f.codes < end))) for f in found]
        codes = np.concatenate([f.codes for f in cut])
        order = np.argsort(codes, kind="stable")
        days = np.repeat(np.array(rule.days), [len(f.codes) for f in cut])[order]
        labels = {n: np.concatenate([f.labels[n] for f in cut])[order] for n in rule.columns}
        frame = pd.DataFrame({"user_id": activity.ids.take(codes[order]), "snapshot": schema.to_timestamps(days), **labels})
        return cls(frame, rule.targets, {}, (activity.users, codes[order]))

    @classmethod
    def from_frame(cls, frame: Any, targets: Iterable[Target] = ()) -> Snapshots:
        """Your own snapshots: user_id, snapshot (a midnight), and any of churned (0, 1) and ltv.

        Raises FrameError for missing columns, times inside a day, duplicate keys or labels that are none. A Spark DataFrame gives
        SparkSnapshots, whose rows are checked when they are computed.
        """
        if schema.is_spark(frame):
            from churnlab.engines import distributed

            on_spark: Any = distributed.SparkSnapshots.of(frame, tuple(targets))
            return on_spark
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
        return cls(out, tuple(targets))

    def keys(self, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Codes into `users` (-1: not in the log) and day numbers of every row, int64[n] each."""
        if self._codes is not None and self._codes[0] is users:
            return self._codes[1], schema.day_numbers(self.frame["snapshot"])
        ids = self.frame["user_id"].to_numpy()
        codes = np.asarray(pd.Index(users).get_indexer(pd.Index(ids)), np.int64)
        if len(codes) and (codes < 0).all():
            raise FrameError.from_unknown_users(len(codes), len(codes), ids[0])
        return codes, schema.day_numbers(self.frame["snapshot"])

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        days = self.frame["snapshot"].nunique()
        return f"Snapshots({len(self):,} rows, {self.frame['user_id'].nunique():,} people, {days} days)"


def _eligible(activity: DailyActivity, day: int, active_within: int) -> np.ndarray:
    """Codes of those with an active day in `[day - active_within, day)`, sorted."""
    return np.flatnonzero(_last_day(activity, day, "acts", day - active_within) > NONE)


def _last_day(activity: DailyActivity, day: int, measure: str, since: int | None = None) -> np.ndarray:
    """Each person's latest day in `[since, day)` with the measure above zero, NONE for no such day: int64[people]."""
    return windows.last_day(activity.first, activity.day, activity.values(measure), activity.start if since is None else since, day)


def _gone(activity: DailyActivity, day: int, terminals: Iterable[str]) -> np.ndarray:
    """Who had their terminal event and has not acted on a later day: bool[people]."""
    gone = np.zeros(len(activity.users), bool)
    for role in terminals:
        ended = _last_day(activity, day, _role_column(activity.roles, role))
        gone |= (ended > NONE) & (ended >= _last_day(activity, day, "acts"))
    return gone


def _role_column(roles: Roles, role: str) -> str:
    if role not in roles.names:
        raise ConfigError.from_unknown("role", role, roles.names)
    return f"n_{role}"


def _joined(parts: Sequence[tuple[np.ndarray, Chosen]]) -> Chosen:
    """What was found in groups of people as one, in the order of the users."""
    codes = np.concatenate([places[found.codes] for places, found in parts])
    order = np.argsort(codes, kind="stable")
    labels = {name: np.concatenate([found.labels[name] for _, found in parts])[order] for name in parts[0][1].labels}
    return Chosen(codes[order], labels, sum(f.gone for _, f in parts), sum(f.unobserved for _, f in parts))


def _frame(activity: DailyActivity, day: int, found: Chosen) -> pd.DataFrame:
    stamp = np.full(len(found.codes), schema.to_timestamp(day).to_datetime64())
    return pd.DataFrame({"user_id": activity.ids.take(found.codes), "snapshot": stamp, **found.labels})


def _labels(activity: DailyActivity, day: int, target: Target) -> dict[str, np.ndarray]:
    """The label columns of a target for every person at one day: float64[people] each."""
    if not isinstance(target, TimeToChurn):
        return {target.name: _label(activity, day, target)}
    leaves, known = np.full(len(activity.users), np.nan), target.known_weeks(np.array(day), activity.end)
    for week in reversed(range(int(known))):
        leaves[_label(activity, day + WEEK * week, target.churn) > 0] = week
    return {"leaves_week": leaves, "known_weeks": np.full(len(leaves), float(known))}


def _label(activity: DailyActivity, day: int, target: Churn | LifetimeValue) -> np.ndarray:
    """The label of every person at one day: float64[people]."""
    total = _total(activity, target.window(day), _measures(target, activity.roles, activity.has_money))
    if isinstance(target, LifetimeValue):
        return total / schema.MICRO
    return ((total > 0) if target.terminal else (total == 0)).astype(np.float64)


def _measures(target: Target, roles: Roles, has_money: bool) -> list[str]:
    """What a label sums up."""
    if isinstance(target, LifetimeValue):
        if not has_money:
            raise ConfigError.from_no_amount()
        return ["money"]
    if target.terminal:
        return [_role_column(roles, target.terminal)]
    return [_role_column(roles, r) for r in target.roles] if target.roles else ["acts"]


def _total(activity: DailyActivity, window: tuple[int, int], measures: list[str]) -> np.ndarray:
    """Exact sums of measures over the days `[window[0], window[1])`, by person: int64[people]."""
    total = np.zeros(len(activity.users), np.int64)
    for measure in measures:
        total += windows.totals(activity.first, activity.day, activity.values(measure), *window)
    return total


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
            raise FrameError.from_bad_label("churned", float(frame.loc[odd, "churned"].iloc[0]), int(odd.sum()), "0 or 1")
    if "ltv" in frame and np.isinf(frame["ltv"]).any():
        raise FrameError.from_bad_label("ltv", "inf", int(np.isinf(frame["ltv"]).sum()), "finite amounts")
