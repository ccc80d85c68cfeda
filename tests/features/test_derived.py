"""Derived measures."""

from __future__ import annotations

import pandas as pd
import pytest
from support.one_person import DAY, T, of_days, value

from churnlab.errors import ConfigError
from churnlab.features.derived import derived
from churnlab.features.expression import Sum
from churnlab.kernels import plan as kernel


@pytest.mark.parametrize(
    "measure", ["gap_over_", "gap_over_x", "days_money", "days_nothing", "weekday_"]
)
def test_a_measure_that_cannot_be_made_is_refused(measure: str) -> None:
    with pytest.raises(ConfigError, match="unknown measure"):
        value(of_days([1]), Sum(measure)[0, 7])


def test_derived_measures_are_counts_of_days_and_gaps() -> None:
    activity = of_days({"open": [T - 100, T - 60, T - 59, T - 10], "quiz": [T - 60, T - 10]})
    assert value(activity, Sum("days_n_quiz")[0, 91]) == 2
    assert value(activity, Sum("gap_over_30")[0, 91]) == (40 - 30) + (49 - 30)
    assert value(activity, Sum("gaps_over_45")[0, 91]) == 1
    weekdays = [value(activity, Sum(f"weekday_{k}")[0, 91]) for k in range(7)]
    days = [(DAY + pd.Timedelta(days=T - d)).weekday() for d in (60, 59, 10)]
    assert weekdays == [days.count(k) for k in range(7)]


def test_a_measure_of_the_log_with_such_a_name_is_not_derived() -> None:
    sources = {"days_orders": (kernel.COUNT, 4), "orders": (kernel.COUNT, 1)}
    assert derived("days_orders", sources) is None
    assert derived("days_orders", {"orders": (kernel.COUNT, 1)}) == (kernel.DAYS, 1)
