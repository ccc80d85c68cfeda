"""DAU over MAU, and people active on exactly k days, against slow plain Python."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from support import retention_oracle as oracle

import churnlab as cl
from churnlab.retention.over_time.stickiness import stickiness


@given(oracle.events(days=62))
@settings(max_examples=30)
def test_months_are_those_of_the_oracle(frame: pd.DataFrame) -> None:
    found = stickiness(oracle.log_of(frame).daily())
    table, exact = found.table().set_index("month"), found.days()
    truth = oracle.months(frame)
    assert list(table.index.date) == list(truth)
    for month, (counted, ratio) in truth.items():
        row = table.loc[pd.Timestamp(month)]
        assert row["people"] == len(counted)
        assert exact.loc[pd.Timestamp(month)].tolist() == [counted.count(k) for k in range(1, 32)]
        value = row["dau_over_mau"]
        assert np.isnan(value) if ratio is None else value == pytest.approx(ratio, abs=1e-12)
    acts = oracle.active_days(frame)
    daily = found.daily().set_index("day")["people"]
    for day, people in daily.items():
        assert people == sum(day.date() in days for days in acts.values())


def test_groups_and_sentences() -> None:
    community = cl.datasets.make_community(users=150, days=70, seed=3)
    found = stickiness(community.log().daily(), community.users, by="channel")
    table = found.table()
    january = table[table["month"] == "2026-01-01"]
    everybody = january[january["grouping"].isna()].iloc[0]
    assert january[january["grouping"] == "channel"]["people"].sum() == everybody["people"]
    assert everybody["low"] < everybody["dau_over_mau"] < everybody["high"]
    assert everybody["daily"] / everybody["people"] == pytest.approx(everybody["dau_over_mau"])
    assert not table[table["month"] == "2026-03-01"]["known"].any()
    assert str(found.sentences()[0]).startswith("2026-02: ")
    assert [bar.get_label() for bar in found.plot().ax_.containers] == ["2026-01", "2026-02"]
    assert "not yet known" in found.html()


def test_no_whole_month_is_said() -> None:
    frame = pd.DataFrame({"u": ["ann"], "t": ["2026-03-01 09:00Z"], "e": ["open"]})
    found = stickiness(cl.EventLog.from_frame(frame, user="u", time="t", event="e").daily())
    assert "No calendar month" in str(found.sentences()[0])
    assert found.table()["dau_over_mau"].isna().all()
    found.plot()


def test_a_month_that_began_before_the_log_will_not_be_known_and_many_months_fit() -> None:
    days = pd.date_range("2024-01-15", "2026-03-10", freq="D").astype(str) + " 09:00Z"
    frame = pd.DataFrame({"u": ["ann", "bob"] * (len(days) // 2), "t": days[: len(days) // 2 * 2]})
    log = cl.EventLog.from_frame(frame.assign(e="open"), user="u", time="t", event="e")
    found = stickiness(log.daily())
    months, exact = (titled.table for titled in found.sections())
    assert [str(row[1]) for row in months.rows][-1] == "2026-03" and len(months.rows) == 12
    assert str(months.rows[-1][3]) == "not yet known"
    assert [str(row[0]) for row in exact.rows] == [str(k) for k in range(1, 17)]
    assert len(exact.columns) == 7
    half = found.table().set_index("month").loc["2024-01-01"]
    assert not half["known"] and np.isnan(half["daily"])
    first = stickiness(log.daily()).periods
    assert first.over[0] and not first.whole[0]


def test_people_who_came_equally_often_have_no_interval() -> None:
    times = ["2026-03-01 09:00Z", "2026-03-31 09:00Z", "2026-04-02 09:00Z"]
    frame = pd.DataFrame({"u": ["ann", "bob", "ann"], "t": times, "e": "open"})
    found = stickiness(cl.EventLog.from_frame(frame, user="u", time="t", event="e").daily())
    march = found.table().iloc[0]
    assert march["dau_over_mau"] == pytest.approx(1 / 31) and np.isnan(march["low"])
    assert str(found.sections()[0].table.rows[0][-1]) == "3.2%"
