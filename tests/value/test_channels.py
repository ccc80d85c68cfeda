"""Channels against cost, against slow plain Python; bad input; a planted difference."""

from __future__ import annotations

from functools import cache
from math import ceil, exp, log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.acquired_people import DAYS, shop, slow_entries, slow_worth

from churnlab.errors import ConfigError, FrameError
from churnlab.value.channels import channels, marginal, top_share
from churnlab.value.channels_found import ChannelValue

AGES = (30, 60, 90)
COSTS = pd.DataFrame(
    {
        "channel": ["ads"] * 4 + ["tv"] + ["shop"],
        "period": ["2026-02", "2026-03", "2026-04", "2026-05", "2026-03", "2026-02"],
        "cost": [100.0, 300.0, 200.0, np.nan, 50.0, 0.0],
    }
)


@cache
def result(draws: int = 40) -> ChannelValue:
    made, users, _ = shop()
    return channels(made.daily(), users, COSTS, ages=AGES, draws=draws, currency="¥")


def channel_of(users: pd.DataFrame) -> dict[str, str]:
    return users.set_index("user_id")["channel"].fillna("(no channel)").to_dict()


def month(day: int) -> str:
    return str((pd.Timestamp("2026-01-01") + pd.Timedelta(days=day)).to_period("M"))


def test_seen_values_of_cohorts_and_channels_are_those_of_plain_python() -> None:
    _, users, events = shop()
    entries = slow_entries(events, 28)
    by = channel_of(users)
    checked = 0
    for row in result().cohorts.itertuples():
        if row.extrapolated or not row.people:
            continue
        worth = slow_worth(events, 28, row.age)
        inside = [
            n for n, day in entries.items() if month(day) == row.cohort and by[n] == row.channel
        ]
        assert row.people == len(inside)
        assert row.value == pytest.approx(sum(worth[n] for n in inside) / len(inside))
        assert all(entries[n] + row.age <= DAYS for n in inside)
        checked += 1
    assert checked > 20


def test_young_people_are_extrapolated_marked_and_never_counted_as_nothing() -> None:
    young = result().cohorts[result().cohorts["extrapolated"] > 0]
    assert len(young) and young["value"].notna().all()
    _made, users, events = shop()
    for row in young.itertuples():
        seen = slow_worth(events, 28, row.age)
        by = channel_of(users)
        inside = [
            n
            for n, day in slow_entries(events, 28).items()
            if month(day) == row.cohort and by[n] == row.channel
        ]
        assert row.value >= sum(seen[n] for n in inside) / len(inside) - 1e-9


def test_costs_and_payback_are_those_of_plain_python() -> None:
    _, users, events = shop()
    by = channel_of(users)
    entries = slow_entries(events, 28)
    paid = [
        n
        for n, d in entries.items()
        if by[n] == "ads" and month(d) in ("2026-02", "2026-03", "2026-04")
    ]
    row = result().by_channel.set_index("channel").loc["ads"]
    assert row["cost"] == pytest.approx(600) and row["paid_for"] == len(paid)
    cost = 600 / len(paid)
    spent = {age: slow_worth(events, 28, age) for age in range(91)}
    mean, day, payback = 0.0, 0, np.inf
    while day < 90:
        seen = [n for n in paid if DAYS - entries[n] > day]
        mean += sum(spent[day + 1][n] - spent[day][n] for n in seen) / len(seen)
        day += 1
        if mean >= cost:
            payback = day
            break
    assert row["payback"] == payback
    assert row["payback_low"] <= row["payback"] <= row["payback_high"]


def test_the_last_unit_of_cost_is_the_slope_at_the_newest_budget() -> None:
    found = result().cohorts
    rows = found[(found["channel"] == "ads") & (found["age"] == 90) & (found["cost"] > 0)]
    cost, value = rows["cost"].to_list(), (rows["value"] * rows["people"]).to_list()
    x, y = [log(c) for c in cost], [log(v) for v in value]
    mx, my = sum(x) / 3, sum(y) / 3
    slope = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum(
        (a - mx) ** 2 for a in x
    )
    want = slope * exp(my + slope * (x[-1] - mx)) / cost[-1]
    row = result().by_channel.set_index("channel").loc["ads"]
    assert row["marginal"] == pytest.approx(want) and row["budgets"] == 3
    assert np.isnan(result().by_channel.set_index("channel").loc["shop", "marginal"])


def test_a_part_of_a_month_is_no_other_budget() -> None:
    """The same budget every month: the log holds the first and the last month in part alone."""
    made, users, _ = shop()
    costs = pd.DataFrame({"channel": "ads", "period": [f"2026-{m:02d}" for m in range(1, 10)]})
    found = channels(made.daily(), users, costs.assign(cost=100.0), ages=AGES, draws=5)
    cut = found.cohorts.query("channel == 'ads'").groupby("cohort")["cost"].first()
    assert cut["2026-01"] < 11 and cut["2026-09"] < 100  # the rest lies outside the log
    row = found.by_channel.set_index("channel").loc["ads"]
    assert row["budgets"] == 7 and np.isnan(row["marginal"])


def test_a_channel_with_cost_and_nobody_and_people_without_one_have_rows() -> None:
    found = result().by_channel.set_index("channel")
    assert found.loc["tv", "people"] == 0 and found.loc["tv", "cost"] == 50
    assert np.isnan(found.loc["tv", "value_30"]) and np.isnan(found.loc["tv", "payback"])
    assert found.loc["(no channel)", "people"] > 0 and np.isnan(found.loc["(no channel)", "cost"])
    assert found.loc["shop", "payback"] == 0  # what costs nothing is paid back at once


def test_intervals_hold_the_figures_and_come_from_people() -> None:
    found = result()
    rows = found.cohorts.dropna(subset=["value"])
    assert (
        (rows["low"] <= rows["value"] + 1e-9) & (rows["value"] <= rows["high"] + 1e-9)
    ).mean() > 0.97
    again = channels(shop()[0].daily(), shop()[1], COSTS, ages=AGES, draws=40, currency="¥")
    assert again.cohorts.equals(found.cohorts)


def test_the_few_hold_what_plain_python_says() -> None:
    _, users, events = shop()
    by = channel_of(users)
    total = slow_worth(events, 28, 999)
    money = sorted((m for n, m in total.items() if by[n] == "ads"), reverse=True)
    bound = 0.1 * len(money)
    held = sum(money[: int(bound)]) + (bound - int(bound)) * money[int(bound)]
    row = result().by_channel.set_index("channel").loc["ads"]
    assert row["top_10"] == pytest.approx(held / sum(money)) and ceil(bound) < len(money)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=30), st.sampled_from([0.01, 0.1, 0.5, 1.0])
)
def test_weights_count_people_as_if_they_were_there_so_often(money: list[int], top: float) -> None:
    ordered = np.array(sorted(money, reverse=True), float)
    weight = np.arange(len(money)) % 3
    several = np.repeat(ordered, weight)
    if several.sum() > 0:
        got = top_share(ordered, weight.astype(float), top)
        assert got == pytest.approx(top_share(several, np.ones(len(several)), top))
    else:
        assert np.isnan(top_share(ordered, weight.astype(float), top))


def test_no_slope_without_value() -> None:
    assert np.isnan(marginal(np.array([1.0, 2.0]), np.array([0.0, 3.0])))


def test_the_extrapolation_of_an_earlier_day_is_told_beside_what_came() -> None:
    check = result().check
    assert check is not None and check.expected > 0 and check.people > 10
    _made, _users, events = shop()
    cut = DAYS - 45
    entries = {n: d for n, d in slow_entries(events, 28).items() if d < cut}
    actual = 0.0
    for row in events.itertuples():
        entry = entries.get(row.user_id)
        if entry is not None and row.day >= cut and row.day < entry + 90:
            actual += {"purchase": 1, "refund": -1}.get(row.event, 0) * np.nan_to_num(row.amount)
    assert check.actual == pytest.approx(actual)


def test_without_costs_values_stand_alone_and_a_short_log_has_no_check() -> None:
    made, users, _ = shop()
    found = channels(made.daily(), users, ages=(30, 500), draws=3)
    assert found.by_channel["cost"].isna().all() and found.check is None


def test_what_cannot_be_is_refused() -> None:
    made, users, _ = shop()
    for ages in ((), (30, 30), (0, 5), (2.5,)):
        with pytest.raises(ConfigError, match="rising whole numbers"):
            channels(made.daily(), users, ages=ages)
    with pytest.raises(ConfigError, match="draws is 0"):
        channels(made.daily(), users, draws=0)
    with pytest.raises(FrameError, match="costs frame"):
        channels(made.daily(), users, pd.DataFrame({"channel": []}))
