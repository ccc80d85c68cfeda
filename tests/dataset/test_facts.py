"""Facts of a dataset's rows, when they are asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.dataset.facts import FactSource
from churnlab.errors import ConfigError
from churnlab.features.facts import with_facts


def test_facts_of_some_rows_are_those_computed_beside_the_features() -> None:
    activity = cl.datasets.make_community(users=40, days=90).log().daily()
    snapshots = cl.Snapshots.at(activity, ["2026-03-01", "2026-03-15"])
    data = cl.build_dataset(activity, snapshots)
    whole = cl.build_dataset(activity, snapshots, with_facts(cl.FeatureSet.default()))
    rows = np.array([5, 0, 17])
    facts = data.take(rows).facts()
    columns = [name for name in whole.X if name.startswith("fact__")]
    assert len(columns) > 60 and not any(name.startswith("fact__") for name in data.X)
    pd.testing.assert_frame_equal(facts.frame, whole.X.iloc[rows][columns])
    assert isinstance(data.told_by, FactSource) and len(facts.reasons) > 50


def test_a_dataset_made_by_hand_knows_no_facts() -> None:
    index = pd.MultiIndex.from_tuples(
        [(1, pd.Timestamp("2026-01-01"))], names=["user_id", "snapshot"]
    )
    data = cl.Dataset(pd.DataFrame({"x": [1.0]}, index), pd.DataFrame(index=index), pd.DataFrame())
    with pytest.raises(ConfigError, match=r"facts=data\.facts\(\)"):
        data.facts()
