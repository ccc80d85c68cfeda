"""Shelves: a file whole or not at all, one writer at a time, on disk and in a bucket."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.nightly import content, published, tonight
from support.s3 import Put, s3, s3_server  # noqa: F401

from churnlab.errors import ConfigError, LogError, OutputError, ScoringError
from churnlab.nightly.lists.publish import Publisher
from churnlab.nightly.lists.read import read_list
from churnlab.nightly.lists.shelf import AddressShelf, LocalShelf, shelf_of

NOBODY = 65534


def test_a_second_writer_is_refused_at_once(tmp_path: Path) -> None:
    hold = (
        "import sys; from churnlab.nightly.lists.shelf import shelf_of\n"
        f"with shelf_of({str(tmp_path)!r}).locked(): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        began = time.monotonic()
        with pytest.raises(ScoringError, match=f"writing to {tmp_path}/list") as refused:
            published(tmp_path, tonight(5))
        assert time.monotonic() - began < 0.5 and refused.value.exit_code == 6
        other.kill()
    published(tmp_path, tonight(5))


def test_the_holder_may_hold_it_again(tmp_path: Path) -> None:
    with shelf_of(tmp_path).locked():
        published(tmp_path, tonight(5))
    with shelf_of(tmp_path).locked():
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    published(tmp_path, tonight(5))
    before = content(tmp_path)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    os.seteuid(NOBODY)
    try:
        with pytest.raises(OutputError, match=f"{tmp_path}.*cannot be written: Permission") as no:
            published(tmp_path, tonight(9))
    finally:
        os.seteuid(0)
    assert no.value.exit_code == 7 and content(tmp_path) == before


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written") as refused:
        published(tmp_path / "file", tonight(5))
    assert refused.value.exit_code == 7


def test_only_what_is_text_and_known_is_a_place() -> None:
    with pytest.raises(ConfigError, match="is no text"):
        shelf_of("a\0b")
    with pytest.raises(LogError, match="files at ftp:// are not read"):
        shelf_of("ftp://host/lists")
    assert isinstance(shelf_of("file:///srv/lists"), LocalShelf)


def test_a_bucket_holds_the_same_list(s3: Put, tmp_path: Path) -> None:  # noqa: F811
    address = s3("other.txt", "x").removesuffix("/other.txt") + "/nightly"
    shelf = shelf_of(address)
    assert isinstance(shelf, AddressShelf)
    shelf.put("as_of=2026-03-04/risk_list_2026-03-04-0123456789ab.csv", b"left by a killed run")
    for people in (9, 5):
        with shelf.locked():
            Publisher(shelf).publish(tonight(people))
        published(tmp_path, tonight(people))
        assert read_list(address).frame.equals(read_list(tmp_path).frame)
    here = content(tmp_path / "list")
    assert {str(path): shelf.get(str(path)) for path in here} == {
        str(p): d for p, d in here.items()
    }
    day = next(iter(n for n in shelf.names("") if n.startswith("as_of=")))
    assert shelf.names(day) == LocalShelf(tmp_path / "list").names(day)


def test_a_bucket_that_is_not_there_is_named(s3: Put) -> None:  # noqa: F811
    with pytest.raises(OutputError, match="s3://no-such-bucket/list.*cannot be written") as refused:
        Publisher(shelf_of("s3://no-such-bucket")).publish(tonight(5))
    assert refused.value.exit_code == 7
