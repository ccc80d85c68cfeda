"""An activity cut at a day is the activity of the log that ended there."""

from __future__ import annotations

import numpy as np
import pandas as pd

import churnlab as cl
from churnlab.activity.until import until


def test_it_is_the_activity_of_the_log_up_to_then() -> None:
    community = cl.datasets.make_community(users=60, days=90, seed=2)
    whole, day = community.log().daily(), pd.Timestamp("2026-02-20")
    events = community.events[community.events["ts"] < day]
    short = cl.datasets.Community(events, community.users, community.truth, 50).log().daily()
    cut = until(whole, short.end).daily()
    assert cut.end == short.end
    rows = cut.frame().reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, short.frame().reset_index(drop=True))
    (part,) = [job() for job in until(whole, short.end).jobs()]
    np.testing.assert_array_equal(part.day, cut.day)
    assert until(whole, whole.end + 5) is whole and until(whole, short.end).roles == whole.roles


def test_acts_alone_are_cut_too() -> None:
    activity = cl.datasets.make_community(users=60, days=50, seed=1).log().daily()
    cut = until(activity, activity.end - 10)
    alone = [job().total("acts") for job in cut.acts_alone().jobs()]
    assert alone == [job().total("acts") for job in cut.jobs()]
    assert sum(alone) < activity.total("acts")
