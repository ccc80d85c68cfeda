"""Targets whose arguments make no sense are refused."""

from __future__ import annotations

import pytest

import churnlab as cl
from churnlab.errors import ConfigError


@pytest.mark.parametrize(
    "wrong",
    [{"horizon": 0}, {"horizon": 5, "lead": -1}, {"horizon": 5, "roles": ["a"], "terminal": "b"}],
)
def test_a_target_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        cl.Churn(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon": 0},
        {"horizon": 5, "lead": -1},
        {"horizon": 5, "weeks": 0},
        {"horizon": 5, "roles": ["a"], "terminal": "b"},
    ],
)
def test_a_time_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        cl.TimeToChurn(**wrong)  # type: ignore[arg-type]
