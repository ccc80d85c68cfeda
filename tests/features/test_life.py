"""Stages of life: every threshold at its edge, and against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_person import T, of_days, value

from churnlab.errors import ConfigError
from churnlab.features.life import (
    ABSENT,
    CORE,
    FADING,
    GROWING,
    LOST,
    NEWCOMER,
    ORDER,
    SILENT,
    TIERS,
    WORDS,
    TierRules,
)


def number(days: list[int], rules: TierRules = TierRules()) -> float:  # noqa: B008
    return value(of_days(days), rules.number(False), T)


def plain(days: list[int]) -> float:
    """The table of the docstring, in plain Python; `days` are days with an act."""
    seen = [d for d in days if d < T]
    if not seen:
        return float("nan")
    now = sum(d >= T - 28 for d in seen)
    before = sum(T - 56 <= d < T - 28 for d in seen)
    if max(seen) < T - 56:
        return LOST
    if max(seen) < T - 14:
        return SILENT
    if min(seen) >= T - 28:
        return NEWCOMER
    if before >= 4 and now <= before / 2:
        return FADING
    return CORE if now >= 12 else GROWING


@pytest.mark.parametrize(
    "days,tier",
    [
        ([1, T - 57], LOST),
        ([1, T - 56], SILENT),
        ([1, T - 15], SILENT),
        ([1, T - 14], GROWING),
        ([T - 28, T - 1], NEWCOMER),
        ([T - 29, T - 1], GROWING),
        ([1, *range(T - 32, T - 28), T - 2, T - 1], FADING),
        ([1, *range(T - 31, T - 28), T - 1], GROWING),
        ([1, *range(T - 12, T)], CORE),
        ([1, *range(T - 11, T)], GROWING),
    ],
)
def test_each_threshold_at_its_edge(days: list[int], tier: int) -> None:
    assert number(days) == tier == plain(days)


def test_random_lives_against_plain_python() -> None:
    chance = np.random.default_rng(4)
    found = set()
    for _ in range(60):
        first, last = np.sort(T - chance.integers(1, 90, 2))
        inside = np.arange(first, last + 1)
        early, late = chance.choice([0.05, 0.3, 0.8], 2)
        often = np.where(inside < T - 28, early, late)
        kept = inside[chance.random(len(inside)) < often].tolist()
        days = sorted({int(first), *kept, int(last)})
        assert number(days) == plain(days), days
        found.add(plain(days))
    assert found == {LOST, SILENT, FADING, NEWCOMER, GROWING, CORE}


def test_a_person_who_has_not_acted_has_no_tier() -> None:
    assert np.isnan(number([T + 1]))


@pytest.mark.parametrize(
    "given", [{"silent": 56}, {"core_days": 0}, {"core_days": 29}, {"fading": 1}, {"new": 0}]
)
def test_thresholds_that_leave_a_tier_without_room_are_refused(given: dict) -> None:
    with pytest.raises(ConfigError):
        TierRules(**given)


def test_every_tier_has_a_word() -> None:
    assert set(ORDER) == set(TIERS) and set(WORDS) == {*TIERS, ABSENT}
