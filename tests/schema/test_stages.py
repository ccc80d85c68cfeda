"""Stages: which condition wins, and its edges to the day."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.schema.stages import Presence
from churnlab.schema.targets import Churn

MISSING = np.nan


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ((31, 31, 30, 0, MISSING), "gone"),
        ((31, 31, 31, 0, MISSING), "silent"),
        ((31, 31, MISSING, 0, MISSING), "gone"),  # one active day: no silence before
        ((30, 30, 10, 0, 4.0), "lapsing"),
        ((31, 30, 10, 0, 4.0), "silent"),  # buys nothing any more, and was here 30 days ago
        ((31, 7, 3, 1, 4.0), "silent"),
        ((8, 8, 20, 1, 4.0), "lapsing"),
        ((7, 7, 20, 1, 1.5), "fading"),
        ((7, 7, 20, 1, 1.4), ""),
        ((7, 7, 20, 2, 3.0), "fading"),
        ((7, 7, 20, 2, 2.9), ""),
        ((7, 7, 20, 1, 0.0), ""),  # was there before the fortnight, on no day of it
        ((7, 7, 20, 1, MISSING), ""),  # new
    ],
)
def test_the_first_condition_that_fits_wins(facts: tuple[float, ...], stage: str) -> None:
    people = Presence(*(np.array([float(fact)]) for fact in facts))
    assert people.stages(Churn(horizon=30)).tolist() == [stage]


def test_a_label_of_events_knows_no_silence() -> None:
    people = Presence(*(np.array([value]) for value in (99.0, 99.0, 3.0, 0.0, MISSING)))
    assert people.stages(Churn(horizon=30, terminal="cancel")).tolist() == ["lapsing"]
