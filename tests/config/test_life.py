"""[tiers] and [[tags]] of churnlab.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from churnlab.config.life import TagTable, TiersTable
from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.features.life import TierRules

LOG = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}


def test_the_defaults_are_those_of_the_rules() -> None:
    assert TiersTable().rules() == TierRules()


def test_tags_and_thresholds_are_read_in_any_script() -> None:
    given = {
        "log": LOG,
        "tiers": {"silent": 21},
        "tags": [{"name": "夜猫子", "when": "night[7] > 1"}],
    }
    config = Config.of(given, Path())
    assert config.tiers.rules().silent == 21
    assert [table.tag().name for table in config.tags] == ["夜猫子"]
    assert TagTable(name="a", when="b").tag().when == "b"


def test_thresholds_without_room_and_unknown_keys_are_refused() -> None:
    with pytest.raises(ConfigError):
        Config.of({"log": LOG, "tiers": {"silent": 60}}, Path()).tiers.rules()
    with pytest.raises(ConfigError, match="whn"):
        Config.of({"log": LOG, "tags": [{"name": "a", "whn": "b"}]}, Path())
