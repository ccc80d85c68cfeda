"""Outcomes of an experiment from daily rows, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from support.small_log import LOG, activity

from churnlab.errors import ConfigError
from churnlab.schema.days import day_number
from churnlab.winback.experiments.outcomes import (
    check_silence,
    chosen,
    known_before,
    measured,
    reach,
    silence_stage,
)

NAMES = ["came_back", "active_days", "money", "day_1", "day_7"]


def at(day: str, window: int = 14) -> dict[str, list[float]]:
    codes = np.array([0, 1, 2, -1])
    found = measured(activity(LOG), codes, np.full(4, day_number(day)), window, NAMES)
    return {name: values.tolist() for name, values in found.items()}


def test_the_day_of_the_assignment_counts_for_nothing() -> None:
    found = at("2026-01-05", window=26)
    assert found["came_back"] == [1, 1, 0, 0] and found["money"] == [0, 4.0, 0, 0]
    assert at("2026-01-05", window=25)["came_back"] == [1, 0, 0, 0]


def test_day_n_is_an_act_on_that_day() -> None:
    assert at("2026-01-30")["day_1"] == [0, 1, 0, 0]
    assert at("2026-02-02")["day_7"] == [0, 0, 1, 0]


def test_what_was_known_before_sees_nothing_of_the_day_itself() -> None:
    codes, day = np.array([0, 1, 2, -1]), day_number("2026-01-20")
    found = known_before(activity(LOG), codes, np.full(4, day))
    assert found["silent_days"].tolist() == [19, 15, 20, 20]
    assert found["tenure_days"].tolist() == [19, 15, 0, 0]
    assert found["active_days_28d"].tolist() == [1, 1, 0, 0]
    assert found["money_84d"].tolist() == [0, 8.5, 0, 0]


def test_unknown_outcomes_and_money_without_amounts_are_refused() -> None:
    for name in ("came_bck", "day_0", "day_1000"):
        with pytest.raises(ConfigError, match="unknown outcome of a log"):
            chosen([name], has_money=True)
    with pytest.raises(ConfigError, match="without amounts"):
        chosen("money", has_money=False)


def test_the_days_needed_are_those_of_the_latest_outcome() -> None:
    assert reach(["day_7"], 14) == 7 and reach(["day_7", "money"], 14) == 14


def test_stages_by_silence_have_their_bounds_in_the_name() -> None:
    silent = np.array([0.0, 6, 7, 27, 28, 400])
    assert silence_stage(silent, (7, 28)).tolist() == (
        ["silent 0-6 days"] * 2 + ["silent 7-27 days"] * 2 + ["silent 28+ days"] * 2
    )


def test_bounds_of_stages_are_rising_days() -> None:
    check_silence(())
    for wrong in ((0,), (7, 7), (28, 7), ("a",)):
        with pytest.raises(ConfigError, match="silence is"):
            check_silence(wrong)  # type: ignore[arg-type]
