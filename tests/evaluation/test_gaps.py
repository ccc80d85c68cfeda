"""Groups for which a model works worse: found when planted, seldom found when not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from churnlab.evaluation.gaps import _auc, _p_value, gaps
from churnlab.evaluation.metrics import auc


def log(seed: int, rows: int = 1500) -> tuple[np.ndarray, np.ndarray, np.ndarray, pd.DataFrame]:
    """Labels drawn from true probabilities, so that nothing is wrong anywhere."""
    rng = np.random.default_rng(seed)
    p = expit(rng.normal(-1, 1, rows))
    y = (rng.random(rows) < p).astype(float)
    groups = pd.DataFrame({f"g{i}": rng.choice(["a", "b", "c"], rows) for i in range(4)})
    return y, p, rng.integers(0, rows // 2, rows), groups


def test_chance_is_seldom_named() -> None:
    named = sum(gaps(*log(seed))["beyond"].any() for seed in range(60))
    assert named <= 8  # 5% of 60 are 3; more than 8 would happen once in 200 times


def test_a_group_that_is_ranked_by_chance_is_named_for_its_order_alone() -> None:
    y, p, users, groups = log(1)
    bad = (groups["g0"] == "a").to_numpy()
    p[bad] = np.random.default_rng(2).permutation(p[bad])
    found = gaps(y, p, users, groups)
    assert found.loc[found["beyond"], ["grouping", "group", "kind"]].to_numpy().tolist() == [
        ["g0", "a", "order"]
    ]
    row = found[found["beyond"]].iloc[0]
    assert row["value"] == pytest.approx(auc(y[bad], p[bad]))
    assert row["rest"] == pytest.approx(auc(y[~bad], p[~bad]))


def test_a_group_that_was_told_too_little_is_named_for_its_level() -> None:
    y, p, users, groups = log(3)
    bad = (groups["g1"] == "b").to_numpy()
    p[bad] /= 2
    named = gaps(y, p, users, groups).query("beyond and grouping == 'g1' and group == 'b'")
    assert named["kind"].tolist() == ["level"]
    assert named["value"].iloc[0] == y[bad].mean() and named["rest"].iloc[0] == p[bad].mean()


def test_the_variance_is_that_of_resampling_people() -> None:
    y, p, users, _ = log(4, rows=600)
    every = _auc(y, p, np.ones(len(y), bool))
    of_person = np.bincount(users, every.pushes)
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(400):
        w = np.bincount(rng.integers(0, 300, 300), minlength=300)[users].astype(float)
        drawn.append(auc(y, p, w))
    assert every.value == pytest.approx(auc(y, p))
    assert np.sqrt((of_person**2).sum()) == pytest.approx(np.std(drawn), rel=0.15)


def test_a_difference_without_spread() -> None:
    nobody = np.zeros(4)
    assert _p_value(0.0, nobody, np.arange(4)) == 1.0
    assert _p_value(0.2, nobody, np.arange(4)) == 0.0
    assert _p_value(float("nan"), nobody, np.arange(4)) == 1.0


def test_small_groups_and_no_groups_are_left_out() -> None:
    y, p, users, _ = log(5)
    few = pd.DataFrame({"g": np.where(np.arange(len(y)) < 10, "few", "many")})
    assert gaps(y, p, users, few).empty and gaps(y, p, users, None).empty
