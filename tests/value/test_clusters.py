"""High-value people: who they are, how many clusters, bad input; one planted, one without."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

import churnlab as cl
from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.value.clusters import clusters, prepared


@cache
def community(kinds: int) -> tuple[cl.datasets.Community, cl.Dataset]:
    made = cl.datasets.make_community(users=700, days=90, seed=2, kinds=kinds)
    activity = made.log().daily()
    return made, cl.build_dataset(activity, cl.Snapshots.at(activity, [activity.end]))


def everybody(made: cl.datasets.Community) -> pd.Series:
    return pd.Series(1.0, made.users["user_id"])


def test_planted_kinds_of_people_are_found_with_device_and_region() -> None:
    made, data = community(3)
    found = clusters(data, made.users, value=everybody(made), top=1.0)
    assert found.k == 3 and len(found.members) == found.people
    truth = made.truth.set_index("user_id")["of_kind"].loc[found.members["user_id"]]
    assert adjusted_rand_score(truth, found.members["cluster"]) > 0.8
    sure = found.traits[found.traits["beyond_chance"] & (found.traits["lift"] > 1)]
    assert sure.groupby("group")["trait"].agg(set).map({"device", "region"}.issubset).all()
    assert set(sure["group"]) == {"cluster 1", "cluster 2", "cluster 3"}


@pytest.mark.parametrize("top", [0.3, 1.0])
def test_a_community_without_kinds_is_one_group(top: float) -> None:
    made, data = community(1)
    value = everybody(made) if top == 1 else None
    found = clusters(data, made.users, value=value, top=top)
    assert found.k == 1 and set(found.groups["group"]) == {"high value"}


def test_high_value_people_are_those_who_spent_most() -> None:
    made, data = community(1)
    found = clusters(data, made.users, top=0.1)
    spent = data.X["spend__amount_sum__all"].fillna(0).droplevel("snapshot")
    wanted = spent.sort_values(ascending=False).head(round(0.1 * len(spent)))
    assert set(found.members["user_id"]) == set(wanted.index)
    assert found.least == pytest.approx(wanted.min())
    first = found.groups.iloc[0]
    assert first["value"] == pytest.approx(wanted.mean())
    assert first["share"] == pytest.approx(wanted.sum() / spent.sum())


def test_only_the_newest_day_counts_and_people_without_value_are_left_out() -> None:
    made, data = community(1)
    older = data.X.copy()
    older.index = older.index.set_levels([pd.Timestamp("2026-01-20")], level="snapshot")
    older["spend__amount_sum__all"] = 1e6
    both = cl.Dataset(pd.concat([older, data.X]), pd.DataFrame(), data.catalogue)
    assert clusters(both, made.users).groups.equals(clusters(data, made.users).groups)
    few = pd.Series([5.0, np.inf, np.nan], made.users["user_id"].iloc[:3])
    assert len(clusters(data, made.users, value=few, top=0.5).members) <= 1 + 0


def test_attributes_of_the_dataset_serve_where_no_users_are_given() -> None:
    made, _ = community(1)
    activity = made.log().daily()
    data = cl.build_dataset(activity, cl.Snapshots.at(activity, [activity.end]), users=made.users)
    found = clusters(data)
    assert {"channel", "age_band"} <= set(found.traits["trait"])


def test_what_cannot_be_is_refused_in_one_line() -> None:
    _made, data = community(1)
    with pytest.raises(ConfigError, match="top is 0; give a share"):
        clusters(data, top=0)
    with pytest.raises(ConfigError, match="most is 1; give 2 to 20"):
        clusters(data, most=1)
    with pytest.raises(FrameError, match="lacks 1 column"):
        clusters(data, signals=["no_such__signal__all"])
    with pytest.raises(HistoryError, match="the value is 0 in all"):
        clusters(data, value=pd.Series(dtype=float))
    with pytest.raises(HistoryError, match="the dataset has no row"):
        clusters(data.take(np.zeros(len(data.X), bool)))
    without = data.without(["spend__amount_sum__all"])
    with pytest.raises(FrameError, match="spend__amount_sum__all"):
        clusters(without)


def test_signals_that_say_too_little_are_left_out() -> None:
    _made, data = community(1)
    names = [
        "session__minutes_mean__all",
        "lifecycle__onboarding_sum__all",
        "profile__none__static",
    ]
    X = data.X.assign(profile__none__static=np.nan)
    found = clusters(cl.Dataset(X, data.labels, data.catalogue), signals=names, top=0.5)
    assert found.signals == ("session__minutes_mean__all",)


def test_values_are_prepared_as_said() -> None:
    assert prepared(np.full(5, 0.3)).tolist() == [0] * 5
    shares = np.linspace(0, 1, 101)
    kept = prepared(shares)
    assert kept.mean() == pytest.approx(0) and kept.std() == pytest.approx(1)
    assert kept[0] == kept[1]  # cut at the first percentile
    factors = prepared(np.repeat([1.0, 2, 4, 8], 10))
    steps = np.diff(np.unique(factors))
    assert steps.max() / steps.min() < 1.4
