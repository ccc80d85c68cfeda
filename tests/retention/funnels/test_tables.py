"""The words of funnels."""

from __future__ import annotations

import numpy as np

from churnlab.retention.funnels.steps import Step, Steps
from churnlab.retention.funnels.tables import Taken, Walked, long_table, sentences


def walked(steps: list[int], since: list[list[float]], segments: list[int]) -> Walked:
    plan = Steps((Step("in"), Step("set"), Step("pay")), ("in", "set", "pay"))
    taken = Taken(np.array(steps, np.int8), np.array(since), [np.array(segments, np.int32)])
    return Walked(plan, 7, taken, (("channel", ("ads", "shop", None)),), 0, False)


def test_times_are_those_of_who_took_the_step() -> None:
    found = walked([3, 2, 2, 1], [[0, 1, 5], [0, 3, 0], [0, 0, 0], [0, 0, 0]], [0, 0, 1, 2])
    table = long_table(found)
    assert table["people"].tolist() == [4, 3, 1, 2, 2, 1, 1, 1, 0, 1, 0, 0]
    assert table["median_days"].iloc[1] == 1 and table["mean_days"].iloc[1] == 4 / 3
    assert table["median_days_before"].iloc[2] == 4
    assert table["group"].iloc[-1] is None and np.isnan(table["of_previous"].iloc[-1])


def test_a_difference_beyond_chance_is_said() -> None:
    steps = [3] * 80 + [2] * 20 + [3] * 20 + [2] * 80
    found = walked(steps, [[0.0, 1, 2]] * 200, [0] * 100 + [1] * 100)
    said = [str(words) for words in sentences(found)]
    assert said[0] == "50.0% of 200 people came through all steps within 7 days"
    assert said[1] == "Most are lost before “pay”: 100 of 200 did not take it"
    assert said[-1] == "channel: ads takes the step “pay” more often than shop, by 60.0 points"
