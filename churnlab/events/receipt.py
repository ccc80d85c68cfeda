"""What a log's receipt says of events that lie outside its observed days, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from churnlab.language.sentence import Sentence, sentence


def time_notes(described: Mapping[str, object]) -> tuple[Sentence, ...]:
    """A sentence for each reason by which events lie outside the observed days of a log.

    Events that `until` and `since` were asked to leave out need no words. `described` is what
    `describe` of a log, an activity or a store returns.

    >>> day = {"first_day": "2026-01-01", "last_day": "2026-06-30"}
    >>> print(*time_notes(day | {"thin_tail": 1, "bad_times": 0}))
    the days after 2026-06-30 have next to no events (1) and do not count as observed
    """
    last, first = described.get("last_day"), described.get("first_day")
    said = {
        "bad_times": lambda n: sentence(
            "{n:,} events lie after the moment of reading or before 1971 and were set aside", n=n
        ),
        "thin_head": lambda n: sentence(
            "the days before {first} have next to no events ({n:,}), which were set aside",
            first=first,
            n=n,
        ),
        "thin_tail": lambda n: sentence(
            "the days after {last} have next to no events ({n:,}) and do not count as observed",
            last=last,
            n=n,
        ),
    }
    return tuple(said[name](described[name]) for name in said if described.get(name))
