"""Values of groups of people at a day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.activity_store import write_days

import churnlab as cl
from churnlab.errors import HistoryError
from churnlab.features.expression import Since, Sum
from churnlab.retention.at_day import check_day, over_groups, values_at
from churnlab.retention.cohort.cohorts import cohorts
from churnlab.retention.stages.tiers import tiers
from churnlab.retention.tagging.tags import tags


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


def test_days_that_a_store_folded_away_are_told_by_what_needs_them(tmp_path: Path) -> None:
    days = pd.date_range("2026-01-01", periods=64)
    frame = pd.DataFrame({"u": ["ann", "bob"] * 64, "t": np.repeat(days, 2), "e": "open"})
    columns = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    log = write_days(tmp_path / "log", frame.rename(columns={"t": "ts"}), "UTC")
    store = cl.ActivityStore.create(tmp_path / "store", log=log, **columns | {"time": "ts"})
    for day in days:
        store.append(day)
    store.compact(lookback=58)
    for ask, what in [
        (lambda day: tiers(store, day), "a stage of life"),
        (lambda day: tags(store, day, {"keen": "active[56] > 1"}, active_within=9), "tag 'keen'"),
    ]:
        ask(store.end)
        with pytest.raises(HistoryError, match=f"{what}.* cannot be computed at 2026-02-28"):
            ask("2026-02-28")
    assert not any("The log begins" in str(words) for words in cohorts(store).warnings)


def test_a_day_after_the_log_is_refused() -> None:
    activity = cl.datasets.make_community(users=40, days=80, seed=1).log().daily()
    check_day(activity, activity.end)
    with pytest.raises(HistoryError, match="lies after the log"):
        check_day(activity, activity.end + 1)
