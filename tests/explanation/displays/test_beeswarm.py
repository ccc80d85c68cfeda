"""BeeswarmDisplay: points of each feature, apart from each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.explained import explained

from churnlab.explanation.displays.beeswarm import BeeswarmDisplay, spread


def test_every_row_has_a_point_at_its_push() -> None:
    why = explained(80)
    display = BeeswarmDisplay.from_explanation(why, top=2)
    points = np.asarray(display.ax_.collections[0].get_offsets())
    assert points[:, 0].tolist() == why.values[display.features[0]].tolist()
    assert (np.abs(points[:, 1]) < 0.5).all()


def test_many_rows_are_thinned() -> None:
    display = BeeswarmDisplay.from_explanation(explained(5000), top=1)
    assert len(display.ax_.collections[0].get_offsets()) == 1000


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=80))
def test_points_stay_on_their_line_and_no_two_of_equal_push_coincide(pushes: list[int]) -> None:
    found = spread(np.array(pushes, float))
    assert (np.abs(found) <= 0.38 + 1e-9).all()
    assert len({(p, round(y, 9)) for p, y in zip(pushes, found, strict=True)}) == len(pushes)
