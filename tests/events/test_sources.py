"""The same events from files, frames and tables of databases."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from support.databases import (
    make_duckdb,
)
from support.logs import (
    COLUMNS,
    SMALLER,
    outcome,
)

import churnlab as cl
from churnlab.events import sources
from churnlab.events.frame_source import open_frame
from churnlab.events.spec import LogSpec
from churnlab.schema.days import day_number


def test_a_range_of_days_counts_what_is_in_it_alone(tmp_path: Path) -> None:
    pq.write_table(SMALLER, tmp_path / "log.parquet", row_group_size=250)
    SMALLER.to_pandas().to_csv(tmp_path / "log.csv", index=False)
    make_duckdb(tmp_path / "log.duckdb", SMALLER)
    first = day_number("2026-03-05")
    days = (
        pc.local_timestamp(SMALLER["t"].cast(pa.timestamp("us", "America/New_York")))
        .cast(pa.date32())
        .cast(pa.int32())
        .to_numpy()
    )
    inside = (days >= first) & (days < first + 4)
    want = outcome(cl.EventLog.from_frame(SMALLER.filter(pa.array(inside)), **COLUMNS))
    spec = LogSpec.of(**COLUMNS, threads=4, table="events")
    spec = LogSpec(**{**vars(spec), "days": (first, first + 4)})
    paths = [
        sources.open_path(tmp_path / name, spec)
        for name in ("log.parquet", "log.duckdb", "log.csv")
    ]
    for source in (*paths, open_frame(SMALLER, spec.wanted())):
        assert outcome(cl.EventLog.of(source, spec)) == want, source.name
