"""Holm's correction: by its definition, and as statsmodels has it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.evaluation.corrected import holm


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_the_step_down_of_its_definition(p: list[float]) -> None:
    found = holm(np.array(p))
    order = sorted(range(len(p)), key=lambda i: p[i])
    worst = 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, p[i] * (len(p) - rank)))
        assert found[i] == pytest.approx(worst)


def test_it_stops_at_the_first_that_is_within_chance() -> None:
    assert (holm(np.array([0.04, 0.012, 0.02])) <= 0.05).tolist() == [True, True, True]
    assert (holm(np.array([0.06, 0.012, 0.03])) <= 0.05).tolist() == [False, True, False]
    assert holm(np.zeros(0)).tolist() == []


def test_holm_is_that_of_statsmodels() -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    p = np.random.default_rng(1).random(40) ** 3
    assert holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1], abs=1e-12)
    assert np.isnan(holm(np.full(3, np.nan))).all()
    p[7] = np.nan
    known = np.delete(p, 7)
    assert np.delete(holm(p), 7) == pytest.approx(holm(known)) and np.isnan(holm(p)[7])


def test_the_shape_is_kept() -> None:
    p = np.array([[0.01, np.nan], [0.03, 0.04], [np.nan, np.nan]])
    assert holm(p)[:2].tolist() == [[0.03, pytest.approx(np.nan, nan_ok=True)], [0.06, 0.06]]
    assert holm(np.zeros((0, 2))).shape == (0, 2)
