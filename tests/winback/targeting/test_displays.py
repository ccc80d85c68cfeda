"""Pictures of uplift: curves, bands and labels in both languages."""

from __future__ import annotations

import pytest
from support.planted import mean_scores, planted
from support.uplifted import fitted

from churnlab.report.axes import figure_of
from churnlab.winback.targeting.cells import Cells
from churnlab.winback.targeting.displays import BudgetDisplay, GainDisplay, TocDisplay
from churnlab.winback.targeting.policy import Policy


def test_a_targeting_curve_for_each_treatment() -> None:
    display = fitted().plot()
    assert isinstance(display, TocDisplay) and list(display.curves) == ["gift", "update", "message"]
    assert display.curves["gift"][1][-1] == pytest.approx(0, abs=1e-9)
    assert "more than at random" in display.ax_.get_ylabel()


def test_people_kept_per_1000_contacted() -> None:
    display = GainDisplay.of(fitted(), "update")
    assert display.arm == "update" and "per 1,000 contacted" in display.ax_.get_ylabel()
    assert GainDisplay.of(fitted()).arm == "gift"


def test_the_budget_curves_and_the_policy_on_axes_that_are_given() -> None:
    made = planted(4000, seed=1)
    policy = Policy.find(made.trial, Cells.of(made.stage), mean_scores(made))
    _, axes = figure_of(None)
    assert policy.plot(axes, uplift=fitted(), language="zh").ax_ is axes
    assert len(axes.lines) == 3 and "人均" in axes.get_xlabel()
    alone = BudgetDisplay.of_uplift(fitted())
    assert not alone.figure_.legends
