"""Rows of snapshots before renewals: each person's own dates, as days of the log, with labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.dataset.given import midnights, with_columns
from churnlab.dataset.labels import label_measures, labels_of
from churnlab.dataset.rule import check_unobserved
from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.errors.renewals import RenewalsError
from churnlab.schema.days import (
    before,
    check_count,
    day_numbers,
    day_text,
    fully_observed,
    to_timestamps,
    up_to,
)
from churnlab.schema.lapse import Lapse
from churnlab.schema.targets import LifetimeValue, Target, as_targets
from churnlab.schema.user_ids import known_ids

KEYS = ["user_id", "renewal"]


@dataclass(frozen=True, eq=False)
class RenewalRows:
    """Snapshots before renewals: `frame` has user_id, snapshot and labels, by day and person.

    `codes` int64[n] are places among the activity's users, -1 for a person who is not in the log.
    `targets` know how many days before the renewal the snapshots are. `dropped` counts the renewals
    that were left out, by reason.
    """

    frame: pd.DataFrame
    codes: np.ndarray
    targets: tuple[Lapse | LifetimeValue, ...]
    dropped: dict[str, int]


def renewal_rows(
    activity: DailyActivity, given: Any, days: int, targets: Iterable[Target], unobserved: str
) -> RenewalRows:
    """The rows of `Snapshots.before_renewal`, with its arguments and errors."""
    check_unobserved(unobserved)
    bound = tuple(_bound(activity, days, targets))
    rows = _read(given, bound)
    rows["day"] = rows["renewal"] - days
    rows["code"] = _places(activity, rows["user_id"])
    dropped: dict[str, int] = {}
    left = np.ones(len(rows), bool)
    for reason, out in _left_out(activity, rows, bound):
        dropped[reason] = int((left & out).sum())
        left &= ~out
    rows = rows[left]
    unknown = _not_observed(activity, rows, bound, unobserved)
    dropped = {
        k: n for k, n in {**dropped, "label window not observed": int(unknown.sum())}.items() if n
    }
    rows = rows[~unknown].sort_values(["day", "code"], kind="stable")
    if rows.empty:
        raise RenewalsError.from_none_left(len(left), dropped)
    _check_kept(activity, int(rows["day"].min()))
    columns = {"user_id": rows["user_id"], "snapshot": to_timestamps(rows["day"].to_numpy())}
    frame = pd.DataFrame({**columns, **_labels(activity, rows, bound)}).reset_index(drop=True)
    return RenewalRows(frame, rows["code"].to_numpy(), bound, dropped)


def _bound(
    activity: DailyActivity, days: int, targets: Iterable[Target]
) -> Iterator[Lapse | LifetimeValue]:
    """The targets, each Lapse with `days`; ConfigError for days and targets that cannot be."""
    check_count("days", days, 1)
    names = set()
    for target in as_targets(targets):
        if not isinstance(target, Lapse | LifetimeValue):
            raise ConfigError.from_type("a target", target, "Lapse or LifetimeValue")
        if target.name in names:
            raise ConfigError.from_twice("target", [target.name])
        names.add(target.name)
        label_measures(target, activity.roles, activity.has_money)
        yield replace(target, days=int(days)) if isinstance(target, Lapse) else target


def _read(given: Any, targets: tuple[Lapse | LifetimeValue, ...]) -> pd.DataFrame:
    """user_id, renewal (days since 1970-01-01) and, where it is the answer, renewed; checked."""
    frame = with_columns("the renewals", given, KEYS)
    if frame["user_id"].isna().any():
        raise RenewalsError.from_no_ids(int(frame["user_id"].isna().sum()))
    days = day_numbers(pd.DatetimeIndex(midnights(frame["renewal"])))
    ids = known_ids("the renewals", frame["user_id"])
    rows = ids.to_frame().assign(renewal=days).reset_index(drop=True)
    repeated = int(rows.duplicated(KEYS).sum())
    if repeated:
        raise FrameError.from_duplicates("the renewals", repeated)
    lapse = _lapse(targets)
    if lapse is None:
        return rows
    if lapse.role is not None and "renewed" in frame:
        raise RenewalsError.from_two_answers(lapse.role)
    if lapse.role is not None:
        return rows
    if "renewed" not in frame:
        raise RenewalsError.from_no_answer(frame.columns)
    return rows.assign(renewed=_answers(frame["renewed"]))


def _lapse(targets: tuple[Lapse | LifetimeValue, ...]) -> Lapse | None:
    return next((t for t in targets if isinstance(t, Lapse)), None)


def _answers(column: pd.Series) -> np.ndarray:
    """1 for renewed and 0 for not, NaN where it is not known, float64[n]."""
    given = column.astype(object)
    answers = pd.to_numeric(given, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    odd = given.notna().to_numpy() & ~np.isin(answers, (0, 1))
    if odd.any():
        raise RenewalsError.from_bad_answer(given[odd].tolist()[0], int(odd.sum()))
    return answers


def _places(activity: DailyActivity, ids: pd.Series) -> np.ndarray:
    """Each row's place among the users, -1 for unknown people; FrameError when all are unknown."""
    codes = np.asarray(activity.ids.get_indexer(pd.Index(ids)), np.int64)
    if len(codes) and (codes < 0).all():
        raise FrameError.from_unknown_users(len(codes), len(codes), ids.tolist()[0])
    return codes


def _left_out(
    activity: DailyActivity, rows: pd.DataFrame, targets: tuple[Lapse | LifetimeValue, ...]
) -> Iterator[tuple[str, np.ndarray]]:
    """Why rows can be no snapshots, and which they are, bool[n]."""
    day = rows["day"].to_numpy()
    yield "no day of the log before the snapshot", up_to(day, activity.start)
    yield "snapshot after the end of the log", ~up_to(day, activity.end)
    lapse = _lapse(targets)
    if lapse is not None and lapse.role is not None:
        # A payment after this snapshot could still be the one of the renewal before.
        earlier = rows.sort_values("renewal").groupby("user_id")["renewal"].shift()
        closes = earlier.reindex(rows.index).to_numpy() + lapse.grace + 1
        still_open = ~np.isnan(closes) & ~fully_observed(closes, day)
        yield "the renewal before is still open", still_open


def _not_observed(
    activity: DailyActivity,
    rows: pd.DataFrame,
    targets: tuple[Lapse | LifetimeValue, ...],
    unobserved: str,
) -> np.ndarray:
    """Rows whose labels are not known yet, bool[n]; an error where `unobserved` is "error"."""
    unknown = np.zeros(len(rows), bool)
    day = rows["day"].to_numpy()
    for target in targets:
        if isinstance(target, Lapse) and target.role is None:
            missing = rows["renewed"].isna().to_numpy()
            if missing.any() and unobserved == "error":
                raise RenewalsError.from_open(int(missing.sum()))
        else:
            stop = day + target.window(0)[1]
            missing = ~fully_observed(stop, activity.end)
            if missing.any() and unobserved == "error":
                first = int(day[missing].min())
                needs, end = target.window(first)[1] - 1, activity.end - 1
                raise HistoryError.from_unobserved(
                    target.name, day_text(first), day_text(needs), day_text(end)
                )
        unknown |= missing
    return unknown


def _check_kept(activity: DailyActivity, day: int) -> None:
    """Refuse a first snapshot before the days that a store keeps one by one."""
    carry = activity.carry
    if carry is not None and before(day, max(carry.before, carry.exact_from)):
        raise HistoryError.from_folded(day_text(day), "a snapshot", day_text(carry.before))


def _labels(
    activity: DailyActivity, rows: pd.DataFrame, targets: tuple[Lapse | LifetimeValue, ...]
) -> dict[str, np.ndarray]:
    """The label of each target, float64[n]."""
    whole = activity.as_of()
    found = {}
    for target in targets:
        if isinstance(target, Lapse) and target.role is None:
            found[target.name] = 1 - rows["renewed"].to_numpy()
        else:
            codes, days = rows["code"].to_numpy(), rows["day"].to_numpy()
            found[target.name] = labels_of(whole, codes, days, target)
    return found
