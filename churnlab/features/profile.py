"""Static attributes: facts known of a person all along, such as the channel they came by."""

from __future__ import annotations

import pandas as pd

from churnlab.errors import FrameError
from churnlab.features import catalogue as rows
from churnlab.language.sentence import sentence
from churnlab.schema.names import plain


def attributes(users: pd.DataFrame, ids: pd.Series, whole: bool = True) -> pd.DataFrame:
    """The attributes of each row's person, in columns named `profile__<attribute>__static`.

    Numbers are float64, all else is category; a person who is not in `users` has missing values.
    `users` has user_id and a column for each attribute, known before every snapshot. Raises
    FrameError for a missing user_id, for one that occurs twice, and, unless `ids` are a part of the
    whole (`whole` False), if `users` knows nobody of them.

    >>> users = pd.DataFrame({"user_id": [1, 2], "age": [20, 30]})
    >>> attributes(users, pd.Series([2, 3]))["profile__age__static"].tolist()
    [30.0, nan]
    """
    return of(table(users, pd.api.types.is_string_dtype(ids)), ids, whole)


def table(users: pd.DataFrame, text_ids: bool) -> pd.DataFrame:
    """The columns of `attributes` by user_id, which is text or a number; errors as there."""
    if "user_id" not in users:
        raise FrameError.from_missing_columns("the users frame", ["user_id"], users.columns)
    repeated = int(users["user_id"].duplicated().sum())
    if repeated:
        raise FrameError.from_duplicates("the users frame", repeated)
    if text_ids and not pd.api.types.is_string_dtype(users["user_id"]):
        users = users.assign(user_id=users["user_id"].astype(str))
    by_user = users.set_index("user_id")
    by_user.index.get_indexer(by_user.index[:1])  # builds its look-up here, in one thread
    return pd.DataFrame(
        {column_name(str(c)): _typed(by_user[c]) for c in by_user}, index=by_user.index
    )


def of(by_user: pd.DataFrame, ids: pd.Series, whole: bool = True) -> pd.DataFrame:
    """The rows of a `table` for some ids; FrameError if it knows none of them and they are all."""
    if whole and len(ids) and not ids.isin(by_user.index).any():
        raise FrameError.from_unknown_users(len(ids), len(ids), ids.iloc[0])
    return by_user.reindex(ids.to_numpy()).reset_index(drop=True)


def column_name(attribute: str) -> str:
    """The name of an attribute's column.

    >>> column_name("Age band")
    'profile__age_band__static'
    """
    return f"profile__{plain(attribute)}__static"


def _typed(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.astype("float64")
    if pd.api.types.is_datetime64_any_dtype(column):
        raise FrameError.from_date_attribute(str(column.name))
    text = column.astype(object).where(column.notna(), None)
    values = sorted({str(v) for v in text if v is not None})
    return pd.Series(
        pd.Categorical(text.map(lambda v: None if v is None else str(v)), categories=values),
        index=column.index,
    )


def catalogue(names: list[str]) -> pd.DataFrame:
    """Catalogue rows of attribute columns, as `churnlab.features.catalogue.table` has them.

    >>> catalogue(["profile__age_band__static"])["says"][0]
    'age band: {value}'
    """
    return rows.table(_entry(name) for name in names)


def _entry(name: str) -> rows.Entry:
    attribute = name.removeprefix("profile__").removesuffix("__static").replace("_", " ")
    return rows.Entry(
        name,
        "attributes",
        "as given",
        sentence("{attribute}: {value}", attribute=attribute),
        sentence("{attribute} is not known", attribute=attribute),
    )
