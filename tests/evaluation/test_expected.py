"""Estimates without labels: against all outcomes one by one, and against drawn ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from churnlab.evaluation.expected import expected_auc, expected_share
from churnlab.evaluation.metrics import auc


def by_all_outcomes(p: list[float]) -> float:
    """Expected concordant pairs over expected pairs, from each of the 2^n outcomes."""
    above = pairs = 0.0
    for outcome in itertools.product((0, 1), repeat=len(p)):
        chance = float(np.prod([q if y else 1 - q for q, y in zip(p, outcome, strict=True)]))
        for i, j in itertools.product(range(len(p)), repeat=2):
            if outcome[i] == 1 and outcome[j] == 0:
                pairs += chance
                above += chance * (1.0 if p[i] > p[j] else 0.5 if p[i] == p[j] else 0.0)
    return above / pairs


@pytest.mark.parametrize(
    "p", [[0.1, 0.9], [0.2, 0.2, 0.7], [0.5] * 4, [0.0, 1.0, 0.3, 0.3, 0.9, 0.05]]
)
def test_it_is_what_all_outcomes_give(p: list[float]) -> None:
    assert expected_auc(np.array(p)).value == pytest.approx(by_all_outcomes(p), abs=1e-12)


def test_outcomes_by_these_probabilities_lie_in_the_interval() -> None:
    rng = np.random.default_rng(5)
    p = rng.beta(1, 4, 4000).round(3)
    estimate = expected_auc(p)
    seen = [auc((rng.random(4000) < p).astype(float), p) for _ in range(60)]
    assert estimate.value == pytest.approx(np.mean(seen), abs=0.004)
    assert 50 <= sum(estimate.low <= value <= estimate.high for value in seen) <= 60
    assert str(expected_auc(p)) == str(estimate)


def test_where_nothing_is_to_be_estimated() -> None:
    for p in ([], [0.4], [0.0, 0.0], [1.0, 1.0]):
        assert np.isnan(expected_auc(np.array(p)).value)
    assert np.isnan(expected_share(np.array([])))
    assert expected_auc(np.array([0.0, 1.0])).value == 1
