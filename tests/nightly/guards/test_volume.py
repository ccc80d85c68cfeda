"""The newest days beside their weekdays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.config.sections import GuardsTable
from churnlab.nightly.guards.guard import Guard
from churnlab.nightly.guards.volume import Days
from churnlab.nightly.guards.witness import DAYS, PARTS

DAY = 20_000
LIMITS = GuardsTable()


def sums(**newest: float) -> pd.DataFrame:
    """Days of a log with 1,000 events, on Sundays 100; columns of the newest day changed."""
    days = np.arange(DAY - DAYS, DAY)
    size = np.where(days % 7 == 3, 100, 1000)
    table = pd.DataFrame({"all": size, "orders": size // 100, "money": size * 10_000}, index=days)
    for part, share in zip(PARTS, (0.1, 0.2, 0.3, 0.4), strict=True):
        table[part] = size * share
    table["role push"] = size // 2
    table["people"], table["newcomers"] = size // 10, size // 100
    for name, value in newest.items():
        table.loc[DAY - 1, name.replace("_", " ")] = value
    return table.astype(float)


def guards(table: pd.DataFrame, new: int = 1, start: int = DAY - DAYS) -> dict[str, Guard]:
    return {guard.name: guard for guard in Days(table, start, new).guards(LIMITS)}


def test_usual_days_pass_on_any_weekday() -> None:
    for new in range(1, 8):
        found = guards(sums(), new)
        assert len(found) == 8 and all(guard.passed for guard in found.values())


def test_a_day_is_compared_with_its_weekday() -> None:
    found = guards(sums(all=490))["volume_least all"]
    assert found.figure == 0.49 and found.level == "block" and not found.passed
    assert guards(sums(all=510))["volume_least all"].level == "warn"
    assert guards(sums(role_push=0))["volume_least push"].figure == 0
    assert guards(sums(all=2000))["volume_most all"].figure == 2


def test_a_day_within_the_range_of_its_weeks_passes() -> None:
    table = sums(all=400)
    table.loc[DAY - 8, "all"] = 300.0
    assert guards(table)["volume_least all"].passed


def test_with_little_to_compare_nothing_is_said() -> None:
    assert "volume_least all" not in guards(sums(all=0), start=DAY - 25)
    small = sums(all=0)
    small["role push"] = 3.0
    assert "volume_least push" not in guards(small)


def test_an_empty_day_is_found_weeks_later_too() -> None:
    table = sums()
    table.loc[DAY - 20, "all"] = 0
    found = guards(table)["days_without_events"]
    assert found.figure == 1 and found.level == "block" and "2024-09-14" in str(found.says)


def test_the_newest_days_are_those_since_the_last_list() -> None:
    assert Days(sums(), DAY - DAYS, 2).checked == [DAY - 2, DAY - 1]
    assert len(Days(sums(), DAY - DAYS, 0).checked) == 1
    assert len(Days(sums(), DAY - DAYS, 99).checked) == 7


def test_prices_and_hours() -> None:
    cents = guards(sums(money=100 * 10_000_000))["order_value"]
    assert cents.figure == 100 and not cents.passed
    found = guards(sums(night=400, evening=100))["hours_of_day"]
    assert found.level == "block" and not found.passed


def test_a_day_of_people_who_are_all_new_is_refused() -> None:
    found = guards(sums(newcomers=95))["newcomers"]
    assert found.figure == 0.95 and found.level == "block" and not found.passed
    assert "95 of the 100 people" in str(found.says) and "10%" in str(found.says)
    often = sums(newcomers=95)
    often.loc[DAY - 20, "newcomers"] = 96
    assert guards(often)["newcomers"].passed
    few = sums(people=5, newcomers=5)
    assert "newcomers" not in guards(few) and "newcomers" not in guards(sums(), start=DAY - 10)


def uneven(seed: int, size: int, clump: int, days: int = 250) -> pd.DataFrame:
    """Days of a small log: visits of `clump` events each, at one part of the day."""
    random = np.random.default_rng(seed)
    visits = random.poisson(size / clump, days)
    parts = np.array([random.multinomial(n, (0.1, 0.2, 0.3, 0.4)) for n in visits]) * clump
    table = pd.DataFrame(parts, np.arange(DAY - days, DAY), list(PARTS))
    total = table.sum(axis=1)
    prices = np.array([random.lognormal(3, 1.5, max(n // clump, 1)).mean() for n in total])
    orders = np.maximum(total // clump, 1)
    return table.assign(
        people=visits,
        newcomers=visits // 20,
        all=total,
        orders=orders,
        money=orders * prices * 1e6,
        **{"role push": total},
    ).astype(float)


@pytest.mark.parametrize(("size", "clump"), [(60, 3), (1000, 30)])
def test_few_uneven_days_are_blocked_and_accidents_are(size: int, clump: int) -> None:
    table = uneven(size, size, clump)
    blocked = 0
    for day in range(DAY - 150, DAY):
        found = guards(table.loc[day - DAYS : day - 1])
        blocked += any(g.level == "block" for g in found.values())
    assert blocked <= 2
    ends = [table.loc[: DAY - 1 - back].tail(DAYS) for back in range(10)]
    days = [rows.set_axis(np.arange(DAY - DAYS, DAY)) for rows in ends]
    assert sum(not _passes(rows.iloc[:-1], rows.iloc[-1] * 0.05) for rows in days) == 10
    moved = dict(zip(PARTS, reversed(PARTS), strict=True))
    assert sum(not _passes(d.iloc[:-1], d.iloc[-1].rename(moved)[d.columns]) for d in days) >= 8
    cents = [pd.concat([d.iloc[-1:].drop(columns="money"), d.iloc[-1:][["money"]] * 100], axis=1)
             for d in days]  # fmt: skip
    found = [_passes(d.iloc[:-1], c[d.columns].iloc[0]) for d, c in zip(days, cents, strict=True)]
    assert sum(found) <= 1


def _passes(before: pd.DataFrame, newest: pd.Series) -> bool:
    """Whether no guard blocks after a newest day."""
    rows = pd.concat([before, newest.rename(DAY - 1).to_frame().T])
    return all(guard.level != "block" for guard in guards(rows).values())
