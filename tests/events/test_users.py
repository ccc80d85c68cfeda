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


def test_a_column_that_is_text_in_one_file_is_text_in_all(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("id,tier,age\na,1,20\nb,,30\n")
    (tmp_path / "2.csv").write_text("id,tier,age\nc,1,40\nd,unknown,50\n")
    found = users.read(str(tmp_path / "*.csv"), "id", text_ids=True)
    assert found["tier"].dropna().tolist() == ["1", "1", "unknown"]
    assert found["age"].tolist() == [20, 30, 40, 50]


def test_a_column_stays_text_where_it_was_text_in_training(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text("id,zip\na,007\nb,\n")
    path = str(tmp_path / "u.csv")
    assert users.read(path, "id", True)["zip"].tolist()[0] == 7
    assert users.read(path, "id", True, lambda name: name == "zip")["zip"].tolist()[0] == "007"


@pytest.mark.parametrize(
    "text, says",
    [
        ("id,a,a\n1,2,3\n", "u.csv has columns of the same name: 'a'; name each once"),
        ("id,a\nann,2\n", "column 'id' of .*u.csv is text, such as 'ann'; give whole numbers"),
        ("id,a\n1.5,2\n", "such as '1.5'"),
        ("", "holds no event|cannot be read|no row"),
        ('id,a\n1,"2\n', "cannot be read"),
    ],
)
def test_a_csv_file_that_cannot_be_used_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(text)
    with pytest.raises(LogError, match=says) as caught:
        users.read(str(tmp_path / "u.csv"), "id", text_ids=False)
    assert "\n" not in str(caught.value)


def test_a_row_without_an_id_is_left_to_the_reader(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text("id,a\n1,2\n,3\n")
    assert users.read(str(tmp_path / "u.csv"), "id", False)["user_id"].isna().tolist() == [
        False,
        True,
    ]
