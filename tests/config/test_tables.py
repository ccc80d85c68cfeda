"""Tables of a configuration that do not fit are refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from churnlab.config.tables import Config
from churnlab.errors import ConfigError


def test_an_engine_that_does_not_exist() -> None:
    table = {"path": "x.parquet", "user": "u", "time": "t", "event": "e"}
    with pytest.raises(ConfigError, match="unknown engine 'sparks': did you mean 'spark'"):
        Config.of({"log": table, "engine": "sparks"}, Path())
