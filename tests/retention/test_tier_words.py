"""Every tier has a word, in the order in which people are told of them."""

from __future__ import annotations

from churnlab.features.life import TIERS
from churnlab.retention.tier_words import ABSENT, ORDER, WORDS


def test_every_tier_has_a_word() -> None:
    assert set(ORDER) == set(TIERS) and set(WORDS) == {*TIERS, ABSENT}
