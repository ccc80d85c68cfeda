"""Static attributes: facts known of a person all along, such as the channel they came by."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from churnlab.errors import FrameError
from churnlab.features import catalogue as rows
from churnlab.language.sentence import sentence
from churnlab.schema.names import as_column, twins
from churnlab.schema.user_ids import known_ids

_BUILDER = "attributes"


def attributes(users: pd.DataFrame, ids: pd.Series, whole: bool = True) -> pd.DataFrame:
    """The attributes of each row's person, in columns named `profile__<attribute>__static`.

    Numbers are float64, all else is category; a person who is not in `users` has missing values.
    `users` has user_id and a column for each attribute, known before every snapshot. Raises
    FrameError for a missing user_id, for a user_id or a name that occurs twice, and, unless `ids`
    are a part of the whole (`whole` False), if `users` knows nobody of them.

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
    users = users.assign(user_id=known_ids("the users frame", users["user_id"]))
    repeated = int(users["user_id"].duplicated().sum())
    if repeated:
        raise FrameError.from_duplicates("the users frame", repeated)
    if text_ids and not pd.api.types.is_string_dtype(users["user_id"]):
        users = users.assign(user_id=users["user_id"].astype(str))
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


def _typed(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.astype("float64")
    if pd.api.types.is_datetime64_any_dtype(column):
        raise FrameError.from_date_attribute(str(column.name))
    text = column.astype(object).where(column.notna(), None)
    values = sorted({_told(v) for v in text if v is not None})
    return pd.Series(
        pd.Categorical(text.map(lambda v: None if v is None else _told(v)), categories=values),
        index=column.index,
    )


def _told(value: object) -> str:
    """A category as text; half of a surrogate pair, which no file can hold, is written out."""
    return str(value).encode(errors="backslashreplace").decode()


def catalogue(attributes: Iterable[str]) -> pd.DataFrame:
    """Catalogue rows of attributes, as `churnlab.features.catalogue.table` has them.

    >>> catalogue(["Age band"])["says"][0]
    'Age band: {value}'
    """
    return rows.table(_entry(attribute) for attribute in attributes)


def names_in(catalogue: pd.DataFrame) -> dict[str, str]:
    """The attribute of each of its columns that a catalogue has.

    >>> names_in(catalogue(["渠道"]))
    {'profile__n_c35ffb529d__static': '渠道'}
    """
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
    )
