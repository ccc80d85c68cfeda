"""How the steps of a funnel are written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.retention.funnels.steps import Step, Steps


@pytest.fixture(scope="module")
def activity() -> cl.DailyActivity:
    frame = pd.DataFrame(
        {
            "u": "ann",
            "t": "2026-03-01 09:00Z",
            "e": ["open", "open", "later visit"],
            "x": [5.0, 6, 7],
        }
    )
    measures = ["x", cl.Measure.count("opens", where=[("e", "==", "open")])]
    roles = {"open": ["open"], "later visit": ["later visit"]}
    columns = {"user": "u", "time": "t", "event": "e", "measures": measures, "roles": roles}
    return cl.EventLog.from_frame(frame, **columns).daily()


def test_a_role_that_begins_with_later_is_that_role(activity: cl.DailyActivity) -> None:
    found = Steps.of(activity, ["open", "later visit", "later open"])
    assert [(s.name, s.later) for s in found.steps] == [
        ("open", False),
        ("later visit", False),
        ("open", True),
    ]
    assert found.wanted == ("n_open", "n_later_visit") or len(found.wanted) == 2
    assert found.places.tolist() == [0, 1, 0]


def test_events_count_and_sums_count_once(activity: cl.DailyActivity) -> None:
    found = Steps.of(activity, ["open", "x", "opens"])
    assert found.have(activity).tolist() == [[2, 1, 2]]
    assert Steps.of(activity, [], least=0).have(activity).shape == (1, 0)


def test_the_first_step_has_no_earlier_day(activity: cl.DailyActivity) -> None:
    found = Steps.of(activity, [Step("open", later=True), "open"])
    assert not found.later.any() and found.later.dtype == np.uint8
