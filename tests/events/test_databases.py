"""Which database an address names."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.databases import (
    one_line,
)

from churnlab.errors import LogError
from churnlab.events.databases import open_database
from churnlab.events.duckdb_table import DuckDBTable


def test_open_database_knows_its_own(shop: Path) -> None:
    assert (
        open_database("events/*.parquet", None) is None
        and open_database(Path("log.csv"), "t") is None
    )
    source = open_database(shop, "events", memory_limit="100MB", threads=1)
    assert source == DuckDBTable(str(shop), "events", memory_limit="100MB", threads=1)
    with pytest.raises(LogError, match="did you mean 'events'") as error:
        open_database(shop, "event")
    one_line(error)
    with pytest.raises(LogError, match="has no table '' .*there are: events, recent"):
        open_database(shop, None)
