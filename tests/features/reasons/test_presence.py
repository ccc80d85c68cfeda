"""Reasons about presence, one by one: when they are said, and as what."""

from __future__ import annotations

from support.told import told

from churnlab.features.reasons.presence import beginning, presence

VISITING = list(presence())
LATE = {
    "away_days__all": 6,
    "usual_gap_days__364d": 2,
    "gaps__364d": 20,
}
IN_A_MONTH = {"visits__28d": 20, "days_seen__28d": 28}


def test_away_for_longer_than_usual() -> None:
    assert told(VISITING, **LATE) == ["Usually back after 2 days, away for 6 days"]
    assert told(VISITING, "zh", **LATE) == ["通常隔2天登录一次，这次已6天未登录"]
    assert told(VISITING, **{**LATE, "usual_gap_days__364d": 4}) == []
    assert told(VISITING, **{**LATE, "gaps__364d": 2}) == []


def test_away_after_visiting_most_days() -> None:
    late = {**LATE, "away_days__all": 3, "usual_gap_days__364d": 1}
    daily = {**late, **IN_A_MONTH}
    most, next_day = told(VISITING, **daily)
    assert most == "Has not visited for 3 days, after visiting most days"
    assert next_day == "Usually back the next day, away for 3 days"
    assert told(VISITING, "zh", **daily) == [
        "以前几乎天天登录，现已3天未登录",
        "通常第二天就会再登录，这次已3天未登录",
    ]
    assert told(VISITING, **{**daily, "visits__28d": 18}) == [next_day]
    assert told(VISITING, **{**daily, "away_days__all": 2}) == []
    long = {**daily, "away_days__all": 40, "visits__28d": 0}
    assert most not in told(VISITING, **long) and len(told(VISITING, **long)) == 2


def test_fewer_visits() -> None:
    fall = {"visits__14d": 2, "visits_before__14d_14d": 9, "seen_days__all": 40}
    by = {"visits__14d": 2, "visits_before__14d_14d": 9}
    said = "Visited on 2 days in the last 14 days, on 9 in the 14 days before"
    assert told(VISITING, **fall) == [said]
    assert told(VISITING, **{**fall, "seen_days__all": 27}) == []
    none = told(VISITING, **{**fall, **by, "visits__14d": 0})
    assert none == ["No visit in the last 14 days, visited on 9 days in the 14 days before"]
    assert told(VISITING, **{**fall, "visits__14d": 8}) == []


def test_hardly_ever_there() -> None:
    once = {"visits__all": 1, "away_days__all": 9, "log_before_days__all": 28}
    assert told(VISITING, **once) == ["Visited on one day only, 9 days ago"]
    assert told(VISITING, **{**once, "log_before_days__all": 27}) == []
    twice = {"visits__all": 2, "away_days__all": 20, "log_before_days__all": 28}
    assert told(VISITING, **twice) == ["Visited on 2 days in all, last 20 days ago"]
    assert told(VISITING, **{**twice, "log_before_days__all": 27}) == []
    few = {"visits__91d": 3, "away_days__all": 9, "days_seen__91d": 60}
    assert told(VISITING, **few) == ["Visited on only 3 days in the last 60 days, last 9 days ago"]
    lately = {**few, "away_days__all": 2, "days_seen__91d": 91}
    assert told(VISITING, **lately) == ["Visited on only 3 days in the last 13 weeks"]
    assert told(VISITING, **{**few, "visits__91d": 7}) == []
    rare = {"usual_gap_days__364d": 23, "gaps__364d": 3}
    assert told(VISITING, **rare) == ["Usually 23 days between visits"]
    long = {"away_days__all": 16, "usual_gap_days__364d": 9, "gaps__364d": 9}
    assert told(VISITING, **long) == ["Last visit 16 days ago"]
    rarely = {"away_days__all": 319, "gaps__364d": 1}
    assert told(VISITING, **rarely) == ["Last visit 319 days ago"]


def test_gone_for_good_is_an_estimate() -> None:
    said = "63% likely gone for good, judging by past visits (an estimate)"
    assert told(VISITING, btyd__alive_days__all=0.37) == [said]
    assert told(VISITING, btyd__alive_days__all=0.6) == []
    chinese = told(VISITING, "zh", btyd__alive_orders__all=0.37)
    assert chinese == ["按以往下单规律估计，63%的可能不再下单"]


def test_beginners() -> None:
    first = list(beginning(frozenset({"onboarding"})))
    few = {"started_days__all": 30, "visits__all": 5, "log_before_days__all": 28}
    assert told(first, **few) == ["First seen 30 days ago, visited on 5 days since"]
    assert told(first, **{**few, "visits__all": 3}) == []  # told as few visits in all
    assert told(first, **{**few, "visits__all": 9}) == []
    assert told(first, **{**few, "log_before_days__all": 0}) == []
    setup = {"started_days__all": 5, "setup_steps__all": 0, "log_before_days__all": 28}
    assert told(first, **setup) == ["No step of the setup done, 5 days after the first visit"]
    assert told(first, **{**setup, "setup_steps__all": 1}) == []
    assert told(first, **{**setup, "log_before_days__all": 27}) == []
    assert not any(r.topic == "setup" for r in beginning(frozenset()))
