"""Values of groups of people at a day."""

from __future__ import annotations

import numpy as np

import churnlab as cl
from churnlab.features.expression import Since, Sum
from churnlab.retention.at_day import over_groups, values_at


def test_values_are_those_of_the_daily_rows() -> None:
    activity = cl.datasets.make_community(users=40, days=80, seed=1).log().daily()
    day = activity.end - 10
    found = values_at(activity, np.arange(40), day, (Sum("acts")[0, 28], Since("acts")))
    acts, codes = activity.values("acts"), activity.codes
    inside = (activity.day >= day - 28) & (activity.day < day)
    expected = np.bincount(codes[inside], acts[inside], minlength=40)
    np.testing.assert_array_equal(found[:, 0], expected)


def test_groups_are_found_in_their_order() -> None:
    activity = cl.datasets.make_community(users=40, days=80, seed=1).log().daily()
    (users,) = over_groups(activity, lambda part: part.users)
    np.testing.assert_array_equal(users, activity.users)
