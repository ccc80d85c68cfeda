"""What the disk refuses is an error in one line; what updates left behind is found by name."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from support.store_folder import MEANING

from churnlab.errors import OutputError
from churnlab.store.disk import allow_open_files, sync_folder, writing, written_names
from churnlab.store.folder import StoreFolder


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as error:
        StoreFolder.create(tmp_path / "file" / "store", MEANING)
    assert error.value.exit_code == 7 and str(tmp_path / "file" / "store") in str(error.value)


def test_an_error_of_the_disk_names_the_folder_and_others_pass(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No space left on device"), writing(tmp_path):
        raise OSError(28, "No space left on device")
    with pytest.raises(ZeroDivisionError), writing(tmp_path):
        raise ZeroDivisionError


def test_only_files_of_updates_are_found(tmp_path: Path) -> None:
    (tmp_path / "day=2026-03-01").mkdir()
    (tmp_path / "day=2026-03-02").mkdir()
    for name in ("day=2026-03-01/rows-1.parquet", "day=2026-03-01/mine.txt", "carry-2.parquet"):
        (tmp_path / name).touch()
    for name in (".rows.part", "manifest.json", ".lock", "notes.txt"):
        (tmp_path / name).touch()
    assert sorted(written_names(tmp_path)) == [
        ".rows.part",
        "carry-2.parquet",
        "day=2026-03-01/rows-1.parquet",
        "day=2026-03-02/rows-none",
    ]
    sync_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "nowhere")


def test_more_files_may_be_open_up_to_the_limit_of_the_system() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
        allow_open_files(300)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == (
            556 if hard == resource.RLIM_INFINITY else min(hard, 556)
        )
        allow_open_files(10)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 300
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
