"""People by entry and channel, their money by age, costs by cohort; against slow plain Python."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.acquired_people import shop, slow_entries, slow_worth

import churnlab as cl
from churnlab.activity.until import until
from churnlab.errors import ConfigError, CostsError, FrameError, HistoryError
from churnlab.errors.retention import PeopleError
from churnlab.schema.days import day_number
from churnlab.value.acquired import NO_CHANNEL, acquired, days_of, read_costs, whole_cohorts


@pytest.mark.parametrize("settle", [0, 28])
def test_money_by_age_is_that_of_plain_python(settle: int) -> None:
    log, users, events = shop()
    found = acquired(log.daily(), users, settle=settle)
    entries = slow_entries(events, settle)
    assert dict(zip(found.users, found.entry - log.daily().start, strict=True)) == entries
    assert found.before == len(users) - len(entries)
    for age in (1, 30, 90, 300):
        want = slow_worth(events, settle, age)
        got = dict(zip(found.users, found.worth(age), strict=True))
        assert got == pytest.approx(want)


def test_what_was_known_earlier_is_what_a_shorter_log_says() -> None:
    log, users, events = shop()
    cut = log.daily().start + 150
    then = acquired(log.daily(), users).at(cut)
    early = events[events["day"] < 150]
    want = slow_worth(early, 28, 60)
    assert dict(zip(then.users, then.worth(60), strict=True)) == pytest.approx(want)
    assert then.observed.min() >= 1 and then.end == cut


def test_people_without_a_channel_have_one_of_their_own() -> None:
    log, users, _ = shop()
    found = acquired(log.daily(), users, settle=0)
    none = set(users.loc[users["channel"].isna(), "user_id"])
    assert set(found.users[found.channel == NO_CHANNEL]) == none
    without = acquired(log.daily(), users.iloc[5:], settle=0)
    assert set(without.users[without.channel == NO_CHANNEL]) == none | set(users["user_id"][:5])


def test_a_stated_day_of_entry_counts_people_without_acts_and_not_earlier_money() -> None:
    log, users, events = shop()
    entry = pd.Series(slow_entries(events, 0))
    stated = users.assign(
        came=pd.Timestamp("2026-01-01")
        + pd.to_timedelta(users["user_id"].map(entry) + 10, unit="D")
    )
    stated.loc[len(stated)] = ["nobody", "ads", pd.Timestamp("2026-02-01")]
    stated.loc[len(stated)] = ["early", "ads", pd.Timestamp("2025-12-01")]
    found = acquired(log.daily(), stated, entered="came")
    assert "nobody" in found.users and found.worth(90)[list(found.users).index("nobody")] == 0
    assert "early" not in found.users and (found.age >= 0).all()
    late = sum(1 for day in slow_entries(events, 0).values() if day + 10 >= 260)
    assert found.before == 1 + late


def test_what_cannot_be_is_refused_in_one_line() -> None:
    log, users, _ = shop()
    activity = log.daily()
    with pytest.raises(ConfigError, match="period of cohorts 'fortnight'"):
        acquired(activity, users, every="fortnight")
    with pytest.raises(FrameError, match="channl"):
        acquired(activity, users, channel="channl")
    with pytest.raises(FrameError, match="160 duplicate keys"):
        acquired(activity, pd.concat([users, users]))
    with pytest.raises(HistoryError):
        acquired(activity, users, settle=400)


def test_costs_are_spread_over_the_days_that_are_seen() -> None:
    first, end = day_number("2026-01-11"), day_number("2026-03-15")
    given = pd.DataFrame(
        {
            "channel": ["ads", "ads", "ads", "tv", "tv"],
            "period": ["2026-01", "2026-02", "2026-03", "2026-02", "2025-06"],
            "cost": [31.0, 56.0, 62.0, np.nan, 500.0],
        }
    )
    found = read_costs(given, "month", first, end)
    rows = found.table.set_index(["channel", "cohort"])["cost"]
    assert rows["ads"].to_dict() == pytest.approx(
        {"2026-01": 21.0, "2026-02": 56.0, "2026-03": 28.0}
    )
    assert np.isnan(rows["tv", "2026-02"]) and found.in_part == 2
    assert found.outside == pytest.approx(10 + 34 + 500)


def test_daily_costs_add_up_to_weeks_and_a_missing_one_makes_the_week_unknown() -> None:
    days = pd.date_range("2026-03-02", periods=14)
    given = pd.DataFrame({"channel": "ads", "day": days, "cost": 2.0})
    first, end = day_number("2026-01-01"), day_number("2026-06-01")
    found = read_costs(given, "week", first, end).table
    assert found["cost"].tolist() == [14.0, 14.0]
    given.loc[3, "cost"] = np.nan
    assert np.isnan(read_costs(given, "week", first, end).table["cost"].iloc[0])


@pytest.mark.parametrize("cost", [-1.0, np.inf, "€300", "1.234,50"])
def test_costs_that_are_no_amounts_are_refused(cost: object) -> None:
    given = pd.DataFrame({"channel": ["ads"], "period": ["2026-01"], "cost": [cost]})
    with pytest.raises(CostsError, match="of channel 'ads' is no amount"):
        read_costs(given, "month", 20_000, 21_000)


@pytest.mark.parametrize(
    "period", ["2026-13", "March", "2026", "2025-W53", 202602, pd.Timestamp("2026-01-01 05:00")]
)
def test_periods_that_are_none_are_refused(period: object) -> None:
    with pytest.raises(CostsError, match="no day, week or month"):
        days_of(period)


def test_a_week_has_seven_days_and_a_missing_cost_is_missing() -> None:
    assert days_of("2026-W01") == (day_number("2025-12-29"), day_number("2026-01-05"))
    given = pd.DataFrame({"channel": ["ads"], "period": ["2026-W10"], "cost": [None]})
    assert read_costs(given, "month", 20_000, 21_000).table["cost"].isna().all()
    assert read_costs(given.head(0), "month", 20_000, 21_000).table.empty


def test_a_cost_without_a_channel_is_refused() -> None:
    given = pd.DataFrame({"channel": ["ads", None, " "], "period": "2026-01", "cost": 1.0})
    with pytest.raises(CostsError, match="channel is missing in 2 rows"):
        read_costs(given, "month", 20_000, 21_000)


def test_channels_are_the_same_however_they_are_written() -> None:
    """A column of numbers with gaps has 7.0 for 7; blanks around a name are no other name."""
    log, users, _ = shop()
    numbers = users.assign(channel=np.where(users["channel"].eq("ads"), 7.0, np.nan))
    found = acquired(log.daily(), numbers)
    assert set(found.channel) == {"7", NO_CHANNEL}
    costs = pd.DataFrame({"channel": [7, " 7 "], "period": "2026-03", "cost": 1.0})
    assert read_costs(costs, "month", 20_000, 21_000).table["channel"].tolist() == ["7"]


def test_a_moment_of_entry_is_a_local_day_and_text_that_is_none_is_refused() -> None:
    made = cl.datasets.make_community(users=60, days=70).log().daily()  # Asia/Shanghai
    late = pd.Timestamp("2026-02-01 17:00", tz="UTC")
    users = pd.DataFrame({"user_id": made.users, "channel": "ads", "came": late})
    found = acquired(made, users, entered="came")
    assert set(found.entry) == {day_number("2026-02-02")}
    with pytest.raises(PeopleError, match="'soon', which is no day"):
        acquired(made, users.assign(came="soon"), entered="came")


def test_costs_need_their_columns() -> None:
    with pytest.raises(FrameError, match="period"):
        read_costs(pd.DataFrame({"channel": ["a"], "cost": [1.0]}), "month", 0, 9)


@pytest.mark.parametrize(
    ("every", "cohorts", "whole"),
    [
        ("week", ["2026-01-05/2026-01-11", "2026-01-12/2026-01-18"], [False, True]),
        ("quarter", ["2026Q1", "2026Q2"], [False, True]),
        ("year", ["2026"], [False]),
    ],
)
def test_cohorts_are_whole_from_their_first_day_to_their_last(
    every: str, cohorts: list[str], whole: list[bool]
) -> None:
    first, end = day_number("2026-01-12"), day_number("2026-07-01")
    assert whole_cohorts(cohorts, every, first, end).tolist() == whole
    assert not whole_cohorts(cohorts, every, first, day_number("2026-01-18")).any()


def test_a_log_shorter_than_its_first_weeks_says_what_it_needs() -> None:
    made, users, _ = shop()
    early = until(made.daily(), made.daily().start + 10).daily()
    with pytest.raises(HistoryError, match="value by channel needs 29 days and the log has 10"):
        acquired(early, users)
