"""What the columns of an experiment's table mean."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.errors import ConfigError
from churnlab.errors.experiments import ExperimentError
from churnlab.winback.experiments.design import Design


def test_one_name_stands_for_a_list_of_one() -> None:
    found = Design.of({"known": "age", "worse": ["churned"]})
    assert (found.known, found.worse) == (("age",), ("churned",))


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'control'"):
        Design.of({"contrl": "none"})


def test_without_a_plan_the_shares_are_those_of_the_table() -> None:
    found = Design().propensity(("none", "gift"), np.array([0, 1, 1, 1]))
    assert found.tolist() == [[0.25, 0.75]] * 4


@pytest.mark.parametrize(
    "shares", [{"none": 1.0}, {"none": 1.0, "gift": 0.0}, {"no": 1, "gift": 1}]
)
def test_a_plan_names_every_arm_with_a_share_above_0(shares: dict[str, float]) -> None:
    with pytest.raises(ExperimentError, match="no plan for the arms 'none', 'gift'"):
        Design(shares=shares).propensity(("none", "gift"), np.array([0, 1]))
