"""Delta tables: one version, whole or by days, with deleted rows left out."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from support.databases import DAY, HARD_NAMES, START_MICROS, check_threads, one_line, rows
from support.lakes import make_delta, mark_deleted
from support.logs import START

from churnlab.errors import ConfigError, LogError
from churnlab.events.delta_table import DeltaLake

AT = [datetime(2026, 3, 1 + i // 24, i % 24) for i in range(72)]


ZONED = pa.timestamp("us", "UTC")


def events(kind: pa.DataType = ZONED) -> pa.Table:
    at = pa.array(AT, pa.timestamp("us")).cast(kind)
    return pa.table({"u": [f"u{i % 5}" for i in range(72)], "at": at, "id": range(72)})


def test_the_newest_version_or_the_one_asked_for(tmp_path: Path) -> None:
    folder = make_delta(tmp_path / "t", events())
    newest = DeltaLake(folder)
    assert newest.version == 4 and len(rows(newest, ["id"], "at")) == 72
    assert newest.schema().names == ["u", "at", "id"]
    old = DeltaLake(folder, 0)
    assert old.version == 0 and {r["u"] for r in rows(old, ["u"], "at")} == {"gone"}
    with pytest.raises(
        LogError, match=r"has no version 9 \(given as version=\); give one of 0, 1"
    ) as e:
        DeltaLake(folder, 9).schema()
    one_line(e)


def test_the_version_stays_while_others_write(tmp_path: Path) -> None:
    folder = make_delta(tmp_path / "t", events())
    pinned = DeltaLake(folder)
    assert pinned.version == 4
    write_deltalake(folder, events(), mode="append")
    assert len(rows(pinned, ["id"], "at")) == 72 and DeltaLake(folder).version == 5


@pytest.mark.parametrize("kind", [pa.timestamp("us", "UTC"), pa.timestamp("us"), pa.date32()])
def test_only_the_days_and_columns_asked_for(tmp_path: Path, kind: pa.DataType) -> None:
    source = DeltaLake(make_delta(tmp_path / "t", events(kind)))
    assert source.span("at") == (
        START_MICROS,
        START_MICROS + (2 * DAY if kind == pa.date32() else 71 * DAY // 24),
    )
    day = (START_MICROS + DAY, START_MICROS + 2 * DAY)
    assert sorted(r["id"] for r in rows(source, ["id"], "at", *day)) == list(range(24, 48))
    half = rows(source, ["at", "id"], "at", None, START_MICROS + 1)
    assert list(half[0]) == ["at", "id"] and {r["id"] for r in half} == (
        set(range(24)) if kind == pa.date32() else {0}
    )
    check_threads(lambda: len(rows(source, ["id"], "at", *day)), 24)


def test_files_of_other_days_are_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    write_deltalake(folder, events().slice(0, 24))
    first = DeltaTable(folder).file_uris()
    write_deltalake(folder, events().slice(24), mode="append")
    for file in first:
        Path(file).write_bytes(b"not Parquet")
    source = DeltaLake(str(folder))
    day = (START_MICROS + DAY, START_MICROS + 3 * DAY)
    assert len(rows(source, ["id"], "at", *day)) == 48
    with pytest.raises(LogError, match="cannot be read") as error:
        rows(source, ["id"], "at")
    one_line(error)


def test_a_deletion_vector_takes_its_row_out(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", events())
    mark_deleted(tmp_path / "t", 30)
    source = DeltaLake(str(tmp_path / "t"))
    assert source.version == 1
    assert {r["id"] for r in rows(source, ["id"], "at")} == {*range(72)} - {30}
    day = (START_MICROS + DAY, START_MICROS + 2 * DAY)
    assert {r["id"] for r in rows(source, ["id"], "at", *day)} == {*range(24, 48)} - {30}


def test_partitions_and_hard_names(tmp_path: Path) -> None:
    names = [n for n in HARD_NAMES if "\n" not in n]
    hard = pa.table({"at": pa.array([START]), **{n: [i] for i, n in enumerate(names)}})
    write_deltalake(tmp_path / "hard", hard, configuration={"delta.columnMapping.mode": "none"})
    source = DeltaLake(str(tmp_path / "hard"))
    assert rows(source, names, "at") == [{n: i for i, n in enumerate(names)}]
    by_day = events().append_column("day", pa.array([a.date() for a in AT]))
    write_deltalake(tmp_path / "parts", by_day, partition_by=["day"])
    source = DeltaLake(str(tmp_path / "parts"))
    assert {r["day"] for r in rows(source, ["day"], "at")} == {date(2026, 3, d) for d in (1, 2, 3)}
    assert len(rows(source, ["id"], "day", START_MICROS, START_MICROS + DAY)) == 24


def test_nulls_of_time_are_seen(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", pa.table({"at": pa.array([None, START], pa.timestamp("us"))}))
    assert DeltaLake(str(tmp_path / "t")).lacks("at")
    write_deltalake(tmp_path / "t", pa.table({"at": pa.array([START])}), mode="overwrite")
    assert not DeltaLake(str(tmp_path / "t")).lacks("at")


def test_what_is_no_table_and_what_is_damaged(tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", tmp_path):
        with pytest.raises(LogError, match="there is no Delta table; give the folder") as error:
            DeltaLake(str(folder)).schema()
        one_line(error)
    folder = make_delta(tmp_path / "t", events())
    for file in DeltaTable(folder).file_uris():
        Path(file).unlink()
    with pytest.raises(LogError, match="no vacuum took its files away") as error:
        rows(DeltaLake(folder), ["id"], "at")
    one_line(error)
    with pytest.raises(LogError, match=r"has no column 'nr' \(given as columns=\)"):
        rows(DeltaLake(folder), ["nr"], "at")
    (tmp_path / "t" / "_delta_log" / f"{0:020d}.json").write_text("{")
    with pytest.raises(LogError, match="cannot be read") as error:
        DeltaLake(folder, 0).schema()
    one_line(error)


def test_without_the_package_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)
    with pytest.raises(ConfigError, match=r"pip install churnlab\[delta\]$"):
        DeltaLake(str(tmp_path)).schema()
