"""[value] and [traffic]: the defaults are those of the calls, thresholds are checked."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from churnlab.config.value import TrafficTable, ValueTable
from churnlab.errors import ConfigError
from churnlab.value import Arrivals, TrafficRules
from churnlab.value.channels import AGES


def test_defaults_are_those_of_the_calls() -> None:
    assert TrafficTable().rules() == TrafficRules()
    assert ValueTable().arrivals() == asdict(Arrivals())
    assert tuple(ValueTable().ages) == AGES


def test_a_threshold_out_of_range_is_named_with_its_table() -> None:
    with pytest.raises(ConfigError, match="traffic.forest is 3"):
        TrafficTable(forest=3.0).rules()
