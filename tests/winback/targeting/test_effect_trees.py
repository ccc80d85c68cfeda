"""Trees of effects: any sign, categories, missing values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import FrameError
from churnlab.winback.targeting.effect_trees import EffectTrees


def people(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    chance = np.random.default_rng(seed)
    X = pd.DataFrame({"days": chance.uniform(0, 10, 1500)})
    X["city"] = pd.Categorical(chance.choice(["a", "b"], 1500))
    X.loc[::7, "days"] = np.nan
    return X, np.where(X["city"] == "a", 0.5, -0.5) + chance.normal(size=1500)


@pytest.mark.parametrize("algorithm", ["lightgbm", "random_forest"])
def test_effects_above_and_below_zero_are_found(algorithm: str) -> None:
    X, score = people()
    found = EffectTrees(algorithm, 30).fit(X, score).predict(X)
    assert found[X["city"] == "a"].mean() > 0.25 and found[X["city"] == "b"].mean() < -0.25
    assert np.corrcoef(found, score)[0, 1] < 0.6  # it does not learn the noise by heart


def test_the_folds_decide_on_few_trees_where_there_is_nothing_to_learn() -> None:
    X, score = people()
    noise = np.random.default_rng(1).normal(size=len(X))
    spread = EffectTrees().fit(X, noise).predict(X).std()
    assert spread < EffectTrees().fit(X, score).predict(X).std() / 3


def test_the_same_seed_gives_the_same_trees() -> None:
    X, score = people()
    one, other = (EffectTrees("lightgbm", 10, seed=3).fit(X, score).predict(X) for _ in range(2))
    assert one.tolist() == other.tolist()


def test_text_is_refused() -> None:
    X, score = people()
    with pytest.raises(FrameError, match="no numbers"):
        EffectTrees("lightgbm", 5).fit(X.assign(city="x"), score)
