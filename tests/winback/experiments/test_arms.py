"""The fields of an experiment, and how people are grouped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.experiments import drawn

from churnlab.errors import ConfigError


def test_groupings_are_the_stage_and_what_was_known() -> None:
    experiment = drawn()
    assert experiment.groupings == ("stage", "age")
    assert experiment.group("stage")[0] == ("core", "fading")
    assert len(experiment.group("age")[0]) == 4 and experiment.group("")[0] == ("",)


def test_an_unknown_grouping_or_outcome_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown grouping 'stge': did you mean 'stage'"):
        drawn().group("stge")
    with pytest.raises(ConfigError, match="unknown outcome 'kpt': did you mean 'kept'"):
        drawn().outcome("kpt")


def test_a_share_is_0_or_1_for_everybody() -> None:
    assert drawn().share_outcomes == {"kept"}


def test_money_of_a_log_is_no_share_where_nobody_spent_anything() -> None:
    nothing = np.zeros(len(drawn()))
    found = replace(drawn(), outcomes={"money": nothing, "active_days": nothing, "day_1": nothing})
    assert found.share_outcomes == {"day_1"}
