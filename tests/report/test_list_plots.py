"""Figures of a list: whole numbers on the axes, names of every row, and none without rows."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.language.sentence import sentence
from churnlab.report import list_plots
from churnlab.report.drawing import BLUE, GREY, svg


def test_every_row_has_its_name_and_number() -> None:
    counts = np.array([[30, 1], [0, 0]])
    parts = [(sentence("fading"), BLUE), (sentence("gone"), GREY)]
    shown = svg(list_plots.stacked(counts, ["high", "low"], parts))
    for text in ("fading", "gone", "high", "low", ">31<", ">30<", ">0<"):
        assert text in shown
    assert "活跃度下降" in svg(list_plots.stacked(counts, ["high", "low"], parts, "zh"))


def test_a_kind_of_change_without_people_is_not_in_the_legend() -> None:
    shown = svg(list_plots.came_and_went([], [(sentence("churned"), 2)]))
    assert "left the list" in shown and "entered" not in shown


@pytest.mark.parametrize("then", [None, np.array([0.0, 0.3])])
def test_probabilities_of_both_lists_are_drawn(then: np.ndarray | None) -> None:
    shown = svg(list_plots.risks(np.array([0.1, 1.0]), then))
    assert ("the last list" in shown) == (then is not None)


def test_a_matrix_of_moves_has_a_number_where_somebody_moved() -> None:
    shown = svg(list_plots.moves(np.array([[0, 1234], [0, 0]]), ["a", "b"], ["a", "b"]))
    assert "1,234" in shown and shown.count("·") == 3
