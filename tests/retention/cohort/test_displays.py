"""The pictures of cohorts."""

from __future__ import annotations

import numpy as np

import churnlab as cl
from churnlab.retention.cohort.cohorts import cohorts


def test_the_heat_map_has_a_number_in_each_known_cell() -> None:
    made = cl.datasets.make_community(users=120, days=60, seed=3)
    found = cohorts(made.log().daily(), made.users, by="channel")
    shown, lines = found.displays()
    shown.plot()
    share = found.triangle().to_numpy()[:, 1:]
    numbers = [text.get_text() for text in shown.ax_.texts]
    assert numbers == [f"{100 * s:.0f}" for row in share for s in row if np.isfinite(s)]
    assert "of each cohort" in shown.ax_.get_title(loc="left")
    lines.plot(language="zh")
    assert len(lines.ax_.containers) == 5
    assert lines.ax_.get_xticklabels()[0].get_text() == "1"


def test_pictures_are_drawn_on_axes_that_were_given() -> None:
    made = cl.datasets.make_community(users=40, days=40, seed=3)
    found = cohorts(made.log().daily())
    axes = found.plot().ax_
    assert found.plot(axes).ax_ is axes
