"""Columns that cannot vary: sessions of a log with one event a day, minutes without a clock."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from churnlab.dataset.dataset import Dataset
from churnlab.features.catalogue import sentences
from churnlab.language.sentence import Column

_GIVEN = "profile"  # attributes that the user gave: where one is missing, that may tell something


def unvarying(data: Dataset, needed: Collection[str] = ()) -> tuple[str, ...]:
    """The columns with one value in every row where it is known, in the order of X.

    Attributes of users are not among them, nor columns that are `needed`, nor those that the
    sentence of another column names. Give training rows alone: what they do not show is not known.

    >>> from churnlab import Churn, FeatureSet, Snapshots, build_dataset, datasets
    >>> activity = datasets.make_community(users=40, days=90).log().daily()
    >>> snapshots = Snapshots.at(activity, ["2026-03-01"], targets=[Churn(horizon=14)])
    >>> unvarying(build_dataset(activity, snapshots, FeatureSet.of(["Tenure"])))[0]
    'lifecycle__observed_days__all'
    """
    facts = data.catalogue.to_dict("records")
    same = {f["name"] for f in facts if f["signal"] != _GIVEN and _same(data, f["name"])}
    told = {
        value.name
        for fact in facts
        if fact["name"] not in same
        for said in sentences(fact)
        for value in said.values.values()
        if isinstance(value, Column)
    }
    return tuple(str(n) for n in data.X.columns if n in same - told - set(needed))


def _same(data: Dataset, name: str) -> bool:
    """Whether a column of numbers has one value at most."""
    values = data.X[name].to_numpy(np.float64)
    known = values[~np.isnan(values)]
    return not len(known) or bool((known == known[0]).all())
