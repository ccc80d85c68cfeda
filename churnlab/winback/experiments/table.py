"""The table of an experiment: who was assigned to what, and when; each row is checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.given import with_columns
from churnlab.errors import FrameError
from churnlab.errors.experiments import ExperimentError
from churnlab.schema.days import day_numbers
from churnlab.schema.user_ids import known_ids
from churnlab.winback.experiments.design import Design

LEAST_PEOPLE = 30
NO_TREATMENT = "none"
_CONTROLS = ("none", "control", "no treatment", "holdout", "0", "false")
_NAME = "the experiment"


@dataclass(frozen=True, eq=False)
class Assigned:
    """The checked rows of an experiment's table, in their order.

    | field    | type                | meaning                                               |
    |----------|---------------------|-------------------------------------------------------|
    | `frame`  | DataFrame[n]        | the table as it was given                             |
    | `users`  | Series[n]           | the ids                                               |
    | `arms`   | names               | the arms, the control group first                     |
    | `arm`    | int64[n]            | the arm of each person, as a place in `arms`          |
    | `days`   | int64[n] or None    | the local day of the assignment, since 1970-01-01     |
    | `costs`  | float64[n] or None  | the cost of each person's treatment                   |
    | `stage`  | object[n] or None   | the stage of each person at the assignment, as text   |
    | `known`  | DataFrame[n]        | the columns that were known before the assignment     |
    """

    frame: pd.DataFrame
    users: pd.Series
    arms: tuple[str, ...]
    arm: np.ndarray
    days: np.ndarray | None
    costs: np.ndarray | None
    stage: np.ndarray | None
    known: pd.DataFrame

    def numbers(self, column: str) -> np.ndarray:
        """A column of the table as float64[n]; true and false are 1 and 0.

        FrameError for a column that is not there, ExperimentError where a value is missing or no
        number.
        """
        if column not in self.frame:
            raise FrameError.from_missing_columns(_NAME, [column], self.frame.columns)
        return _finite(self.frame[column], "a number a person, 0 where nothing happened")


def assigned(given: Any, design: Design, timezone: str | None = None) -> Assigned:
    """The rows of a table that a user gives; times with a zone become days of `timezone`.

    FrameError for missing columns and repeated rows, ExperimentError for a person in two arms, one
    arm alone, an arm of fewer than 30 people, an unknown control group, times that contradict each
    other, and costs or known columns that cannot be used.

    >>> table = pd.DataFrame({"user_id": range(60), "treatment": [None] * 30 + ["gift"] * 30})
    >>> assigned(table, Design()).arms
    ('none', 'gift')
    """
    columns = design.columns
    needed = [design.user, design.treatment, *design.known]
    optional = {"treated", "outcome_time", "stage"} & columns.keys()
    frame = with_columns(_NAME, given, [*needed, *(columns[name] for name in sorted(optional))])
    frame = frame.reset_index(drop=True)
    if frame.empty:
        raise ExperimentError.from_empty()
    if frame[design.user].isna().any():
        raise ExperimentError.from_no_ids(int(frame[design.user].isna().sum()))
    users = known_ids(_NAME, frame[design.user]).rename("user_id")
    arms, arm = _arms(frame[design.treatment], design.control)
    _check_people(users, arms, arm)
    _check_times(frame, users, design)
    in_time = timezone is not None or design.time in frame
    return Assigned(
        frame,
        users,
        arms,
        arm,
        _days(frame, design.time, timezone) if in_time else None,
        _costs(frame[design.cost], arm) if design.cost in frame else None,
        _stage(frame[design.stage]) if design.stage else None,
        pd.DataFrame({n: _known(frame[n]) for n in design.known}, index=frame.index),
    )


def _arms(column: pd.Series, control: str | None) -> tuple[tuple[str, ...], np.ndarray]:
    """The arms, the control group first, and the place of each row in them, int64[n]."""
    texts = column.astype(object).where(column.notna(), control or NO_TREATMENT).map(_arm_name)
    names = sorted(texts.unique())
    first = _control(names, control)
    arms = (first, *(name for name in names if name != first))
    if len(arms) < 2:
        raise ExperimentError.from_one_arm(first, len(texts))
    return arms, pd.Index(arms).get_indexer(pd.Index(texts)).astype(np.int64)


def _arm_name(value: Any) -> str:
    """The name of an arm as text; a whole number without its decimals."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)


def _control(names: list[str], control: Any) -> str:
    """The name of the control group."""
    if control is not None:
        if _arm_name(control) not in names:
            raise ExperimentError.from_unknown_control(str(control), names)
        return _arm_name(control)
    found = [name for name in names if name.strip().lower() in _CONTROLS]
    if len(found) != 1 and len(names) != 1:
        raise ExperimentError.from_no_control(names)
    return found[0] if found else names[0]


def _check_people(users: pd.Series, arms: tuple[str, ...], arm: np.ndarray) -> None:
    """Refuse people in two arms, people who occur twice, and small arms."""
    twice = users.duplicated(keep=False)
    if twice.any():
        places = pd.Series(arm)[twice].groupby(users[twice], sort=False).unique()
        several = places[places.map(len) > 1]
        if len(several):
            named = [arms[i] for i in several.iloc[0]]
            raise ExperimentError.from_two_arms(len(several), several.index.tolist()[0], named)
        raise FrameError.from_duplicates(_NAME, int(users.duplicated().sum()))
    check_sizes(arms, arm)


def check_sizes(arms: tuple[str, ...], arm: np.ndarray) -> None:
    """Refuse an arm of fewer than 30 people; `arm` int64[n] are places in `arms`.

    >>> check_sizes(("none", "gift"), np.repeat([0, 1], [30, 12]))
    Traceback (most recent call last):
    churnlab.errors.experiments.ExperimentError: the arm 'gift' has 12 people, fewer than 30, from
    which nothing can be learnt; leave its rows out, or join it to another arm
    """
    for name, people in zip(arms, np.bincount(arm, minlength=len(arms)), strict=True):
        if people < LEAST_PEOPLE:
            raise ExperimentError.from_small_arm(name, int(people), LEAST_PEOPLE)


def _check_times(frame: pd.DataFrame, users: pd.Series, design: Design) -> None:
    """Refuse treatments and outcomes whose times contradict the assignment, or each other."""
    names = {"time": design.time, "treated": design.treated, "outcome": design.outcome_time}
    at = {key: _moments(frame[n], key != "time") for key, n in names.items() if n in frame}
    wrong = (
        ("outcome", "time", ExperimentError.from_early_outcome),
        ("treated", "time", ExperimentError.from_early_treatment),
        ("outcome", "treated", ExperimentError.from_late_treatment),
    )
    for early, late, error in wrong:
        if early in at and late in at:
            odd = (at[early] < at[late]).to_numpy()
            if odd.any():
                raise error(int(odd.sum()), users[odd].tolist()[0])


def _moments(column: pd.Series, missing: bool = False) -> pd.Series:
    """Moments of a column, in UTC where they carry a zone; they may be `missing`."""
    found = pd.to_datetime(_plain(column), errors="coerce", format="ISO8601", utc=True)
    bad = found.isna() & (column.notna() if missing else True)
    if bad.any():
        example = column[bad].tolist()[0]
        raise ExperimentError.from_bad_moment(str(column.name), int(bad.sum()), example)
    return found


def _days(frame: pd.DataFrame, name: str, timezone: str | None) -> np.ndarray:
    """The local day of each row, as `local_days` has it; FrameError without the column."""
    if name not in frame:
        raise FrameError.from_missing_columns(_NAME, [name], frame.columns)
    return local_days(frame[name], timezone)


def local_days(column: pd.Series, timezone: str | None = None) -> np.ndarray:
    """The local day of each time, days since 1970-01-01, int64[n].

    A time with a zone is moved to `timezone`, or keeps its own in UTC without one; a time without a
    zone is a local time already. ExperimentError for a time that is missing or cannot be read.

    >>> local_days(pd.Series(["1970-01-02T20:00:00Z", "1970-01-03T01:00:00Z"]), "Asia/Shanghai")
    array([2, 2])
    """
    moments = _moments(column)
    if timezone is not None and _has_zone(column):
        moments = moments.dt.tz_convert(timezone)
    return day_numbers(moments.dt.tz_localize(None).dt.normalize())


def _has_zone(column: pd.Series) -> bool:
    """Whether the times of a column carry a zone."""
    if column.dtype.kind == "M":
        return column.dt.tz is not None
    first = pd.to_datetime(_plain(column).iloc[:1], format="ISO8601")
    return first.dt.tz is not None


def _plain(column: pd.Series) -> pd.Series:
    """Text and dates as text, so that numbers are not taken for moments; moments as they are."""
    if column.dtype.kind == "M" or isinstance(column.dtype, pd.DatetimeTZDtype):
        return column
    return column.astype(object).map(str, na_action="ignore")


def _costs(column: pd.Series, arm: np.ndarray) -> np.ndarray:
    """The cost of each person, float64[n]; 0 for people of the control group without one."""
    treated = arm > 0
    missing = column.isna().to_numpy()
    if (missing & treated).any():
        raise ExperimentError.from_missing_costs(int((missing & treated).sum()), int(treated.sum()))
    filled = column.astype(object).where(~missing, 0.0)
    costs = _finite(filled, "a cost of 0 or more for each treated person")
    if (costs < 0).any():
        raise ExperimentError.from_negative_costs(str(column.name), int((costs < 0).sum()))
    return costs


def _finite(column: pd.Series, wanted: str) -> np.ndarray:
    """A column as finite numbers, float64[n]."""
    found = pd.to_numeric(column.astype(object), errors="coerce")
    found = found.to_numpy(np.float64, na_value=np.nan)
    bad = ~np.isfinite(found)
    if bad.any():
        raise ExperimentError.from_bad_number(str(column.name), int(bad.sum()), wanted)
    return found


def _stage(column: pd.Series) -> np.ndarray:
    """The stages as text, "unknown" where there is none, object[n]."""
    return column.astype(object).where(column.notna(), "unknown").map(str).to_numpy(object)


def _known(column: pd.Series) -> pd.Series:
    """A known column as numbers or as a category."""
    if pd.api.types.is_bool_dtype(column):
        return column.astype(np.float64) if not column.isna().any() else column.astype("Float64")
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(np.float64)
    if column.dtype.kind in "mM" or isinstance(column.dtype, pd.DatetimeTZDtype):
        raise ExperimentError.from_odd_known(str(column.name), "moments")
    if not _texts(column):
        raise ExperimentError.from_odd_known(str(column.name), "lists, bytes or the like")
    return column.astype("category")


def _texts(column: pd.Series) -> bool:
    """Whether all values are texts, numbers or missing."""
    values: Iterable[Any] = column.dropna().unique() if _hashable(column) else ()
    return _hashable(column) and all(isinstance(v, str | int | float | np.generic) for v in values)


def _hashable(column: pd.Series) -> bool:
    try:
        column.dropna().map(hash)
    except TypeError:
        return False
    return True
