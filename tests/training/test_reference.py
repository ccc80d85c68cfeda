"""What a run keeps of the held-out rows, for nights to compare with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.demo.example import judged_example
from churnlab.evaluation.contenders import predict
from churnlab.training.reference import edges_of, feature_edges, reference_of, shares_of


def test_the_shares_are_those_of_the_held_out_scores() -> None:
    judged = judged_example()
    model, test = judged.models["churned"], judged.test
    assert test is not None
    found = reference_of(model, test)
    assert found is not None
    scores, edges = predict(model, test.X), np.array(found.edges)
    for bin_, share in enumerate(found.shares):
        inside = [np.sum(edges <= score) == bin_ for score in scores]
        assert np.mean(inside) == pytest.approx(share)
    assert set(found.missing) == {"lifecycle", "cadence"}
    assert reference_of(None, test) is None


@pytest.mark.parametrize("scores", [np.zeros(3), np.ones(3), np.array([0.2, 0.4])])
def test_edges_rise_within_zero_and_one(scores: np.ndarray) -> None:
    edges = edges_of(scores)
    assert (np.diff(edges) > 0).all() and (edges > 0).all() and (edges < 1).all()
    assert shares_of(scores, edges).sum() == 1 and len(shares_of(scores, edges)) == len(edges) + 1


def test_what_is_the_same_for_all_people_of_a_day_has_no_bins() -> None:
    days = pd.to_datetime(["2026-03-01", "2026-03-01", "2026-03-15", "2026-03-15"])
    index = pd.MultiIndex.from_arrays([[1, 2, 1, 2], days], names=["user_id", "snapshot"])
    X = pd.DataFrame({"a__own__7d": [1.0, 2, 3, 4], "a__day__7d": [1.0, 1, 2, 2]}, index)
    assert list(feature_edges(X)) == ["a__own__7d"]
