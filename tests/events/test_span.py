"""Observed days: thin tails and heads, and logs that have none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.events.span import Span, observed

DAYS = range(20_000, 20_180)


def log(rate: int = 70, days: range = DAYS) -> dict[int, int]:
    return dict.fromkeys(days, rate)


def ends(events: dict[int, int]) -> tuple[int, int]:
    span = observed(events)
    assert span.head == sum(n for d, n in events.items() if d < span.start)
    assert span.tail == sum(n for d, n in events.items() if d >= span.end)
    return span.start, span.end


SOUND = (DAYS.start, DAYS.stop)


@pytest.mark.parametrize(
    "tail",
    [
        {20_545: 1},
        {20_181: 1},
        {20_180: 1},
        {20_200: 3, 20_400: 5, 20_545: 1},
        {d: 1 for d in range(20_184, 20_545, 4)},
        {d: 1 for d in range(20_180, 20_300)},
        {d: 3 for d in range(20_515, 20_545)},
        {40_000: 40},
    ],
)
def test_a_thin_tail_is_not_observed(tail: dict[int, int]) -> None:
    assert ends(log() | tail) == SOUND


@pytest.mark.parametrize(
    "head",
    [{3_657: 1}, {0: 30, 10_957: 20}, {19_900: 1}, {d: 1 for d in range(10_000, 19_900, 300)}],
)
def test_a_thin_head_is_not_observed(head: dict[int, int]) -> None:
    assert ends(head | log()) == SOUND
    assert ends(head | log() | {20_545: 1}) == SOUND


@pytest.mark.parametrize(
    "events",
    [
        {20_000: 1},
        {20_000: 1, 20_400: 1},
        {d: 1 for d in range(20_000, 20_400, 7)} | {20_800: 1},  # one person, away for a year
        log(1) | {20_300: 1},
        {20_000: 1000, 20_001: 5},  # too short to tell
        {d: 500 if d % 7 < 5 else 5 for d in range(20_000, 20_180 - 180 % 7 + 7)},  # quiet weekends
        {d: 1000 for d in range(20_000, 20_400, 30)},  # once a month
        {d: 5000 for d in (16_000, 16_365, 16_730, 17_095)},  # once a year
        log(3, range(19_940, 20_000)) | log(5000),  # a pilot, then the launch
        log() | log(5, range(20_180, 20_200)),  # quieter, and not next to nothing
        {20_000 + i: max(int(1000 * 0.95**i), 1) for i in range(200)},  # a cohort that fades
        {20_000 + i: int(1.05**i) + 1 for i in range(180)},  # an app that grows
        log() | {d: 0 for d in range(20_100, 20_150)},  # seven weeks without a log
    ],
)
def test_sound_logs_keep_their_span(events: dict[int, int]) -> None:
    there = [d for d, n in events.items() if n]
    assert observed(events) == Span(min(there), max(there) + 1)


@given(st.integers(0, 2**32), st.integers(10, 400), st.sampled_from([2, 30, 1000, 100_000]))
def test_noise_weeks_and_growth_do_not_change_the_span(seed: int, days: int, rate: int) -> None:
    rng = np.random.default_rng(seed)
    trend = np.exp(rng.normal(0, 0.01) * np.arange(days))
    week = rng.uniform(0.05, 1, 7)[np.arange(days) % 7]
    counts = rng.poisson(rate * trend * week * rng.lognormal(0, 0.4, days))
    counts[0] += 1
    counts[-1] += 1
    span = observed({20_000 + i: int(n) for i, n in enumerate(counts)})
    assert (span.start, span.end) == (20_000, 20_000 + days)


def test_the_first_minutes_of_a_day_are_not_that_day() -> None:
    assert ends(log(10_000) | {DAYS.stop: 70}) == SOUND


def test_empty_days_at_the_end_are_not_observed_where_the_log_can_tell() -> None:
    assert observed(log() | {DAYS.stop: 0, DAYS.stop + 1: 0}).end == DAYS.stop
    assert observed(log(1) | {DAYS.stop: 0}).end == DAYS.stop + 1
    assert observed({5: 0}) == Span(5, 6)
