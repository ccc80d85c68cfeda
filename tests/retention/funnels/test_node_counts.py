"""Nodes, one for each step and each run of silent days."""

from __future__ import annotations

from churnlab.retention.funnels.node_counts import nodes_of
from churnlab.retention.funnels.steps import Step, Steps


def test_each_step_but_the_first_and_each_silence_is_a_node() -> None:
    plan = Steps((Step("registered"), Step("prefs"), Step("open", later=True)), (None, "a", "b"))
    found = nodes_of(plan, {"acts": [7], "open": [3, 7]})
    assert [str(node.words()) for node in found] == [
        "registered, but not prefs",
        "prefs, but not open, on a later day",
        "no act for 7 days or more",
        "no open for 3 days or more",
        "no open for 7 days or more",
    ]
    assert found[2].words().text("zh") != str(found[2].words())
