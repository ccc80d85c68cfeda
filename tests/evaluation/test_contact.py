"""Leavers reached by share contacted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.evaluation.contact import among_top, reached
from churnlab.evaluation.metrics import recall_at

rng = np.random.default_rng(0)


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.2, 0.7])), min_size=1),
    st.floats(0.001, 1),
)
def test_it_is_the_recall_at_each_share(rows: list[tuple[bool, float]], share: float) -> None:
    y, p = (np.array(column, float) for column in zip(*rows, strict=True))
    found = reached(y, p, [share])[0]
    assert found == pytest.approx(recall_at(y, p, top=share), nan_ok=True)


def test_everybody_reaches_every_leaver_and_equal_scores_reach_their_share() -> None:
    y = np.array([1.0, 0, 0, 1])
    assert reached(y, np.zeros(4), [0.25, 0.5, 1]).tolist() == [0.25, 0.5, 1]


def test_nobody_left() -> None:
    assert np.isnan(reached(np.zeros(3), np.arange(3.0), [0.5, 1])).all()


def test_the_median_among_the_top_is_that_of_the_sorted_rows() -> None:
    p, value = rng.random(101), rng.random(101)
    top = value[np.argsort(-p)][:20]
    assert among_top(p, value, [20 / 101])[0] == np.median(top)
    assert among_top(p, value, [1e-9])[0] == value[p.argmax()]
