"""Stages, onboarding and the calendar."""

from __future__ import annotations

import math

import pytest
from support.one_person import START, T, features, of_days, value

import churnlab as cl
from churnlab.features.expression import Wave


@pytest.mark.parametrize(
    "offset,number",
    [
        ([1, *range(600, T)], 3),
        ([1, *range(500, T - 28), T - 3], 1),
        (list(range(500, T, 7)), 2),
        ([1, T - 40], 0),
        ([T - 5], 4),
    ],
)
def test_stages_of_the_lifecycle(offset: list[int], number: int) -> None:
    days = offset if number != 3 else [1, *range(620, 672, 7), *range(673, T)]
    assert features(of_days(days), "LifecycleStage")["stage__number__28d_84d"] == number


def test_onboarding_and_how_soon() -> None:
    found = features(of_days({"open": [600, 690], "onboarding": [601, 605]}), "Tenure")
    assert (
        found["lifecycle__onboarding_first_step_days__all"] == 1
        and found["lifecycle__onboarding_last_step_days__all"] == 5
    )


def test_the_calendar_turns_with_the_week() -> None:
    activity = of_days([1])
    assert value(activity, Wave(7.0), T) == pytest.approx(value(activity, Wave(7.0), T + 7))
    assert value(activity, Wave(365.2425), 0) == pytest.approx(
        math.sin(2 * math.pi * (START % 365.2425) / 365.2425), abs=1e-9
    )
    assert cl.FeatureSet.of(["Calendar"]).names(frozenset())
