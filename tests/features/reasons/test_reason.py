"""Reason: a sentence whose numbers are facts, and the condition under which it is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.features.expression import Sum
from churnlab.features.reasons.reason import (
    Estimate,
    Fact,
    Reason,
    counted,
    days_seen,
    fell,
    fewer,
    shrank,
)

GONE = Reason(
    "gone", "gone", "{gone:.0%} gone", {"gone": Estimate("p")}, lambda one: one.gone > 0.5
)


def test_facts_are_named_after_their_windows() -> None:
    assert counted("visits", "active", 0, 14).name == "fact__visits__14d"
    assert counted("visits", "active", 14, 70).name == "fact__visits_before__14d_56d"
    assert counted("visits", "active", 0, None).name == "fact__visits__all"
    assert days_seen(14, 70).name == "fact__days_seen_before__14d_56d"


def test_a_missing_value_supports_nothing() -> None:
    reason = Reason(
        "x", "away", "{a}", {"a": Fact("fact__a__all", Sum("acts").all)}, lambda one: ~(one.a > 3)
    )
    frame = pd.DataFrame({"fact__a__all": [1.0, 9.0, np.nan]})
    assert reason.holds(frame).tolist() == [True, False, False]
    assert reason.speaks(frame.columns) and not reason.speaks([])


def test_an_estimate_is_what_is_left_of_a_models_column_and_never_certain() -> None:
    frame = pd.DataFrame({"p": [0.37, 0.001, 0.9]})
    known = GONE.known(frame)
    assert known.iloc[:, 0].round(2).tolist() == [0.63, 0.99, 0.1]
    assert GONE.holds(frame).tolist() == [True, True, False]
    assert GONE.sentence.text() == f"{{{known.columns[0]}:.0%}} gone"


@pytest.mark.parametrize(
    "now, before, falls", [(0, 3, True), (0, 2, False), (1, 5, True), (4, 5, False), (0, 0, False)]
)
def test_a_count_falls_by_more_than_chance(now: int, before: int, falls: bool) -> None:
    assert fell(np.array([now]), np.array([before])).tolist() == [falls]


def test_a_mean_shrinks_in_the_digits_that_are_shown() -> None:
    now, before = np.array([4.0, 0.9, 8.0]), np.array([11.0, 1.4, 9.0])
    assert shrank(now, before).tolist() == [True, False, False]


def test_fewer_acts_that_follow_from_fewer_visits_are_no_reason() -> None:
    none, some = fewer("things", "content", "n_content", [14], "{now}, {before}", "{before}")
    frame = pd.DataFrame(
        {
            "fact__things__14d": [2.0, 2.0, 0.0, 0.0, 2.0],
            "fact__things_before__14d_14d": [20.0, 20.0, 20.0, 20.0, 20.0],
            "fact__visits__14d": [9.0, 1.0, 5.0, 0.0, 9.0],
            "fact__visits_before__14d_14d": [10.0, 10.0, 10.0, 10.0, 10.0],
            "fact__seen_days__all": [90.0, 90.0, 90.0, 90.0, 20.0],
        }
    )
    assert some.holds(frame).tolist() == [True, False, False, False, False]
    assert none.holds(frame).tolist() == [False, False, True, False, False]
