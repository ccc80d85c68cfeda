"""The configuration of a run, and a log that means something else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from support.facts import made_up_facts

import churnlab as cl
from churnlab.config.as_trained import as_trained, check_meaning, target_facts
from churnlab.config.sections import TargetTable
from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.model_registry.run_facts import TargetFacts

LOG = {"path": "x", "user": "u", "time": "t", "event": "e"}
TARGET = {
    "churn_horizon": 14,
    "lead": 3,
    "roles": ["open"],
    "terminal": None,
    "ltv_horizon": 60,
}


def test_targets_people_and_features_are_the_runs_and_the_rest_is_todays() -> None:
    facts = made_up_facts(
        target=TargetFacts(14, lead=3, roles=("open",), ltv_horizon=60),
        active_within=20,
        features=("Tenure",),
        look_back=728,
    )
    config = Config.of({"log": LOG, "snapshots": {"every": 7}, "name": "today"}, Path("/data"))
    then = as_trained(config, facts)
    assert then.target == TargetTable(**TARGET)
    assert (then.snapshots.active_within, then.snapshots.every) == (20, 7)
    assert (then.features.builders, then.features.look_back) == (["Tenure"], 728)
    assert (then.name, then.folder, then.log) == ("today", Path("/data"), config.log)
    assert config.snapshots.active_within == 60  # the configuration given is as it was


@pytest.mark.parametrize("roles", [None, ["open", "buy"]])
def test_a_target_survives_the_facts_of_a_run(roles: list[str] | None) -> None:
    table = TargetTable(**TARGET | {"roles": roles})
    config = Config.of({"log": LOG}, Path())
    assert as_trained(config, made_up_facts(target=target_facts(table))).target == table


def test_a_log_with_other_roles_or_another_zone_is_refused() -> None:
    events = pd.DataFrame({"u": ["a"], "t": [pd.Timestamp("2026-03-01")], "e": ["open"]})
    names = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    log = cl.EventLog.from_frame(events, **names, roles={"open": ["open"]})
    facts = made_up_facts(timezone="UTC", roles=log.daily().roles.to_dict())
    check_meaning(facts, log.daily())
    with pytest.raises(ConfigError, match="the time zone was Asia/Tokyo in training and is UTC"):
        check_meaning(made_up_facts(timezone="Asia/Tokyo"), log.daily())
    other = cl.EventLog.from_frame(events, **names, roles={"login": ["open"]})
    with pytest.raises(ConfigError, match="roles was"):
        check_meaning(facts, other.daily())
