"""What a receipt says of events outside the observed days."""

from __future__ import annotations

from churnlab.events.receipt import time_notes

DAYS = {"first_day": "2026-01-01", "last_day": "2026-06-30"}


def test_each_reason_is_a_sentence_with_its_number() -> None:
    counts = {"bad_times": 1200, "thin_head": 2, "thin_tail": 3, "after_until": 9}
    said = [str(each) for each in time_notes(DAYS | counts)]
    assert said == [
        "1,200 events lie after the moment of reading or before 1971 and were set aside",
        "the days before 2026-01-01 have next to no events (2), which were set aside",
        "the days after 2026-06-30 have next to no events (3) and do not count as observed",
    ]


def test_a_sound_log_needs_no_words() -> None:
    assert time_notes(DAYS | {"bad_times": 0}) == ()
    assert time_notes({}) == ()
