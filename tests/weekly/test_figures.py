"""Figures: what is beyond chance, and how it is told."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from churnlab.features.expression import Constant
from churnlab.weekly.figures import Figure, figures, figures_frame, figures_table
from churnlab.weekly.measures import COUNT, MONEY, SHARE, Measure, Sums


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


def opened(people: int, now: float, last: float) -> Sums:
    """Pushes opened, one of each person's two or none or both, so that all are alike in a week."""
    total = people * np.array([2 * now, 2, 2 * last, 2, 0, 0])
    each = np.array([2 * now, 2, 2 * last, 2, 0, 0])
    measure = Measure("open", "pushes opened", SHARE, Constant(1.0), Constant(1.0))
    known = np.array([True, True, False])
    return Sums(measure, total, people * np.outer(each, each), known)


def test_a_ratio_of_few_people_is_not_tested() -> None:
    """Of one person a week the linearised error is 0, which says nothing of chance."""
    assert opened(1, 1.0, 0.0).error(1) == 0
    (alone,) = figures([opened(1, 1.0, 0.0)])
    assert np.isnan(alone.last_p) and not alone.beyond_last
    (few,) = figures([opened(9, 1.0, 0.0)])
    assert np.isnan(few.last_p)
    (enough,) = figures([opened(10, 1.0, 0.0)])
    assert enough.beyond_last


def test_a_ratio_is_compared_by_students_t() -> None:
    """12 people with one push a week: 6 and 2 opened theirs, two of them both times."""
    now, last = np.repeat([1.0, 0.0], 6), np.r_[1.0, 1.0, np.zeros(10)]
    seen = np.column_stack([now, np.ones(12), last, np.ones(12), np.zeros((12, 2))])
    measure = Measure("open", "pushes opened", SHARE, Constant(1.0), Constant(1.0))
    known = np.array([True, True, False])
    found = Sums(measure, seen.sum(axis=0), seen.T @ seen, known)
    (figure,) = figures([found])
    assert found.people(0) == 12
    assert figure.last_p == pytest.approx(stats.ttest_rel(now, last).pvalue)


def test_measures_of_which_no_week_is_known_have_no_row_and_money_has_its_sign() -> None:
    dark = counted(5, 4, 3)
    unknown = Sums(dark.measure, dark.total, dark.products, np.zeros(3, bool))
    assert figures([unknown]) == ()
    spend = Figure("spend", "spend", MONEY, 17.5, 1234.0, currency="€")
    assert [str(spend.words(v)) for v in (spend.now, spend.last)] == ["€17.50", "€1,234"]


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
