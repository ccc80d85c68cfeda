"""The default set of builders is the one that experiments/signals chose."""

from __future__ import annotations

import json
from pathlib import Path

import churnlab as cl
from churnlab.features.feature_set import BUILDERS

FOUND = json.loads(
    (Path(__file__).resolve().parents[2] / "experiments" / "signals" / "first_run.json").read_text()
)
FEW_COULD_SHOW = {
    "SessionShortening",
    "SocialDropOff",
}  # two logs with a time of day, one with social acts


def adds(gain: dict[str, dict[str, list[float]]]) -> bool:
    """Whether a signal improved a metric of a task by more than chance."""
    return any(
        gain[task][metric][1] > 0 for task in FOUND["tasks"] for metric in ("auc", "logloss")
    )


def test_a_builder_is_left_out_by_the_rule_alone() -> None:
    chosen = {
        name
        for name, gain in FOUND["gain"].items()
        if gain["mean"]["logloss"][0] < 0 and not adds(gain)
    }
    assert chosen == set(FOUND["falls_out"])
    out = chosen - FEW_COULD_SHOW
    not_tried = {name for name, kind in BUILDERS.items() if not kind.candidate}
    assert {name for name, kind in BUILDERS.items() if not kind.default} == out | not_tried
    assert {type(b).__name__ for b in cl.FeatureSet.default().builders} == set(
        BUILDERS
    ) - out - not_tried


def test_a_builder_that_adds_nowhere_says_so() -> None:
    silent = {name for name, gain in FOUND["gain"].items() if not adds(gain)}
    assert {
        name for name, kind in BUILDERS.items() if "experiments/signals" in str(kind.__doc__)
    } == silent
