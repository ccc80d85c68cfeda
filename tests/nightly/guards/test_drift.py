"""Single features: counted in bins, and moved only by more than chance and more than a little."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from churnlab.nightly.guards.drift import (
    BINS,
    binned,
    feature_guard,
    from_bytes,
    moved,
    reach,
    to_bytes,
)
from churnlab.training.reference import feature_edges

CHANCE = np.random.default_rng(0)
NAMES = [f"signal_{k}__value__7d" for k in range(238)]


def people(count: int, shift: float = 0.0) -> pd.DataFrame:
    X = pd.DataFrame(CHANCE.normal(size=(count, len(NAMES))), columns=NAMES)
    X[NAMES[7]] += shift
    return X


def counts(X: pd.DataFrame, edges: dict[str, tuple[float, ...]]) -> dict[str, np.ndarray]:
    return dict(zip(edges, binned(X, edges), strict=True))


def test_every_row_is_in_one_bin_of_each_feature() -> None:
    X = people(500)
    X.iloc[:50, 0] = np.nan
    edges = feature_edges(X)
    found = binned(X, edges)
    assert found.shape == (238, BINS) and (found.sum(axis=1) == 500).all()
    assert found[0, -1] == 50 and found[1, -1] == 0
    values, between = X[NAMES[3]], [-np.inf, *edges[NAMES[3]], np.inf]
    slow = [((values >= a) & (values < b)).sum() for a, b in itertools.pairwise(between)]
    assert found[3, :10].tolist() == slow


def test_on_nights_of_chance_alone_hardly_any_of_238_features_moves() -> None:
    """Without the correction some would on most nights; 40 nights of people drawn anew."""
    edges = feature_edges(people(400))
    nights = [counts(people(400), edges) for _ in range(41)]
    pairs = list(itertools.pairwise(nights))
    assert sum(bool(moved(now, then, edges, 0.0)) for now, then in pairs) <= 6
    assert sum(bool(moved(now, then, edges, 0.1)) for now, then in pairs) <= 2


@pytest.mark.parametrize("count", [300, 5000])
def test_one_feature_that_moved_is_found_and_named(count: int) -> None:
    edges = feature_edges(people(400))
    then, now = counts(people(count), edges), counts(people(count, shift=1.0), edges)
    assert list(moved(now, then, edges, 0.1)) == [NAMES[7]]
    (guard,) = feature_guard(now, then, edges, "2026-03-04", 0.1)
    assert not guard.passed and guard.level == "warn" and guard.figure == 1
    assert NAMES[7] in str(guard.says) and "1 of 238" in str(guard.says)


def test_a_small_move_of_many_people_is_beyond_chance_and_not_told() -> None:
    edges = feature_edges(people(400))
    then, now = counts(people(20_000), edges), counts(people(20_000, shift=0.1), edges)
    assert chi2_contingency([now[NAMES[7]][:10], then[NAMES[7]][:10]]).pvalue < 1e-6
    assert moved(now, then, edges, 0.0) == {}


def test_nights_that_share_no_feature_have_no_guard() -> None:
    one = {"a__b__7d": np.array([1, 2])}
    assert list(feature_guard(one, {}, {}, "2026-03-04", 0.1)) == []
    assert moved({"a__b__7d": np.zeros(2, int)}, one, {"a__b__7d": ()}, 0.1) == {}


def test_the_file_beside_a_list_gives_the_counts_back() -> None:
    found = counts(people(60), feature_edges(people(60)))
    back = from_bytes(to_bytes(found))
    assert back.keys() == found.keys() and all((back[k] == found[k]).all() for k in found)


def test_a_value_that_many_share_may_cross_edges_on_a_quiet_night() -> None:
    """As the share of active weeks does when a week is over: a PSI of 1.8, and little reach."""
    edges = (0.843, 0.9253, 0.96, 0.9853, 0.9938, 0.9943, 1.0)
    then = np.array([23, 24, 25, 162, 11, 0, 1, 1, 0, 0, 0])
    now = np.array([23, 20, 17, 82, 4, 0, 1, 100, 0, 0, 0])
    name = "weeks__a__364d"
    assert 0.03 < reach(now, then, edges) < 0.1
    assert moved({name: now}, {name: then}, {name: edges}, 0.1) == {}
    gone = np.array([247, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    assert name in moved({name: gone}, {name: then}, {name: edges}, 0.1)


def test_reach_of_what_is_missing() -> None:
    assert reach(np.array([5, 5, 10]), np.array([10, 10, 0]), (1.0,)) == pytest.approx(0.5)
    assert reach(np.array([0, 0, 9]), np.array([0, 0, 9]), (1.0,)) == 0
