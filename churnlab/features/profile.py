"""Static attributes: what was known of a person all along, such as the channel they came by."""

from __future__ import annotations

import pandas as pd

from churnlab.errors import FrameError
from churnlab.schema.names import plain


def attributes(users: pd.DataFrame, ids: pd.Series, whole: bool = True) -> pd.DataFrame:
    """The attributes of each row's person as `profile__<column>__static`: numbers as float64, the rest as category.

    `users` has user_id and one column an attribute, known before every snapshot; a person who is not in it has missing
    values. Raises FrameError for a missing user_id or one that occurs twice, and where nobody is known unless this is a part (not `whole`).
    """
    return of(table(users, pd.api.types.is_string_dtype(ids)), ids, whole)


def table(users: pd.DataFrame, text_ids: bool) -> pd.DataFrame:
    """The columns of `attributes` by user, for ids that are text or numbers; FrameError as there."""
    if "user_id" not in users:
        raise FrameError.from_missing_columns("the users frame", ["user_id"], users.columns)
    repeated = int(users["user_id"].duplicated().sum())
    if repeated:
        raise FrameError.from_duplicates("the users frame", repeated)
    if text_ids and not pd.api.types.is_string_dtype(users["user_id"]):
        users = users.assign(user_id=users["user_id"].astype(str))
    by_user = users.set_index("user_id")
    by_user.index.get_indexer(by_user.index[:1])  # its table of places is made here, by one thread
    return pd.DataFrame(
        {column_name(str(c)): _typed(by_user[c]) for c in by_user}, index=by_user.index
    )


def of(by_user: pd.DataFrame, ids: pd.Series, whole: bool = True) -> pd.DataFrame:
    """The rows of a `table` for some ids; FrameError where nobody is known unless this is a part (not `whole`)."""
    if whole and len(ids) and not ids.isin(by_user.index).any():
        raise FrameError.from_unknown_users(len(ids), len(ids), ids.iloc[0])
    return by_user.reindex(ids.to_numpy()).reset_index(drop=True)


def column_name(attribute: str) -> str:
    """What an attribute is called among the features.

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
    """Catalogue rows of attribute columns, in the form of FeatureSet.catalogue."""
    plain_names = [
        n.removeprefix("profile__").removesuffix("__static").replace("_", " ") for n in names
    ]
    return pd.DataFrame(
        {
            "name": names,
            "signal": "profile",
            "builder": "attributes",
            "unit": "as given",
            "window": "static",
            "says": [f"{p}: {{value}}" for p in plain_names],
            "missing": [f"{p} is not known" for p in plain_names],
        }
    )
