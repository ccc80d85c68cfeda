"""The picture of effects."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.experiments import drawn

from churnlab.report.axes import figure_of
from churnlab.winback.experiments.effects import effects_of
from churnlab.winback.experiments.effects_display import EffectsDisplay


def test_a_row_for_each_group_and_treatment_and_a_legend_of_treatments() -> None:
    display = effects_of(drawn(arms=3), "stage").plot(outcome="kept")
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels == ["core", "fading"]
    assert display.figure_.legends[0].get_texts()[0].get_text() == "gift"


def test_points_beyond_chance_are_filled() -> None:
    display = effects_of(drawn(3000, harm=0.0), "stage").plot(outcome="kept")
    faces = display.ax_.collections[1].get_facecolors()
    assert faces[0].tolist()[:3] == [1, 1, 1] and faces[1].tolist()[:3] != [1, 1, 1]


@pytest.mark.parametrize(
    "outcome, text", [("kept", "in points of 100 people"), ("money", "a person")]
)
def test_the_axis_says_its_unit(outcome: str, text: str) -> None:
    display = effects_of(drawn()).plot(outcome=outcome)
    assert text in display.ax_.get_xlabel()


def test_an_observational_picture_says_so() -> None:
    found = effects_of(replace(drawn(), randomised=False))
    assert "observational" in EffectsDisplay.from_effects(found).ax_.get_xlabel()


def test_it_draws_on_axes_that_are_given_in_a_language() -> None:
    _, axes = figure_of(None)
    assert effects_of(drawn()).plot(axes, language="zh").ax_ is axes
    assert "每100人" in axes.get_xlabel()
