"""Static attributes of people from files."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from churnlab.errors import LogError
from churnlab.events import users

PEOPLE = pd.DataFrame({"id": ["007", "042"], "plan": ["free", "pro"]})


def test_parquet_and_csv_files_give_the_same_people(tmp_path: Path) -> None:
    PEOPLE.head(1).to_parquet(tmp_path / "1.parquet", index=False)
    PEOPLE.tail(1).to_csv(tmp_path / "2.csv", index=False)
    found = users.read(str(tmp_path / "*"), "id", text_ids=True)
    assert found["user_id"].tolist() == ["007", "042"]
    assert found["plan"].tolist() == ["free", "pro"]


def test_whole_numbers_as_ids(tmp_path: Path) -> None:
    PEOPLE.to_csv(tmp_path / "users.csv", index=False)
    found = users.read(str(tmp_path / "users.csv"), "id", text_ids=False)
    assert found["user_id"].tolist() == [7, 42]


def test_the_id_column_must_be_there(tmp_path: Path) -> None:
    PEOPLE.to_parquet(tmp_path / "users.parquet")
    with pytest.raises(LogError, match=r"no column 'ids' \(given as user=\): did you mean 'id'"):
        users.read(str(tmp_path / "users.parquet"), "ids", text_ids=True)


@pytest.mark.parametrize("content", [b"PAR1 and no more", b""])
def test_a_file_that_cannot_be_read_is_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "users.parquet"
    path.write_bytes(content)
    with pytest.raises(LogError, match=f"{re.escape(str(path))} cannot be read: ") as caught:
        users.read(str(path), "id", text_ids=True)
    assert "\n" not in str(caught.value)
    with pytest.raises(LogError, match="no such file"):
        users.read(str(tmp_path / "gone.csv"), "id", text_ids=True)
