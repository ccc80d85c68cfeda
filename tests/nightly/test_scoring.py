"""Scores of models that travel to other machines are those of the models."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.nightly import scoring


@pytest.mark.parametrize("algorithm", ["lightgbm", "random_forest"])
def test_packed_models_say_the_same(algorithm: str) -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=["a__x__7d", "b__x__7d", "c__x__7d"])
    index = pd.MultiIndex.from_arrays(
        [np.arange(300), pd.to_datetime(["2026-01-01"] * 300)], names=["user_id", "snapshot"]
    )
    X = X.set_axis(index)
    churn = cl.ChurnClassifier(algorithm=algorithm, n_estimators=20).fit(
        X, (X["a__x__7d"] > 0).astype(float)
    )
    packed = scoring.pack(churn)
    assert scoring.unpack(packed) is scoring.unpack(pickle.loads(pickle.dumps(packed)))
    travelled = scoring.Scores((("churned", packed),), "2026-01-01", "v")(X)
    pd.testing.assert_frame_equal(
        travelled[["user_id", "risk", "ltv", "value_at_risk"]],
        scoring.scores({"churned": churn}, X),
    )
    half = pd.concat(
        [
            scoring.Scores((("churned", packed),), "2026-01-01", "v")(X.iloc[rows])
            for rows in (slice(0, 7), slice(7, None))
        ],
        ignore_index=True,
    )
    pd.testing.assert_frame_equal(half, travelled)
