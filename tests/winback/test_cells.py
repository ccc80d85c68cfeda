"""Cells: groups that a policy can name, and effects with intervals for all of them together."""

from __future__ import annotations

import numpy as np
import pytest
from support.planted import mean_scores, planted

from churnlab.errors import ConfigError, TrialError
from churnlab.winback.cells import Cells


def test_cells_are_stage_tier_and_falling_value() -> None:
    cells = Cells.of(
        ["fading"] * 4 + ["gone"],
        ["high", "high", "low", "low", "low"],
        np.array([50.0, 5.0, 20.0, np.nan, 20.0]),
        [20.0],
    )
    assert cells.names["tier"].tolist() == ["high", "high", "low", "low", "low"]
    assert cells.names["min_value"].fillna(-1).tolist() == [20, -1, 20, -1, 20]
    assert cells.code.tolist() == [0, 1, 2, 3, 4]


def test_missing_stages_are_no_stage() -> None:
    cells = Cells.of(np.array(["gone", None, ""], object))
    assert cells.names["stage"].tolist() == ["", "gone"] and cells.code.tolist() == [1, 0, 0]


def test_effects_are_mean_scores_with_bonferroni_intervals() -> None:
    made = planted(2000)
    scores, cells = mean_scores(made), Cells.of(made.stage)
    found = cells.effects(made.trial, scores)
    fading = cells.names["stage"].tolist().index("fading")
    mine = scores[made.stage == "fading", 0]
    assert found.value[fading, 0] == pytest.approx(mine.mean())
    # 9 intervals: each leaves out .05 / 18 on a side, 2.7729 standard errors
    reach = 2.772919 * mine.std(ddof=1) / np.sqrt(len(mine))
    assert found.high[fading, 0] - found.value[fading, 0] == pytest.approx(reach, rel=1e-5)
    assert found.cost[fading].tolist() == pytest.approx([4.0, 1.0, 0.1])


def test_a_cell_with_few_of_an_arm_is_not_known() -> None:
    made = planted(2000)
    stage = np.where(np.arange(2000) < 60, "rare", made.stage)
    cells = Cells.of(stage)
    found = cells.effects(made.trial, mean_scores(made))
    rare = cells.names["stage"].tolist().index("rare")
    assert np.isnan(found.value[rare]).any() and (found.proved()[rare] == 0).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TrialError, match="the tier"):
        Cells.of(["gone"], ["a", "b"])
    with pytest.raises(TrialError, match="the value"):
        Cells.of(["gone"], value=np.ones(2), bands=[1.0])
    with pytest.raises(ConfigError, match="bands and value"):
        Cells.of(["gone"], bands=[1.0])
