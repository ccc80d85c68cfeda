"""What the disk refuses is an error in one line; what updates left behind is found by name."""

from __future__ import annotations

import hashlib
import resource
from pathlib import Path

import pytest
from support.store_folder import FIRST, MEANING, content, days_of

from churnlab.errors import OutputError
from churnlab.schema.files import one_line
from churnlab.store.disk import (
    allow_open_files,
    is_own,
    sweep,
    sync_folder,
    written_names,
)
from churnlab.store.folder import StoreFolder


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as error:
        StoreFolder.create(tmp_path / "file" / "store", MEANING)
    assert error.value.exit_code == 7 and str(tmp_path / "file" / "store") in str(error.value)


def test_an_error_of_the_disk_names_the_folder_and_others_pass(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No space left on device"), one_line(tmp_path):
        raise OSError(28, "No space left on device")
    with pytest.raises(ZeroDivisionError), one_line(tmp_path):
        raise ZeroDivisionError


OTHERS = [
    "carry-backup.parquet",
    "carry-0123456789ab.parquet",
    "carry-0123456789ab.parquet.bak",
    "notes.part",
    ".rows.part",
    "rows-0123456789ab.parquet",
    "day=2026-03-01/rows-notes.parquet",
    "day=2026-03-01/rows-0123456789ab.parquet",
    "day=2026-03-01/mine.txt",
    "day=2026-03-01-backup/rows-0123456789ab.parquet",
    "day=2026-03-05/2026/rows-0123456789ab.parquet",
]


def own(folder: Path, stem: str, content: bytes) -> str:
    """A file that is named as an update names it."""
    name = f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}.parquet"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return name


def test_only_files_of_updates_are_removed(tmp_path: Path) -> None:
    for name in OTHERS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("theirs")
    (tmp_path / "day=2026-03-02").mkdir()
    (tmp_path / ".churnlab-0123456789abcdef.part").touch()
    kept = own(tmp_path, "day=2026-03-03/rows", b"kept")
    gone = own(tmp_path, "day=2026-03-01/rows", b"left behind"), own(tmp_path, "carry", b"carry")
    assert {*written_names(tmp_path)} == {
        kept,
        *gone,
        "carry-0123456789ab.parquet",
        "day=2026-03-01/rows-0123456789ab.parquet",
    }
    assert is_own(tmp_path / kept) and not is_own(tmp_path / "carry-0123456789ab.parquet")
    sweep(tmp_path, {kept}, {"day=2026-03-03/rows-000000000000.parquet", kept})
    assert {*content(tmp_path)} == {kept, *OTHERS}
    assert not (tmp_path / "day=2026-03-02").exists()


def test_what_the_manifest_once_named_goes_whatever_it_holds(tmp_path: Path) -> None:
    name = own(tmp_path, "day=2026-03-03/rows", b"once")
    (tmp_path / name).write_bytes(b"damaged since")
    sweep(tmp_path, set(), {name})
    assert list(tmp_path.iterdir()) == []


def test_nothing_behind_a_symbolic_link_is_removed(tmp_path: Path) -> None:
    store, others = tmp_path / "store", tmp_path / "others"
    name = own(others, "day=2026-03-01/rows", b"theirs")
    carry = own(others, "carry", b"theirs")
    store.mkdir()
    (store / "day=2026-03-01").symlink_to(others / "day=2026-03-01")
    (store / carry).symlink_to(others / carry)
    before = content(others)
    sweep(store, set(), {name, carry})
    assert content(others) == before and len(list(store.iterdir())) == 2


def test_an_update_leaves_files_of_others(store: StoreFolder) -> None:
    day = "day=2024-10-04"
    for name in ("carry-backup.parquet", f"{day}/rows-notes.parquet", ".manifest.part"):
        (store.path / name).write_text("theirs")
    (store.path.parent / "others").write_text("theirs")
    (store.path / ".rows.part").symlink_to(store.path.parent / "others")
    store.replace(days_of(2))
    store.compact(FIRST + 2)
    assert (store.path.parent / "others").read_text() == "theirs"
    mine = {".lock", "manifest.json", *(file.name for file in store.manifest.files())}
    assert {*content(store.path)} - mine == {
        "carry-backup.parquet",
        f"{day}/rows-notes.parquet",
        ".manifest.part",
        ".rows.part",
    }


def test_the_names_of_a_folder_are_made_durable(tmp_path: Path) -> None:
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
