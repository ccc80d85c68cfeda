"""Reasons about buying, one by one: of orders alone, and of visits of those who have acts beside."""

from __future__ import annotations

from support.told import told

from churnlab.features.reasons.buying import buying

BUYING = list(buying(frozenset({"purchase", "refund", "money", "other"})))
LATE = {"away_days__all": 6, "usual_gap_days__364d": 2, "gaps__364d": 20}
ORDERS = {"visits__728d": 9, "order_days__728d": 9}


def test_the_usual_gap_is_said_where_each_active_day_has_an_order() -> None:
    late = {**LATE, **ORDERS}
    assert told(BUYING, **late) == ["Usually buys again after 2 days, last order 6 days ago"]
    assert told(BUYING, **{**late, "visits__728d": 10}) == []
    daily = {**late, "usual_gap_days__364d": 1}
    assert told(BUYING, **daily) == ["Usually buys again the next day, last order 6 days ago"]
    rare = {**ORDERS, "usual_gap_days__364d": 23, "gaps__364d": 3, "away_days__all": 5}
    assert told(BUYING, "zh", **rare) == ["通常隔23天才下一单"]
    long = {**ORDERS, "away_days__all": 16, "usual_gap_days__364d": 9, "gaps__364d": 9}
    assert told(BUYING, **long) == ["Last order 16 days ago"]


def test_the_last_order_of_who_has_no_habit_whatever_came_after_it() -> None:
    rarely = {"order_ago_days__all": 319, "away_days__all": 10, "gaps__364d": 1}
    assert told(BUYING, **rarely) == ["Last order 319 days ago"]
    assert told(BUYING, **{**rarely, "order_ago_days__all": 27}) == []
    assert told(BUYING, **{**rarely, "gaps__364d": 3}) == []


def test_who_gave_something_back_is_told_by_orders() -> None:
    late = {"order_ago_days__all": 45, "order_every_days__all": 12, "orders__all": 6}
    said = "Last order 45 days ago, usually orders every 12 days"
    assert told(BUYING, away_days__all=3, visits__728d=9, order_days__728d=8, **late) == [said]
    assert told(BUYING, **{**late, "order_ago_days__all": 23}) == []


def test_days_with_an_order() -> None:
    fall = {"order_days__28d": 2, "order_days_before__28d_28d": 9, "seen_days__all": 60}
    fall |= {"visits__28d": 4, "visits_before__28d_28d": 9}
    said = "Bought on 2 days in the last 4 weeks, on 9 in the 4 weeks before"
    assert told(BUYING, **fall) == [said]
    none = told(BUYING, **{**fall, "order_days__28d": 0})
    assert none == ["Bought nothing in the last 4 weeks, bought on 9 days in the 4 weeks before"]
    few = {"order_days__91d": 3, "order_ago_days__all": 9, "days_seen__91d": 60}
    assert told(BUYING, **few) == ["Bought on only 3 days in the last 60 days, last 9 days ago"]
    lately = {**few, "order_ago_days__all": 2, "days_seen__91d": 91}
    assert told(BUYING, "zh", **lately) == ["近13周只有3天下单"]


def test_hardly_a_buyer() -> None:
    once = {"visits__all": 2, "order_ago_days__all": 9, "order_first_days__all": 9}
    once["log_before_days__all"] = 40
    assert told(BUYING, **once) == ["Bought on one day only, 9 days ago"]
    assert told(BUYING, "zh", **once) == ["只在1天下过单，距今已9天"]
    assert told(BUYING, **{**once, "log_before_days__all": 27}) == []
    assert told(BUYING, **{**once, "order_first_days__all": 10}) == []
    twice = {"visits__all": 2, "away_days__all": 20, "log_before_days__all": 40}
    said = ["Bought on 2 days in all, last 20 days ago"]
    assert told(BUYING, acts_beside_orders__all=0, **twice) == said
    assert told(BUYING, acts_beside_orders__all=1, **twice) == []


def test_acts_without_a_role_are_visits() -> None:
    looks = {**LATE, "visits__728d": 30, "order_days__728d": 2, "acts_without_role__all": 30}
    assert told(BUYING, **looks) == ["Usually back after 2 days, away for 6 days"]


def test_gone_for_good_judges_by_orders_or_by_visits() -> None:
    by_orders = "63% likely gone for good, judging by past orders (an estimate)"
    gone = {"btyd__alive_days__all": 0.37}
    assert told(BUYING, acts_without_role__all=0, **gone) == [by_orders]
    by_visits = "63% likely gone for good, judging by past visits (an estimate)"
    assert told(BUYING, acts_without_role__all=4, **gone) == [by_visits]
    assert told(BUYING, btyd__alive_orders__all=0.37) == [by_orders]
