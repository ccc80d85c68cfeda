"""Static attributes: facts known of a person all along, such as the channel they came by."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import date, time, timedelta

import numpy as np
import pandas as pd

from churnlab.errors import FrameError
from churnlab.features import catalogue as rows
from churnlab.language.sentence import sentence
from churnlab.schema.names import as_column, twins
from churnlab.schema.user_ids import known_ids

_BUILDER = "attributes"
_NUMBERS = ("integer", "floating", "mixed-integer-float", "boolean", "decimal")


def attributes(users: pd.DataFrame, ids: pd.Series, whole: bool = True) -> pd.DataFrame:
    """The attributes of each row's person, in columns named `profile__<attribute>__static`.

    Numbers, true and false are float64, all else is category; infinite numbers, and everything of a
    person who is not in `users`, are missing. `users` has user_id and a column for each attribute,
    known before every snapshot; rows without an id are left out. Raises FrameError for a missing
    user_id or one of another type than `ids`, for a user_id or a name that occurs twice, for dates
    and lists, and, unless `ids` are a part of the whole (`whole` False), if `users` knows nobody of
    them.

    >>> users = pd.DataFrame({"user_id": [1, 2], "age": [20, 30]})
    >>> attributes(users, pd.Series([2, 3]))["profile__age__static"].tolist()
    [30.0, nan]
    """
    return of(table(users, pd.api.types.is_string_dtype(ids)), ids, whole)


def table(users: pd.DataFrame, text_ids: bool) -> pd.DataFrame:
    """The attributes under their own names by user_id, text or a number; errors of `attributes`."""
    if "user_id" not in users:
        raise FrameError.from_missing_columns("the users frame", ["user_id"], users.columns)
    twice = twins(map(str, users.columns))
    if twice:
        raise FrameError.from_same_names("the users frame", twice)
    users = users[users["user_id"].notna()]
    ids = known_ids("the users frame", users["user_id"])
    users = users.assign(user_id=_ids(ids, text_ids))
    repeated = int(users["user_id"].duplicated().sum())
    if repeated:
        raise FrameError.from_duplicates("the users frame", repeated)
    by_user = users.set_index("user_id")
    by_user.index.get_indexer(by_user.index[:1])  # builds its look-up here, in one thread
    return pd.DataFrame({str(c): _typed(by_user[c]) for c in by_user}, index=by_user.index)


def of(by_user: pd.DataFrame, ids: pd.Series, whole: bool = True) -> pd.DataFrame:
    """The columns of `attributes` for some ids, from a `table` of everybody's.

    FrameError if it knows none of them and they are the `whole`.
    """
    if whole and len(ids) and not ids.isin(by_user.index).any():
        raise FrameError.from_unknown_users(len(ids), len(ids), ids.iloc[0])
    found = by_user.reindex(ids.to_numpy()).reset_index(drop=True)
    return found.set_axis([column_name(name) for name in found], axis=1)


def column_name(attribute: str) -> str:
    """The name of an attribute's column.

    >>> column_name("age_band"), column_name("渠道")
    ('profile__age_band__static', 'profile__n_c35ffb529d__static')
    """
    return f"profile__{as_column(attribute)}__static"


def _ids(ids: pd.Series, text_ids: bool) -> pd.Series:
    """Ids as text or as whole numbers, whichever the log has; FrameError where they are neither."""
    if not pd.api.types.is_string_dtype(ids):
        whole = pd.to_numeric(ids, errors="coerce")
        if len(ids) and whole.notna().all() and (whole % 1 == 0).all():
            ids = whole.astype("int64")
        return ids.astype(str) if text_ids else ids
    if text_ids:
        return ids
    numbers = pd.to_numeric(ids, errors="coerce")
    if numbers.isna().any() or (numbers % 1 != 0).any():
        raise FrameError.from_text_ids(ids[numbers.isna() | (numbers % 1 != 0)].iloc[0])
    return numbers.astype("int64")


def _typed(column: pd.Series) -> pd.Series:
    kind = kind_of(column)
    if kind == "dates":
        raise FrameError.from_date_attribute(str(column.name))
    if kind == "others":
        raise FrameError.from_odd_attribute(str(column.name))
    if kind == "numbers":
        values = column.where(column.notna(), None).astype("float64")
        return values.where(np.isfinite(values))
    known = column.notna()
    text = pd.Series([spelled(v) for v in column[known]], index=column.index[known], dtype=object)
    categories = sorted(set(text))
    return pd.Series(
        pd.Categorical(text.reindex(column.index), categories=categories), index=column.index
    )


def kind_of(column: pd.Series) -> str:
    """What an attribute holds: "numbers", "dates", "texts", or "others" such as lists.

    A column of any values is one of numbers where all of them are numbers, true or false.

    >>> kind_of(pd.Series([1, None, 2.5], dtype=object)), kind_of(pd.Series(["a", 1]))
    ('numbers', 'texts')
    """
    dtype = column.dtype
    if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype):
        return "others" if pd.api.types.is_complex_dtype(dtype) else "numbers"
    if dtype.kind in "mM" or isinstance(dtype, pd.PeriodDtype | pd.IntervalDtype):
        return "dates"
    found = pd.api.types.infer_dtype(column, skipna=True)
    if found in _NUMBERS:
        return "numbers"
    if found in ("string", "empty", "categorical"):
        return "texts"
    values = [v for v in column if isinstance(v, date | timedelta | np.datetime64 | time)]
    if values:
        return "dates"
    odd = any(isinstance(v, bytes | tuple) or not isinstance(v, Hashable) for v in column)
    return "others" if odd else "texts"


def spelled(value: object) -> str:
    """A category's text: a whole number without decimals, whatever its type.

    Half of a surrogate pair, which no file can hold, is written out.

    >>> spelled(1.0), spelled(1), spelled("1.0"), spelled(True)
    ('1', '1', '1.0', 'True')
    """
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if whole else str(value)  # type: ignore[call-overload]
    return text.encode(errors="backslashreplace").decode()


def catalogue(attributes: Iterable[str]) -> pd.DataFrame:
    """Catalogue rows of attributes, as `churnlab.features.catalogue.table` has them.

    >>> catalogue(["Age band"])["says"][0]
    'Age band: {value}'
    """
    return rows.table(_entry(attribute) for attribute in attributes)


def names_in(catalogue: pd.DataFrame) -> dict[str, str]:
    """The attribute of each of its columns that a catalogue has; none for an empty one.

    >>> names_in(catalogue(["渠道"]))
    {'profile__n_c35ffb529d__static': '渠道'}
    """
    if catalogue.empty:
        return {}
    of_attributes = catalogue[catalogue["builder"] == _BUILDER].to_dict("records")
    said = {row["name"]: rows.sentences(row)[0] for row in of_attributes}
    return {name: str(says.values["attribute"]) for name, says in said.items()}


def _entry(attribute: str) -> rows.Entry:
    return rows.Entry(
        column_name(attribute),
        _BUILDER,
        "as given",
        sentence("{attribute}: {value}", attribute=attribute),
        sentence("{attribute} is not known", attribute=attribute),
        topic=f"attribute:{column_name(attribute)}",
    )
