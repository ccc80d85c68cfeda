"""The life cycle against slow plain Python on random logs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import retention_oracle as oracle

import churnlab as cl
from churnlab.report.document import Picture
from churnlab.retention.over_time.life_cycle import STATES, life_cycle


@given(oracle.events(), st.sampled_from(["day", "week", "month"]))
@settings(max_examples=40)
def test_states_are_those_of_the_oracle(frame: pd.DataFrame, every: str) -> None:
    table = life_cycle(oracle.log_of(frame).daily(), every=every).table().set_index("period")
    truth = oracle.states(frame, every)
    assert list(table.index.date) == list(truth)
    for period, wanted in truth.items():
        row = table.loc[pd.Timestamp(period)]
        assert row["known"] == (wanted is not None)
        if wanted is None:
            assert row[list(STATES)].isna().all()
        else:
            assert {name: row[name] for name in wanted} == wanted
            assert row["active"] == row["new"] + row["returning"] + row["resurrected"]


def test_groups_add_up_and_the_picture_shows_the_known_periods() -> None:
    community = cl.datasets.make_community(users=150, days=100, seed=3)
    found = life_cycle(community.log().daily(), community.users, by="channel", every="month")
    table = found.table()
    groups = table[table["grouping"] == "channel"].groupby("period")[list(STATES)].sum(min_count=1)
    whole = table[table["grouping"].isna()].set_index("period")[list(STATES)]
    pd.testing.assert_frame_equal(groups, whole, check_dtype=False)
    shown = found.plot()
    assert len(shown.ax_.patches) == 4 * int(found.known.sum())
    assert min(patch.get_height() for patch in shown.ax_.patches) <= 0
    assert "went dormant" in str(found.sentences()[0])
    assert "not yet known" in found.html()


def test_a_log_of_one_period_knows_nothing_and_says_so() -> None:
    frame = pd.DataFrame({"u": ["ann"], "t": ["2026-03-01 09:00Z"], "e": ["open"]})
    found = life_cycle(cl.EventLog.from_frame(frame, user="u", time="t", event="e").daily())
    assert not found.known.any() and found.table()["new"].isna().all()
    assert set(map(str, found.sections()[0].table.rows[0][1:])) == {"–"}
    assert "No two periods" in str(found.sentences()[0])
    assert np.isnan(found.table()["active"]).all()
    found.plot()
    with pytest.raises(cl.ChurnlabError, match="length of a period"):
        life_cycle(
            cl.EventLog.from_frame(frame, user="u", time="t", event="e").daily(), every="hour"
        )


def test_a_page_has_no_picture_where_no_period_is_known() -> None:
    days = pd.date_range("2026-03-02", periods=9)
    frame = pd.DataFrame({"who": "ann", "at": days, "what": "post"})
    log = cl.EventLog.from_frame(frame, user="who", time="at", event="what", timezone="UTC")
    for every, pictures in (("week", 0), ("day", 1)):
        found = life_cycle(log.daily(), every=every)
        assert len(found.pictured()) == pictures
        assert sum(isinstance(block, Picture) for block in found.section().blocks) == pictures
