"""Social acts done and received."""

from __future__ import annotations

from support.one_person import T, features, of_days


def test_received_for_each_done() -> None:
    found = features(
        of_days({"social": [T - 5, T - 3], "social_received": [T - 4] * 8, "open": [1]}),
        "SocialExchange",
    )
    assert (
        found["social__reciprocity__91d"] == 3
        and found["social__since_received_days__all"] == 4
        and found["social__days_share__91d"] == 1
    )
