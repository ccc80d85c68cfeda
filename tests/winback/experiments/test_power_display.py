"""The picture of a test's power."""

from __future__ import annotations

import numpy as np

from churnlab.winback.experiments.next_test import NextTest


def test_the_curve_rises_and_passes_the_people_needed() -> None:
    display = NextTest.of_shares(0.1, 0.02, power=0.9).plot()
    assert (np.diff(display.power) > 0).all()
    there = np.interp(display.needed, display.people, display.power)
    assert abs(there - 0.9) < 0.005
    assert f"{display.needed:,} people" in [t.get_text() for t in display.ax_.texts]


def test_labels_are_in_a_language() -> None:
    display = NextTest.of_means(sd=1.0, difference=0.2).plot(language="zh")
    assert "人" in display.ax_.get_xlabel()
