"""Reasons about spending, one by one: when they are said, and as what."""

from __future__ import annotations

from support.told import told

from churnlab.features.reasons.spending import spending

ALL = list(spending(frozenset({"purchase", "refund"})))
LATE = {
    "order_ago_days__all": 45,
    "order_every_days__all": 12,
    "orders__all": 6,
    "away_days__all": 2,
}
LESS = {
    "spent__28d": 80,
    "spent_before__28d_28d": 310.4,
    "orders_before__28d_28d": 4,
    "orders__28d": 1,
    "seen_days__all": 100,
    "away_days__all": 2,
}


def test_an_order_is_overdue() -> None:
    assert told(ALL, **LATE) == ["Last order 45 days ago, usually orders every 12 days"]
    assert told(ALL, "zh", **LATE) == ["平均12天下一单，距上次下单已45天"]
    daily = {**LATE, "order_every_days__all": 1.2}
    assert told(ALL, **daily) == ["Last order 45 days ago, usually orders every day"]
    assert told(ALL, **{**LATE, "away_days__all": 45}) == []  # away altogether: silence says it
    assert told(ALL, **{**LATE, "order_ago_days__all": 20}) == []
    assert told(ALL, **{**LATE, "orders__all": 3}) == []


def test_less_money() -> None:
    said = "Spent ¥80 in the last 4 weeks, ¥310 in the 4 weeks before"
    assert told(ALL, sign="¥", **LESS) == [said]
    assert told(ALL, "zh", "¥", **LESS) == ["近4周消费¥80，前4周消费¥310"]
    assert told(ALL, **LESS) == ["Spent 80 in the last 4 weeks, 310 in the 4 weeks before"]
    returned = {**LESS, "spent__28d": 0}
    assert told(ALL, **returned) == []  # bought, and gave it back
    nothing = {**returned, "orders__28d": 0}
    assert told(ALL, **nothing) == ["Spent nothing in the last 4 weeks, 310 in the 4 weeks before"]
    assert told(ALL, **{**nothing, "away_days__all": 40}) == []
    assert told(ALL, **{**LESS, "spent__28d": 300}) == []
    assert told(ALL, **{**LESS, "spent__28d": -5}) == []  # more was given back than paid
    assert told(ALL, **{**LESS, "seen_days__all": 50}) == []


def test_smaller_orders_and_one_order() -> None:
    smaller = {
        "order_value__91d": 20.5,
        "order_value_before__91d_91d": 120.0,
        "orders__91d": 2,
        "orders_before__91d_91d": 3,
        "not_orders__182d": 0,
    }
    assert told(ALL, sign="$", **smaller) == ["Orders of $20.50 on average now, $120 before"]
    assert told(ALL, **{**smaller, "not_orders__182d": 1}) == []  # money was given back
    one = {"orders__all": 1, "order_ago_days__all": 60, "away_days__all": 1}
    assert told(ALL, **one, log_before_days__all=27) == []
    one["log_before_days__all"] = 28
    assert told(ALL, **one) == ["One order so far, 60 days ago"]
