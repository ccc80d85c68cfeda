"""Files are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from churnlab.errors import OutputError
from churnlab.report.files import publish, write_text


def test_a_file_is_written_into_a_folder_that_is_made() -> None:
    path = write_text(Path("new") / "inner" / "card.md", "text ü")
    assert path.read_text(encoding="utf-8") == "text ü"
    assert [p.name for p in path.parent.iterdir()] == ["card.md"]


def test_all_files_are_as_they_were_when_one_cannot_be_written(tmp_path: Path) -> None:
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("old")

    def fail(part: Path) -> None:
        part.write_text("half")
        raise OSError("the disk is full")

    with pytest.raises(OutputError, match="the disk is full"):
        publish({first: lambda part: part.write_text("new"), second: fail})
    assert first.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_an_error_of_the_writer_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(part: Path) -> None:
        part.write_text("half")
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        publish({tmp_path / "a.txt": fail})
    assert list(tmp_path.iterdir()) == []


def test_a_reader_sees_the_old_file_until_all_are_written(tmp_path: Path) -> None:
    first, seen = tmp_path / "a.txt", []
    first.write_text("old")

    def second(part: Path) -> None:
        seen.append(first.read_text())
        part.write_text("b")

    publish({first: lambda part: part.write_text("new"), tmp_path / "b.txt": second})
    assert seen == ["old"] and first.read_text() == "new"


def test_text_that_is_no_utf8_is_written_all_the_same(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "lone \ud800 half")
    assert path.read_text() == "lone ? half"
