"""Reasons about use, one by one: when they are said, and as what."""

from __future__ import annotations

import pytest
from support.told import told

from churnlab.features.reasons.use import content, kind, kinds, pushes, sessions, social

PUSHES = {
    "pushes_sent__14d": 9,
    "pushes_opened__14d": 1,
    "pushes_sent_before__14d_56d": 10,
    "pushes_opened_before__14d_56d": 6,
    "days_seen_before__14d_56d": 56,
    "away_days__all": 2,
}


def means(what: str, times: str, now: float, before: float) -> dict[str, float]:
    return {
        f"{what}__14d": now,
        f"{what}_before__14d_56d": before,
        f"{times}__14d": 5,
        f"{times}_before__14d_56d": 20,
    }


@pytest.mark.parametrize(
    "facts, english, chinese",
    [
        (
            means("minutes_a_session", "sessions", 4.4, 11.2),
            "Sessions last 4 minutes now, 11 before",
            "每次使用从11分钟缩短到4分钟",
        ),
        (
            means("minutes_a_session", "sessions", 0.4, 11.2),
            "Sessions last less than a minute now, 11 minutes before",
            "每次使用从11分钟缩短到不足1分钟",
        ),
        (
            means("steps_a_session", "sessions", 3, 8),
            "Takes 3 steps a session now, 8 before",
            "每次使用从8步减少到3步",
        ),
        (
            means("functions_a_day", "visits", 1.4, 6),
            "Uses 1 function on an active day now, 6 before",
            "活跃日用到的功能从6个减少到1个",
        ),
        (
            means("acts_a_day", "visits", 3, 9),
            "Does 3 things on an active day now, 9 before",
            "活跃日的操作从9次减少到3次",
        ),
    ],
)
def test_means_that_shrank(facts: dict[str, float], english: str, chinese: str) -> None:
    assert told(sessions(), **facts) == [english]
    assert told(sessions(), "zh", **facts) == [chinese]
    assert told(sessions(), **{n: 9.0 for n in facts}) == []


def test_pushes_are_opened_less() -> None:
    assert told(pushes(), **PUSHES) == [
        "Opened 1 of 9 pushes in the last 14 days, 6 of 10 in the 8 weeks before"
    ]
    assert told(pushes(), "zh", **PUSHES) == ["近14天收到9条推送只打开1条，此前8周10条打开6条"]
    none = {**PUSHES, "pushes_opened__14d": 0, "days_seen__14d": 14}
    assert told(pushes(), **none) == [
        "Opened none of 9 pushes in the last 14 days, 6 of 10 in the 8 weeks before",
        "Opened none of 9 pushes in the last 14 days",
    ]
    assert told(pushes(), **{**PUSHES, "pushes_opened__14d": 6}) == []
    assert told(pushes(), **{**none, "away_days__all": 20}) == []  # silence says it
    assert told(pushes(), **{**PUSHES, "pushes_opened__14d": 12}) == []  # more than were sent


def test_pushes_opened_long_ago() -> None:
    facts = {
        "push_opened_ago_days__all": 31,
        "pushes_sent__14d": 3,
        "days_seen__14d": 14,
        "away_days__all": 1,
    }
    said = "Last opened a push 31 days ago, 3 pushes sent in 14 days"
    assert told(pushes(), **facts) == [said]


def test_social_acts_stopped_or_became_fewer() -> None:
    every = list(social(frozenset({"social", "social_received"})))
    stopped = {
        "social_ago_days__all": 23,
        "social_every_days_before__14d_56d": 2,
        "social_days_before__14d_56d": 28,
        "away_days__all": 1,
    }
    said = "No interaction with others for 23 days, used to be every 2 days"
    assert told(every, **stopped) == [said]
    assert told(every, **{**stopped, "away_days__all": 23}) == []
    daily = told(every, **{**stopped, "social_every_days_before__14d_56d": 1})
    assert daily == ["No interaction with others for 23 days, used to be every day"]
    received = {"received__28d": 2, "received_before__28d_28d": 15, "seen_days__all": 90}
    received |= {"visits__28d": 9, "visits_before__28d_28d": 9}
    assert told(every, **received) == [
        "Received 2 reactions in the last 4 weeks, 15 in the 4 weeks before"
    ]
    assert not any(r.topic == "received" for r in social(frozenset({"social"})))


def test_content_and_a_role_of_the_users_own() -> None:
    facts = {"seen_days__all": 90, "visits__14d": 5, "visits_before__14d_14d": 5}
    viewed = {**facts, "content__14d": 0, "content_before__14d_14d": 12_345}
    assert told(content(), **viewed) == [
        "Viewed nothing in the last 14 days, 12,345 things in the 14 days before"
    ]
    assert told(content(), "zh", **viewed) == ["近14天没有浏览内容，前14天浏览1.2万次"]
    quiz = {**facts, "role_mock_exam__14d": 1, "role_mock_exam_before__14d_14d": 9}
    assert told(kind("mock_exam"), **quiz) == [
        "mock exam: 1 time in the last 14 days, 9 in the 14 days before"
    ]
    assert told(kind("签到"), "zh") == []


def test_fewer_kinds() -> None:
    facts = {"kinds_used__28d": 2, "kinds_used_before__28d_28d": 6, "seen_days__all": 56}
    assert told(kinds(["a", "b"]), **facts) == [
        "Used 2 kinds of function in the last 4 weeks, 6 in the 4 weeks before"
    ]
