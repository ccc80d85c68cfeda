"""What is expected of people beyond what was seen: by the models, by older people, on a forecast."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from support.acquired_people import shop

from churnlab.btyd import MBGNBD, GammaGamma
from churnlab.errors import ConfigError
from churnlab.value.acquired import Acquired, acquired
from churnlab.value.outlook import Outlook, histories, mean_cumulative, spent_later


@cache
def people() -> Acquired:
    log, users, _ = shop()
    return acquired(log.daily(), users)


def test_people_who_ordered_get_orders_times_value() -> None:
    found = Outlook.of(people(), 180)
    (repeats, last, age), mean = histories(people())
    ordered = np.isfinite(age)
    orders = MBGNBD.fit(repeats, last, age, ridge=0.01)
    gamma = GammaGamma.fit(repeats + 1, mean, ridge=0.01)
    value = gamma.expected_value(repeats[ordered] + 1, mean[ordered])
    want = orders.expected(repeats[ordered], last[ordered], age[ordered], 45) * value
    assert found.expected(np.full(len(age), 45))[ordered] == pytest.approx(want)
    assert not found.expected(np.zeros(len(age), int)).any()


def test_people_without_an_order_get_what_older_ones_spent_later() -> None:
    made, ages = people(), 120
    first = np.full(len(made.users), np.inf)
    for who, age, orders in zip(made.who, made.age, made.orders, strict=True):
        if orders:
            first[who] = min(first[who], age)
    table = spent_later(made, ages)
    for week in (0, 3, 9):
        total = 0.0
        for day in range(ages):
            seen = [i for i in range(len(first)) if first[i] >= 7 * week and made.observed[i] > day]
            money = sum(
                m
                for w, a, m in zip(made.who, made.age, made.money, strict=True)
                if a == day and first[w] >= 7 * week and a >= 7 * week
            )
            total += money / len(seen)
            assert table[week, day + 1] == pytest.approx(total)
    outlook = Outlook.of(made, ages)
    never = np.flatnonzero(~np.isfinite(first) & (made.observed < 80))
    got = outlook.expected(np.full(len(first), 20))[never]
    for i, value in zip(never, got, strict=True):
        week = made.observed[i] // 7
        assert value == pytest.approx(
            table[week, made.observed[i] + 20] - table[week, made.observed[i]]
        )


def test_a_forecast_is_the_level_and_the_models_are_the_shape() -> None:
    made = people()
    plain = Outlook.of(made, 180)
    given = pd.Series(7.0, made.users[:50])
    found = Outlook.of(made, 180, given, 90)
    whole = found.expected(np.full(len(made.users), 90))
    assert whole[:50][plain.expected(np.full(len(made.users), 90))[:50] > 0] == pytest.approx(7.0)
    half, ours = (o.expected(np.full(len(made.users), 30)) for o in (found, plain))
    assert half[50:] == pytest.approx(ours[50:])
    with pytest.raises(ConfigError, match="forecast= and horizon="):
        Outlook.of(made, 180, given)


def test_without_models_orders_are_unknown_and_a_forecast_is_so_much_a_day() -> None:
    made = people()
    once = (made.orders > 0) & ~pd.Series(made.who).duplicated().to_numpy()
    kept = {n: getattr(made, n)[once] for n in ("who", "age", "money", "orders")}
    alone = replace(made, **kept)
    found = Outlook.of(alone, 180)
    assert "came back" in found.missing
    ordered = np.isfinite(found.history[2])
    assert np.isnan(found.expected(np.full(len(ordered), 10))[ordered]).all()
    given = Outlook.of(alone, 180, pd.Series(9.0, made.users), 90)
    assert given.expected(np.full(len(ordered), 30)) == pytest.approx(3.0)


def test_the_mean_of_money_by_age_ends_where_nobody_was_seen() -> None:
    found = mean_cumulative(np.array([0, 2]), np.array([6.0, 4.0]), np.array([1, 3, 3]), 5)
    assert found[:4] == pytest.approx([0, 2, 2, 4]) and np.isnan(found[4:]).all()
    weight = np.array([1.0, 0.0, 2.0])
    weighted = mean_cumulative(np.array([0]), np.array([6.0]), np.array([1, 3, 3]), 2, weight)
    assert weighted == pytest.approx([0, 2, 2])
