"""One pass gives what three give."""

from __future__ import annotations

import pandas as pd

import churnlab as cl
from churnlab.retention import cohorts, life_cycle, overview, stickiness


def test_one_pass_gives_what_three_give() -> None:
    made = cl.datasets.make_community(users=120, days=70, seed=3)
    told = {"by": ["channel", "age_band"]}
    activity = made.log().daily()
    found = overview(activity, made.users, every="month", **told)
    alone = (
        cohorts(activity, made.users, every="month", **told),
        stickiness(activity, made.users, **told),
        life_cycle(activity, made.users, every="month", **told),
    )
    for one, other in zip(found, alone, strict=True):
        pd.testing.assert_frame_equal(one.table(), other.table())
    assert found.cohorts.left_out == alone[0].left_out
