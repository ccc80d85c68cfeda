"""Files as a sink: the same rows in every format, in a folder and in a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.nightly import content, tonight
from support.s3 import Put, s3, s3_server  # noqa: F401

from churnlab.errors import ConfigError, OutputError
from churnlab.nightly.lists.formats import FORMATS
from churnlab.nightly.lists.read import read_list
from churnlab.nightly.sinks.files import FilesSink


@pytest.mark.parametrize("formats", [*([name] for name in FORMATS), list(FORMATS)])
def test_every_format_holds_the_same_rows(tmp_path: Path, formats: list[str]) -> None:
    given = tonight(25)
    for _ in range(2):
        sink = FilesSink(str(tmp_path), formats)
        sink.check()
        assert sink.write(given) == str(tmp_path / "list" / "latest.json")
        assert read_list(tmp_path).frame.equals(given.table.to_pandas())
    assert {p.suffix for p in content(tmp_path)} == {".json", *(FORMATS[n].ending for n in formats)}


def test_the_same_list_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        FilesSink(str(tmp_path / name), list(FORMATS)).write(tonight(25))
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_a_bucket_takes_the_same_files(s3: Put, tmp_path: Path) -> None:  # noqa: F811
    address = s3("other.txt", "x").removesuffix("/other.txt")
    sink = FilesSink(address, list(FORMATS))
    sink.check()
    assert sink.write(tonight(25)) == f"{address}/list/latest.json"
    assert read_list(address).frame.equals(tonight(25).table.to_pandas())


def test_a_place_that_does_not_answer_is_found_before_scoring(s3: Put, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written") as refused:
        FilesSink(str(tmp_path / "file")).check()
    assert refused.value.exit_code == 7


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown format of a list 'exel': did you mean 'excel'"):
        FilesSink("out", ["exel"])
    with pytest.raises(ConfigError, match="formats is"):
        FilesSink("out", [])
