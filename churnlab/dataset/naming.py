"""Attributes that name their people: a mail address, a name, the number of a contract."""

from __future__ import annotations

import pandas as pd

from churnlab.dataset.dataset import Dataset

_ATTRIBUTE = "profile"
_FEWEST = 20  # people; among fewer, a city may well have one person each
_SHARE = 0.5


def naming(data: Dataset) -> tuple[str, ...]:
    """The columns of texts that have a value of their own for more than half of the people.

    A model learns nothing from them that holds for others, and would keep each value. Only
    attributes that 20 people or more have are judged; columns of numbers are never among them.

    >>> from churnlab import Churn, FeatureSet, Snapshots, build_dataset, datasets
    >>> found = datasets.make_community(users=60, days=90)
    >>> activity = found.log().daily()
    >>> snapshots = Snapshots.at(activity, ["2026-03-01"], targets=[Churn(horizon=14)])
    >>> users = found.users.assign(mail=found.users["user_id"] + "@example.org")
    >>> naming(build_dataset(activity, snapshots, FeatureSet.of(["Tenure"]), users=users))
    ('profile__mail__static',)
    """
    given = set(data.catalogue.loc[data.catalogue["signal"] == _ATTRIBUTE, "name"])
    return tuple(str(n) for n in data.X.columns if n in given and _names(data.X[n]))


def _names(column: pd.Series) -> bool:
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return False
    users = pd.Series(column.index.get_level_values("user_id"), index=column.index)
    people = int(users[column.notna()].nunique())
    return people >= _FEWEST and column.nunique() > _SHARE * people
