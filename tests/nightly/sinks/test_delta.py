"""A Delta table as a sink: a day is replaced in one commit, other days stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from support.nightly import frame, tonight

from churnlab.errors import SinkError
from churnlab.nightly.changes import COLUMNS
from churnlab.nightly.lists.contract import NAMES, schema
from churnlab.nightly.sinks.delta import DeltaSink

deltalake = pytest.importorskip("deltalake")


def rows(folder: Path, as_of: str) -> list[dict]:
    found = deltalake.DeltaTable(str(folder)).to_pyarrow_table(filters=[("as_of", "=", as_of)])
    return sorted(found.select(list(NAMES)).to_pylist(), key=lambda row: -row["risk"])


def test_a_day_is_replaced_and_others_stay(tmp_path: Path) -> None:
    sink = DeltaSink(str(tmp_path / "lists"))
    sink.check()
    given = {people: tonight(people, f"2026-03-0{people}") for people in (4, 5, 9)}
    for turn in (given[4], tonight(9, "2026-03-05"), given[5], given[5]):
        assert sink.write(turn) == sink.name
    for people in (4, 5):
        assert rows(tmp_path / "lists", f"2026-03-0{people}") == given[people].table.to_pylist()
    assert len(deltalake.DeltaTable(str(tmp_path / "lists")).to_pyarrow_table()) == 9


def test_a_table_of_the_first_schema_gets_the_new_columns(tmp_path: Path) -> None:
    sink, old = DeltaSink(str(tmp_path / "lists")), list(schema("string", 1).names)
    first = tonight(4, "2026-03-04").table.select(old)
    deltalake.write_deltalake(str(tmp_path / "lists"), first, partition_by=["as_of"])
    for _ in range(2):
        sink.write(tonight(6, "2026-03-05"))
    assert rows(tmp_path / "lists", "2026-03-05") == tonight(6, "2026-03-05").table.to_pylist()
    kept = [{name: row[name] for name in old} for row in rows(tmp_path / "lists", "2026-03-04")]
    assert kept == first.to_pylist()


def test_the_changes_of_a_day_are_a_table_of_their_own(tmp_path: Path) -> None:
    sink = DeltaSink(str(tmp_path / "lists") + "/")
    came = pd.DataFrame([["bob", "2026-03-05", "enter", "new in the log", "", ""]], columns=COLUMNS)
    for changes in (None, came, came):
        sink.write(replace(tonight(4, "2026-03-05"), changes=changes))
    found = deltalake.DeltaTable(str(tmp_path / "lists_changes")).to_pyarrow_table()
    assert found.select(list(COLUMNS)).to_pylist() == came.to_dict("records")
    sink.write(tonight(4, "2026-03-05"))
    assert not len(deltalake.DeltaTable(str(tmp_path / "lists_changes")).to_pyarrow_table())


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sink = DeltaSink(str(tmp_path / "file" / "lists"))
    with pytest.raises(SinkError, match=f"{tmp_path}/file/lists cannot be written") as refused:
        sink.write(tonight(4))
    assert refused.value.exit_code == 7


def test_a_table_of_other_columns_keeps_its_rows(tmp_path: Path) -> None:
    other = frame(3)[["user_id", "as_of"]].assign(mood=1)
    deltalake.write_deltalake(str(tmp_path / "lists"), other, partition_by=["as_of"])
    with pytest.raises(SinkError, match="it holds what it held before"):
        DeltaSink(str(tmp_path / "lists")).write(tonight(4))
    assert len(deltalake.DeltaTable(str(tmp_path / "lists")).to_pyarrow_table()) == 3
