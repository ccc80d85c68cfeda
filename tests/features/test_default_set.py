"""The default set of builders is the one that experiments/signals chose, in two runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import churnlab as cl
from churnlab.features.feature_set import BUILDERS

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "signals"
FIRST = json.loads((FOLDER / "first_run.json").read_text())
SECOND = json.loads((FOLDER / "second_run.json").read_text())
TODAY = json.loads((FOLDER / "result.json").read_text())
FEW_COULD_SHOW = {
    "SessionShortening",
    "SocialDropOff",
}  # two logs with a time of day, one with social acts
ONE_SHOWS = {"Years", "Calendar"}  # donations


def adds(gain: dict[str, dict[str, list[float]]]) -> bool:
    """Whether a signal improved a metric of a task by more than chance."""
    return any(
        gain[task][metric][1] > 0
        for task in gain
        if task != "mean"
        for metric in ("auc", "logloss")
    )


NEVER_TRIED = {"LifeTier"}  # a grouping of reports that a user may name as a feature


def costs(gain: dict[str, dict[str, list[float]]]) -> bool:
    """Whether a signal worsened a metric of a task by more than chance."""
    return any(
        gain[task][metric][2] < 0
        for task in gain
        if task != "mean"
        for metric in ("auc", "logloss")
    )


def test_a_builder_is_left_out_by_the_rules_alone() -> None:
    fell_out = {
        name
        for name, gain in FIRST["gain"].items()
        if gain["mean"]["logloss"][0] < 0 and not adds(gain)
    }
    assert fell_out == set(FIRST["falls_out"])
    stays = {
        name
        for name, gain in SECOND["gain"].items()
        if name in BUILDERS
        and gain["donations" if name in ONE_SHOWS else "mean"]["logloss"][0] > 0
        and not costs(gain)
    }
    assert stays == set(SECOND["stays"])
    tried = set(SECOND["gain"]) & set(BUILDERS)
    out = (fell_out - FEW_COULD_SHOW) | (tried - stays)
    out |= NEVER_TRIED
    assert {name for name, kind in BUILDERS.items() if not kind.default} == out
    assert {type(b).__name__ for b in cl.FeatureSet.default().builders} == set(BUILDERS) - out


def test_a_builder_that_adds_nowhere_says_so() -> None:
    gains: dict[str, Any] = FIRST["gain"] | {
        name: gain for name, gain in SECOND["gain"].items() if name in BUILDERS
    }
    silent = {name for name, gain in gains.items() if not adds(gain)}
    assert {
        name for name, kind in BUILDERS.items() if "experiments/signals" in str(kind.__doc__)
    } == silent


def test_the_default_set_still_pays_with_the_models_of_today() -> None:
    gain = TODAY["default_against_old"]
    assert adds(gain) and not costs(gain) and gain["mean"]["logloss"][1] > 0
