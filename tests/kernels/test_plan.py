"""The plan of the default features is laid out as the kernel expects it."""

from __future__ import annotations

import numpy as np
import pytest
from support.histories import activity_of

import churnlab as cl
from churnlab.features.compiler import compile_features
from churnlab.features.feature_set import BUILDERS
from churnlab.kernels.plan import DECAYED, GAP_OVER, WINDOW, Plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    activity = activity_of([[1]], [1])
    roles = frozenset({*activity.roles.names, "money"})
    features = cl.FeatureSet.of(BUILDERS).features(roles)
    return compile_features([f.value for _, f in features], activity.sources).plan


def test_measures_stand_by_rising_kind_and_days_back_rise_from_0(plan: Plan) -> None:
    kinds = plan.measures[:, 0]
    assert (np.diff(kinds) >= 0).all() and (kinds == GAP_OVER).any()
    assert plan.backs[0] == 0 and (np.diff(plan.backs) > 0).all()


def test_cells_stand_by_rising_kind(plan: Plan) -> None:
    kinds = plan.cells[:, 0]
    assert (np.diff(kinds) >= 0).all() and kinds[0] == WINDOW
    assert plan.weights.shape[1] == (kinds == DECAYED).sum() > 0


def test_steps_read_registers_that_were_written_before(plan: Plan) -> None:
    cells, targets = len(plan.cells), plan.code[:, 1]
    assert (np.diff(targets) > 0).all() and targets.min() >= cells
    assert (plan.code[:, 2:] < targets[:, None]).all()
