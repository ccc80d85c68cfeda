"""Axes that were given or new ones, scales of shares, labels in short lines."""

from __future__ import annotations

from itertools import pairwise

import pytest

from churnlab.report.axes import figure_of, in_lines, percent, share_marks, share_scales
from churnlab.report.drawing import png


def test_axes_that_were_given_are_drawn_on() -> None:
    figure, axes = figure_of(None, 5, 3)
    assert figure.get_size_inches().tolist() == [5, 3]
    assert figure_of(axes) == (figure, axes)


@pytest.mark.parametrize(
    ("top", "marks"),
    [
        (0.002, [0.001, 0.002]),
        (0.01, [0.001, 0.002, 0.005, 0.01]),
        (0.06, [0.002, 0.005, 0.01, 0.02, 0.05]),
        (0.3, [0.005, 0.02, 0.05, 0.1, 0.2, 0.3]),
        (1.1, [0.002, 0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ],
)
def test_marks_of_shares_are_apart_and_inside(top: float, marks: list[float]) -> None:
    assert share_marks(top) == marks
    roots = [mark**0.5 for mark in marks]
    assert all(b - a > 0.08 * top**0.5 for a, b in pairwise(roots))


def test_a_small_share_has_more_room_than_on_a_straight_scale() -> None:
    figure, axes = figure_of(None)
    share_scales(axes, 1.0)
    png(figure)
    low, middle, high = axes.transData.transform([(0, 0), (0.25, 0.25), (1, 1)])[:, 0]
    assert (middle - low) / (high - low) == pytest.approx(0.5)


def test_percents_near_an_end_have_a_decimal() -> None:
    shares = (0, 0.005, 0.01, 0.5, 0.99, 0.995, 1)
    assert [percent(v) for v in shares] == ["0%", "0.5%", "1%", "50%", "99%", "99.5%", "100%"]


def test_long_labels_are_broken_with_and_without_blanks() -> None:
    assert in_lines("short") == "short"
    lines = in_lines("以前几乎天天登录，现已3天未登录，最近没有任何互动和下单").split("\n")
    assert len(lines) == 2
    assert "".join(lines) == "以前几乎天天登录，现已3天未登录，最近没有任何互动和下单"
    assert all(len(line) <= 34 for line in in_lines("many words " * 20).split("\n"))
