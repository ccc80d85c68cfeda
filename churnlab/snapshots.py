"""Snapshots: (person, t) pairs, who is eligible at t, and what happened to them afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from churnlab import schema
from churnlab.activity import DailyActivity
from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.kernels import windows
from churnlab.kernels.cells import NONE
from churnlab.targets import Churn, LifetimeValue, Target

Day: TypeAlias = str | date | pd.Timestamp | int


@dataclass(frozen=True, eq=False)
class Snapshots:
    """Rows of (user_id, snapshot): features of a row see the days before `snapshot`, its labels the days from it on.

    `frame` has user_id, snapshot (naive local midnight) and one column a target: `churned` (0 or 1) and `ltv` (money).
    `dropped` counts what was left out, by reason.
    """

    frame: pd.DataFrame
    targets: tuple[Target, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def at(cls, activity: DailyActivity, days: Sequence[Day], active_within: int = 60, targets: Iterable[Target] = (),
           unobserved: Literal["error", "drop"] = "error", terminal: str | None = None) -> Snapshots:
        """Everybody who was active in `[t - active_within, t)`, for each t of `days`, with their labels.

        `targets=()` for scoring. A day whose label windows reach past the end of the log raises HistoryError, or with
        `unobserved="drop"` is left out and its rows counted. A person whose latest act was on the day of their own
        terminal event is not eligible: they have already gone. `terminal` names its role where no target does, as in scoring.
        """
        targets = tuple(targets)
        terminals = {r for r in (terminal, *(t.terminal for t in targets if isinstance(t, Churn))) if r is not None}
        if unobserved not in ("error", "drop"):
            raise ConfigError.from_unknown("value of unobserved=", unobserved, ("error", "drop"))
        if active_within < 1:
            raise ConfigError.from_range("active_within", active_within, "at least 1 day")
        parts, dropped = [], {"label window not observed": 0, "already gone": 0}
        for day in sorted({schema.day_number(d) for d in days}):
            _check_past(activity, day)
            then = activity.as_of(day)
            codes = _eligible(then, day, active_within)
            if not _observed(activity, day, targets, unobserved):
                dropped["label window not observed"] += len(codes)
                continue
            stay = ~_gone(then, day, terminals)[codes]
            dropped["already gone"] += int((~stay).sum())
            parts.append(_rows(activity, day, codes[stay], targets))
        if not parts or not sum(map(len, parts)):
            raise HistoryError.from_nobody(", ".join(str(d) for d in days) or "no day", active_within)
        return cls(pd.concat(parts, ignore_index=True), targets, dropped)

    @classmethod
    def from_frame(cls, frame: Any, targets: Iterable[Target] = ()) -> Snapshots:
        """Your own snapshots: user_id, snapshot (a midnight), and any of churned (0, 1) and ltv.

        Raises FrameError for missing columns, times inside a day, duplicate keys or labels that are none.
        """
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


def _check_past(activity: DailyActivity, day: int) -> None:
    if not schema.contains(activity.day, activity.start, day).any():
        raise HistoryError.from_no_past(schema.day_text(day), schema.day_text(activity.start))


def _observed(activity: DailyActivity, day: int, targets: tuple[Target, ...], unobserved: str) -> bool:
    """Whether all label windows lie inside the log; an error instead of False where that is asked for."""
    for target in targets:
        stop = target.window(day)[1]
        if schema.fully_observed(stop, activity.end):
            continue
        if stop - day > activity.end - activity.start:
            raise HistoryError.from_horizon_too_long(stop - day, activity.end - activity.start)
        if unobserved == "error":
            raise HistoryError.from_unobserved(target.name, schema.day_text(day), schema.day_text(stop - 1),
                                               schema.day_text(activity.end - 1))
        return False
    return True


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
        ended = _last_day(activity, day, _role_column(activity, role))
        gone |= (ended > NONE) & (ended >= _last_day(activity, day, "acts"))
    return gone


def _role_column(activity: DailyActivity, role: str) -> str:
    if role not in activity.roles.names:
        raise ConfigError.from_unknown("role", role, activity.roles.names)
    return f"n_{role}"


def _rows(activity: DailyActivity, day: int, codes: np.ndarray, targets: tuple[Target, ...]) -> pd.DataFrame:
    labels = {t.name: _label(activity.as_of(), day, t)[codes] for t in targets}
    stamp = np.full(len(codes), schema.to_timestamp(day).to_datetime64())
    return pd.DataFrame({"user_id": activity.ids.take(codes), "snapshot": stamp, **labels})


def _label(activity: DailyActivity, day: int, target: Target) -> np.ndarray:
    """The label of every person at one day: float64[people]."""
    window = target.window(day)
    if isinstance(target, LifetimeValue):
        if not activity.has_money:
            raise ConfigError.from_no_amount()
        return _total(activity, window, ["money"]) / schema.MICRO
    if target.terminal:
        return (_total(activity, window, [_role_column(activity, target.terminal)]) > 0).astype(np.float64)
    measures = [_role_column(activity, r) for r in target.roles] if target.roles else ["acts"]
    return (_total(activity, window, measures) == 0).astype(np.float64)


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
