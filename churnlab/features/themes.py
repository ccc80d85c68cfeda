"""Themes: what a person would name as the reason, and the topics that each of them gathers.

A feature declares its topic, such as `minutes` (a session); the topic has a theme, such as
`sessions`. Contributions are summed by theme, and a reason speaks of one topic.
"""

from __future__ import annotations

from collections.abc import Mapping

from churnlab.language.sentence import Sentence, sentence

OTHER = "other"
DAY = "day"  # what depends on the snapshot day and the log alone: nobody's reason
THEMES: Mapping[str, Sentence] = {
    "silence": sentence("Comes less often, or no longer"),
    "sessions": sentence("Shorter sessions and paths"),
    "pushes": sentence("Pushes go unopened"),
    "social": sentence("Less contact with others"),
    "spending": sentence("Spends less"),
    "habits": sentence("Habits change"),
    "life_cycle": sentence("Newcomer, or at a later stage"),
    "profile": sentence("Who the person is"),
    OTHER: sentence("Other signals"),
    DAY: sentence("The season and the log"),
}
TOPICS: Mapping[str, str] = {
    "away": "silence",
    "visits": "silence",
    "gone": "silence",
    "gone_buyer": "silence",
    "minutes": "sessions",
    "steps": "sessions",
    "sessions": "sessions",
    "acts": "sessions",
    "functions": "sessions",
    "content": "sessions",
    "pushes": "pushes",
    "social": "social",
    "received": "social",
    "orders": "spending",
    "spending": "spending",
    "kinds": "habits",
    "role": "habits",
    "times": "habits",
    "newcomer": "life_cycle",
    "setup": "life_cycle",
    "attribute": "profile",
    OTHER: OTHER,
    DAY: DAY,
}


def theme_of(topic: str) -> str:
    """The theme of a topic; `other` for a topic that is not in the table.

    What follows a colon says which of several: `role:quiz` has the theme of `role`.

    >>> theme_of("minutes"), theme_of("role:quiz"), theme_of("weather")
    ('sessions', 'habits', 'other')
    """
    return TOPICS.get(topic.partition(":")[0], OTHER)


def topic_of_purchases(topic: str) -> str:
    """The topic where the log has purchases alone: there a visit, an act and an order are the same.

    >>> topic_of_purchases("steps"), topic_of_purchases("spending")
    ('visits', 'spending')
    """
    visit = topic == "orders" or theme_of(topic) in ("sessions", "habits")
    return "visits" if visit else topic


def topic_among(topics: Mapping[str, str], statistic: str) -> str:
    """The topic of a statistic: that of the longest beginning of it in `topics`, or `other`.

    >>> topic_among({"": "away", "active_": "visits"}, "active_days")
    'visits'
    """
    begins = [begin for begin in topics if statistic.startswith(begin)]
    return topics[max(begins, key=len)] if begins else OTHER
