"""Folders of tables that keep versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from churnlab.errors import LogError
from churnlab.events.table_folders import DELTA, HUDI, ICEBERG, check_files, kind_of


def test_the_kind_of_a_folder(tmp_path: Path) -> None:
    assert kind_of(tmp_path) is None
    for name, inside, kind in (
        ("a", "_delta_log/x", DELTA),
        ("b", ".hoodie/x", HUDI),
        ("c", "metadata/v1.metadata.json", ICEBERG),
        ("d", "metadata/notes.json", None),
    ):
        (tmp_path / name / inside).parent.mkdir(parents=True)
        (tmp_path / name / inside).write_text("")
        assert kind_of(tmp_path / name) == kind


@pytest.mark.parametrize(
    "inside, way", [("_delta_log", "give the table's folder"), (".hoodie", "read it elsewhere")]
)
def test_files_of_a_table_are_not_read_one_by_one(tmp_path: Path, inside: str, way: str) -> None:
    check_files([str(tmp_path / "a.parquet")])
    (tmp_path / "t" / inside).mkdir(parents=True)
    check_files([str(tmp_path / "a.parquet")])
    for file in ("t/a.parquet", "t/day=1/a.parquet"):
        with pytest.raises(LogError, match=f"whose files may hold deleted rows; {way}"):
            check_files([str(tmp_path / "b.parquet"), str(tmp_path / file)])
