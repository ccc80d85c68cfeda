"""Derived measures: computed by the kernel from daily rows, so that no row has to hold them.

| name           | on each daily row                                                        |
|----------------|--------------------------------------------------------------------------|
| `days_<count>` | 1 where the count is above zero, such as `days_orders`                    |
| `gap_over_<n>` | days by which the gap that ends on this day exceeds n days; 0 if it does not |
| `gaps_over_<n>`| 1 where the gap that ends on this day is longer than n days               |
| `weekday_<k>`  | 1 where this active day is a certain day of the week (0 is Monday)        |

A derived measure is summed over windows with a far end; rows that a store has folded away hold
none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from churnlab.kernels import plan as kernel

Sources: TypeAlias = Mapping[str, tuple[int, int]]

OF_A_COUNT = {"days": kernel.DAYS}
OF_A_NUMBER = {
    "gap_over": kernel.GAP_OVER,
    "gaps_over": kernel.GAPS_OVER,
    "weekday": kernel.WEEKDAY,
}


def derived(measure: str, sources: Sources) -> tuple[int, int] | None:
    """Kind and column (or number) of a derived measure for the kernel; None for any other name.

    `sources` has the kind and the column of every measure of the daily rows. A measure of the log
    that happens to have such a name is not derived.

    >>> derived("gap_over_30", {}) == (kernel.GAP_OVER, 30)
    True
    >>> derived("days_orders", {"orders": (kernel.COUNT, 2)}) == (kernel.DAYS, 2)
    True
    >>> derived("days_money", {"money": (kernel.SUM, 0)}) is None
    True
    """
    if measure in sources:
        return None
    for name, kind in OF_A_COUNT.items():
        source, column = sources.get(measure.removeprefix(f"{name}_"), (-1, 0))
        if measure.startswith(f"{name}_") and source == kernel.COUNT:
            return kind, column
    for name, kind in OF_A_NUMBER.items():
        number = measure.removeprefix(f"{name}_")
        if measure.startswith(f"{name}_") and number.isdecimal():
            return kind, int(number)
    return None
