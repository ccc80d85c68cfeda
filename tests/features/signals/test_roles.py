"""Kinds of event by themselves."""

from __future__ import annotations

from support.one_person import T, features, of_days

import churnlab as cl


def test_every_role_is_seen_by_itself() -> None:
    activity = of_days({"quiz": [T - 3, T - 2, T - 40], "forum": [T - 100], "open": [1, T - 2]})
    found = features(activity, "RoleUse")
    assert (
        found["role__quiz_sum__7d"] == 2
        and found["role__quiz_sum__91d"] == 3
        and found["role__forum_since_last_days__all"] == 100
    )
    assert found["role__quiz_per_act__all"] == 3 / 6 and found["role__quiz_days_share__91d"] == 1
    assert found["role__quiz_change__28d_91d"] > 0 > found["role__forum_change__28d_91d"]
    assert features(activity, "RoleUse", user=1)["role__quiz_change__28d_91d"] == 0
    assert cl.FeatureSet.of(["RoleUse"]).names(frozenset({"other"})) == ()
