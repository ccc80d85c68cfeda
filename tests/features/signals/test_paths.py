"""Kinds of event that are dropped."""

from __future__ import annotations

from support.one_person import T, features, of_days


def test_kinds_of_event_that_are_not_used_any_more() -> None:
    found = features(
        of_days({"quiz": [T - 40], "forum": [T - 50, T - 4], "open": [T - 60, T - 2]}),
        "PathShortening",
    )
    assert found["path__kinds_dropped__28d_91d"] == 1 / 3 and found["path__kinds_used__28d"] == 2
