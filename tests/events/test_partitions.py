"""Folders that are columns."""

from __future__ import annotations

from pathlib import Path

from support.files import CSV, OPTIONS, TABLE, WANT, refusal, rows, write

import churnlab as cl
from churnlab.events.partitions import partition_of


def test_what_is_a_column_and_what_is_not() -> None:
    assert partition_of("a=1/b=/c/=d/e=f=g/x=1.csv") == {"a": "1", "b": "", "e": "f=g"}
    assert partition_of("渠道=应用/a.csv") == {"渠道": "应用"}


def test_a_column_in_the_file_comes_before_a_folder_of_its_name() -> None:
    import pyarrow.parquet as pq

    Path("u=zed").mkdir()
    pq.write_table(TABLE, "u=zed/a.parquet")
    write("u=zed/a.csv", CSV)
    assert rows("u=zed/a.parquet") == rows("u=zed/a.csv") == WANT


def test_a_null_folder_is_a_missing_id() -> None:
    write("channel=app/a.csv", CSV)
    write("channel=__HIVE_DEFAULT_PARTITION__/a.csv", CSV)
    read = cl.EventLog.read("*/a.csv", **{**OPTIONS, "user": "channel"}, bad_ids=0.5)
    assert read.counts["bad_ids"] == 2 and read.activity.users.tolist() == ["app"]


def test_a_file_outside_the_folders_is_refused() -> None:
    import pyarrow.parquet as pq

    for kind, ending in (("csv", "csv"), ("parquet", "parquet")):
        for folder in ("log/dt=2026-03-01", "log"):
            Path(kind, folder).mkdir(parents=True, exist_ok=True)
            if kind == "csv":
                write(f"{kind}/{folder}/a.csv", CSV)
            else:
                pq.write_table(TABLE, f"{kind}/{folder}/a.parquet")
        said = refusal(f"{kind}/**/*.{ending}", time="dt")
        assert "has no column 'dt' (given as time=)" in said


def test_a_measure_and_the_event_from_folders() -> None:
    write("log/event=open/seconds=7/a.csv", CSV)
    write("log/event=close/seconds=8/a.csv", CSV)
    options = {**OPTIONS, "event": "event", "measures": ["seconds"]}
    read = cl.EventLog.read("log", **options)
    assert read.names == ("close", "open")
    assert read.daily().frame()["m_seconds"].tolist() == [15_000_000, 15_000_000]
