"""A policy's file: it reads back to the same, the first rule wins, and what cannot be is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import ConfigError
from churnlab.winback.targeting.policy_file import PolicyFile, PolicyRule, PolicyTreatment

TEXT = """\
schema_version = 1
made = "2026-11-29"
budget = 5000
control = 0.1

[[treatments]]
name = "gift"
cost = 2.5

[[treatments]]
name = "mail"
cost = 0

[[rules]]
stage = "fading"
tier = "high"
min_value = 20
treatment = "gift"
effect = 0.06
low = 0.02
high = 0.1

[[rules]]
stage = "gone"
treatment = "none"

[[rules]]
treatment = "mail"
"""


def test_a_file_reads_back_to_the_same(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(TEXT)
    policy = PolicyFile.read(file)
    assert policy.control == 0.1 and policy.budget == 5000
    assert policy.costs() == {"gift": 2.5, "mail": 0.0}
    assert policy.rules[0] == PolicyRule(
        stage="fading",
        tier="high",
        min_value=20.0,
        treatment="gift",
        effect=0.06,
        low=0.02,
        high=0.1,
    )
    file.write_text(policy.to_toml())
    assert PolicyFile.read(file) == policy


def test_the_first_rule_that_fits_wins(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(TEXT)
    people = pd.DataFrame(
        {
            "stage": ["fading", "fading", "fading", "gone", "", "fading"],
            "tier": ["high", "low", "high", "high", "", "high"],
            "ltv": [20.0, 50.0, 19.9, 99.0, np.nan, np.nan],
        }
    )
    found = PolicyFile.read(tmp_path / "policy.toml").suggested(people)
    assert found.tolist() == ["gift", "mail", "mail", "", "mail", "mail"]
    assert str(found.dtype) == "str"


def test_without_a_rule_nobody_is_treated() -> None:
    gift = PolicyTreatment(name="gift", cost=1.0)
    policy = PolicyFile(schema_version=1, made="2026-11-29", treatments=(gift,), rules=())
    people = pd.DataFrame({"stage": ["gone"], "tier": [""], "ltv": [1.0]})
    assert policy.suggested(people).tolist() == [""]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema_version": 2}, "newer"),
        ({"made": "yesterday"}, "is not a day"),
        ({"control": 1.0}, "control"),
        ({"budget": -1.0}, "budget"),
        ({"extra": 1}, "extra"),
        ({"rules": [{"stage": "fadin", "treatment": "gift"}]}, "did you mean 'fading'"),
        ({"rules": [{"treatment": "gft"}]}, "did you mean 'gift'"),
        ({"rules": [{"treatment": "gift", "efect": 0.1}]}, "rules.1.efect"),
        ({"rules": [{"treatment": "gift", "effect": 0.3, "high": 0.1}]}, "inside its interval"),
        ({"rules": [{"treatment": "gift", "min_value": float("nan")}]}, "min_value"),
        ({"treatments": [{"name": "gift", "cost": "2"}]}, "treatments.1.cost"),
        ({"treatments": [{"name": "none", "cost": 2}]}, "none"),
        ({"treatments": [{"name": "a", "cost": 2}, {"name": "a", "cost": 1}]}, "named twice"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(change: dict[str, Any], says: str) -> None:
    tables: dict[str, Any] = {
        "schema_version": 1,
        "made": "2026-11-29",
        "treatments": [{"name": "gift", "cost": 2}],
        "rules": [],
    }
    with pytest.raises(ConfigError, match=says) as refused:
        PolicyFile.of(tables | change, "policy.toml")
    assert "\n" not in str(refused.value) and str(refused.value).startswith("policy.toml: ")
    assert refused.value.exit_code == 2


def test_no_file_and_no_tier_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        PolicyFile.read(tmp_path / "gone.toml")
    (tmp_path / "policy.toml").write_text(TEXT)
    policy = PolicyFile.read(tmp_path / "policy.toml")
    policy.check_tiers(["high", "low"])
    with pytest.raises(ConfigError, match="unknown tier of a policy 'high'"):
        policy.check_tiers(["best"])
