"""People told apart: the groups that attributes make, and the day on which each registered."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.errors import FrameError
from churnlab.errors.retention import PeopleError
from churnlab.features import profile
from churnlab.kernels import presence
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import NO_DAY
from churnlab.language.sentence import Words, sentence
from churnlab.schema.frames import as_pandas
from churnlab.schema.names import as_names

EVERYBODY = sentence("everybody")
UNKNOWN = sentence("not known")
MOST_GROUPS = 40


@dataclass(frozen=True, eq=False)
class Grouping:
    """An attribute by which people are told apart.

    `values` are its groups; who has none is in a group more, at the end. `codes` int32[users] is
    the group of each row of the frame of people.
    """

    name: str
    values: tuple[str, ...]
    codes: np.ndarray

    @property
    def groups(self) -> tuple[str | None, ...]:
        """The groups; None stands for people of whom the attribute is not known."""
        return (*self.values, None)


@dataclass(frozen=True, eq=False)
class People:
    """What is known of people beside their acts.

    `ids` are the people of the frame, `groupings` the attributes to tell them apart by,
    `registered` int64[ids] the day of registration, NO_DAY where it is not known; None where it was
    not asked.
    """

    ids: pd.Index
    groupings: tuple[Grouping, ...]
    registered: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        activity: Activity,
        users: Any | None,
        by: str | Iterable[str] = (),
        registered: str | None = None,
    ) -> People:
        """The people of a frame with `user_id`, attributes `by` and a column of registration days.

        Moments with a zone become days of the log's zone. FrameError for a missing column, ids of
        another kind or twice, an attribute of more than forty values, and for what is no day.

        >>> import churnlab as cl
        >>> made = cl.datasets.make_community(users=50, days=60, seed=1)
        >>> People.of(made.log().daily(), made.users, "channel").groupings[0].values
        ('ads', 'campus', 'organic', 'referral')
        """
        return cls.read(users, by, registered, activity.text_ids, activity.timezone)

    @classmethod
    def read(
        cls,
        users: Any | None,
        by: str | Iterable[str],
        registered: str | None,
        text_ids: bool,
        timezone: str,
    ) -> People:
        """The people of a frame, for a log with such ids and such a zone; errors as in `of`."""
        names = as_names(by)
        wanted = [*names, *([registered] if registered else [])]
        if users is None:
            if wanted:
                raise PeopleError.from_no_frame(wanted)
            return cls(pd.Index([]), ())
        frame = as_pandas(users)
        missing = [n for n in ("user_id", *wanted) if n not in frame]
        if missing:
            raise FrameError.from_missing_columns("the users frame", missing, frame.columns)
        frame = frame[frame["user_id"].notna()]
        ids = profile.table(frame[["user_id"]], text_ids).index
        days = local_days(frame[registered], timezone) if registered else None
        return cls(ids, tuple(_grouping(frame[name]) for name in names), days)

    def places(self, ids: np.ndarray) -> np.ndarray:
        """The row of each id in the frame, int64[n]; -1 for those who are not in it.

        >>> People(pd.Index([4, 7]), ()).places(np.array([7, 9]))
        array([ 1, -1])
        """
        return self.ids.get_indexer(ids) if len(self.ids) else np.full(len(ids), -1, np.int64)

    def check_met(self, strangers: Sequence[np.ndarray | None]) -> None:
        """Refuse a frame that has nobody of the log, if people are told apart by it; PeopleError.

        `strangers` has for each group of people None if the frame has any of them, else their ids.

        >>> People(pd.Index([4, 7]), ()).check_met([np.array([9])])
        """
        asked = bool(self.groupings) or self.registered is not None
        ids = [each[0] for each in strangers if each is not None and len(each)]
        if asked and ids and len(self.ids) and not any(each is None for each in strangers):
            raise PeopleError.from_strangers(ids[0], self.ids[0])

    def segments(self, grouping: Grouping | None, places: np.ndarray) -> np.ndarray:
        """The group of each person, int32[n]; 0 for everybody where there is no grouping."""
        if grouping is None:
            return np.zeros(len(places), np.int32)
        last = np.int32(len(grouping.values))
        return np.append(grouping.codes, last)[places].astype(np.int32)

    def started(self, part: DailyActivity, places: np.ndarray) -> np.ndarray:
        """The first day of each person, int64[n]: of registration where given, else of acts."""
        if self.registered is not None:
            return np.append(self.registered, NO_DAY)[places]
        return first_acts(part)


def first_acts(part: DailyActivity) -> np.ndarray:
    """The first active day of each person, folded days included: int64[n], NO_DAY for none.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> int(first_acts(activity).min()) == activity.start
    True
    """
    found: np.ndarray = presence.first_active(
        frozen(part.first), frozen(part.day), frozen(part.counts[:, 0]), part.end
    )
    if part.carry is None:
        return found
    folded = part.carry.values[:, part.carry.names.index("acts"), 2]
    return np.where(folded != NO_DAY, folded, found)


def group_words(grouping: object, group: object) -> Words:
    """A group for people: its attribute and value; everybody where there is no attribute.

    >>> print(group_words("channel", "ads"), group_words("channel", None), group_words(None, None))
    channel: ads channel: not known everybody
    """
    if pd.isna(grouping):
        return EVERYBODY
    value = UNKNOWN if pd.isna(group) else str(group)
    return sentence("{grouping}: {group}", grouping=str(grouping), group=value)


def each_group(
    counted: Sequence[tuple[Grouping | None, np.ndarray]],
) -> Iterator[tuple[str | None, str | None, np.ndarray]]:
    """Everybody, then each group that has people: attribute, group, counts.

    `counted` has the counts of each grouping, with the groups along the first axis.

    >>> ages = Grouping("age", ("old", "young"), np.zeros(0, np.int32))
    >>> [found[1] for found in each_group([(ages, np.array([[3], [0], [1]]))])]
    [None, 'old', None]
    """
    yield None, None, counted[0][1].sum(axis=0)
    for grouping, counts in counted:
        if grouping is not None:
            for i, group in enumerate(grouping.groups):
                if counts[i].any():
                    yield grouping.name, group, counts[i]


def _grouping(column: pd.Series) -> Grouping:
    """The groups of a column of texts or numbers; each different value is spelled once."""
    name, kind = str(column.name), profile.kind_of(column)
    if kind == "dates":
        raise FrameError.from_date_attribute(name)
    if kind == "others":
        raise FrameError.from_odd_attribute(name)
    codes, found = pd.factorize(column)
    spelled = [profile.spelled(v) if _is_finite(v) else None for v in found]
    values = sorted({text for text in spelled if text is not None})
    if len(values) > MOST_GROUPS:
        raise PeopleError.from_many_groups(name, len(values), MOST_GROUPS)
    last = len(values)
    place = [last if text is None else values.index(text) for text in spelled]
    return Grouping(name, tuple(values), np.array([*place, last], np.int32)[codes])


def _is_finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def local_days(column: pd.Series, zone: str) -> np.ndarray:
    """Days since 1970-01-01 of dates and moments, int64[n]; NO_DAY where none is given.

    A moment with a zone is the day that it is in `zone`. PeopleError for what is no day.

    >>> local_days(pd.Series(["1970-01-02", None]), "UTC").tolist() == [1, NO_DAY]
    True
    """
    given = column.notna()
    try:
        stamps = pd.to_datetime(
            column[given],
            format="ISO8601"
            if column.dtype.kind == "O" or pd.api.types.is_string_dtype(column)
            else None,
        )
        if pd.api.types.is_numeric_dtype(column) and given.any():
            raise ValueError
        if getattr(stamps.dtype, "tz", None) is not None:
            stamps = stamps.dt.tz_convert(zone).dt.tz_localize(None)
        days = stamps.to_numpy().astype("datetime64[D]").astype(np.int64)
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        raise PeopleError.from_no_days(str(column.name), _odd(column[given])) from error
    out = np.full(len(column), NO_DAY, np.int64)
    out[given.to_numpy()] = days
    return out


def _odd(values: pd.Series) -> object:
    """The first value that is no day, or the first of all."""
    found = values[pd.to_datetime(values.astype(str), errors="coerce", format="ISO8601").isna()]
    return (found if len(found) else values).iloc[0]
