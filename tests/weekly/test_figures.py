"""Figures: what is beyond chance, and how it is told."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.features.expression import Constant
from churnlab.weekly.figures import Figure, figures, figures_frame, figures_table
from churnlab.weekly.measures import COUNT, SHARE, Measure, Sums


def counted(now: int, last: int, both: int) -> Sums:
    """Active people of two weeks, of whom some were active in both."""
    total = np.array([now, 0, last, 0, 0, 0.0])
    products = np.zeros((6, 6))
    products[0, 0], products[2, 2], products[0, 2], products[2, 0] = now, last, both, both
    measure = Measure("active", "active people", COUNT, Constant(1.0))
    return Sums(measure, total, products, np.array([True, True, False]))


def test_a_change_of_paired_people_is_mcnemars() -> None:
    """90 came and 60 went: z = 30 / sqrt(150)."""
    found = counted(530, 500, 440)
    assert found.error(1) == pytest.approx(np.sqrt(150))
    (figure,) = figures([found])
    assert figure.last_p == pytest.approx(0.01431, abs=1e-5) and figure.beyond_last
    assert np.isnan(figure.year) and np.isnan(figure.year_p) and not figure.beyond_year


def test_many_figures_are_corrected_together() -> None:
    many = figures([counted(530, 500, 440), *[counted(500, 500, 480)] * 9])
    assert many[0].last_p == pytest.approx(0.1431, abs=1e-4) and not many[0].beyond_last


def test_words_of_counts_shares_and_what_is_not_known() -> None:
    share = Figure("a", "a share", SHARE, 0.25, 0.2, np.nan, 0.01)
    row = figures_table([share, Figure("b", "a count", COUNT, 12.0, 0.0)]).rows
    assert [str(words) for words in row[0]] == [
        "a share",
        "25.0%",
        "20.0%",
        "+5.0 points, beyond chance",
        "–",
        "–",
    ]
    assert [str(words) for words in row[1]] == ["a count", "12", "0", "–", "–", "–"]
    assert figures_frame([share])["beyond_last"].tolist() == [True]
