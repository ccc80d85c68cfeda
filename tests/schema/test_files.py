"""Files are written whole or not at all, over nobody else's files."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from churnlab.errors import ConfigError, OutputError
from churnlab.schema import files
from churnlab.schema.files import (
    PART,
    PartFile,
    check_path,
    clear_parts,
    is_text,
    part_folder,
    publish,
    scratch_folder,
    write_text,
)

OTHERS = ".churnlab-0123456789abcdef.part"


def write(text: str):  # type: ignore[no-untyped-def]
    return lambda file: file.write(text.encode())


def test_a_file_is_written_into_a_folder_that_is_made() -> None:
    path = write_text(Path("new") / "inner" / "card.md", "text ü")
    assert path.read_text(encoding="utf-8") == "text ü"
    assert [p.name for p in path.parent.iterdir()] == ["card.md"]


def test_all_files_are_as_they_were_when_one_cannot_be_written(tmp_path: Path) -> None:
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("old")

    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError("the disk is full")

    with pytest.raises(OutputError, match="b.txt cannot be written: the disk is full"):
        publish({first: write("new"), second: fail})
    assert first.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_target_that_is_a_folder_leaves_all_as_they_were(tmp_path: Path) -> None:
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("old")
    second.mkdir()
    with pytest.raises(OutputError, match="b.txt cannot be written: it is a folder"):
        publish({first: write("new"), second: write("new")})
    assert first.read_text() == "old" and sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt"]


def test_a_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_text(tmp_path / "a.txt", "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device; nothing was changed"):
        write_text(path, "new")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_an_error_of_the_writer_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        publish({tmp_path / "a.txt": fail})
    assert list(tmp_path.iterdir()) == []


def test_a_reader_sees_the_old_file_until_all_are_written(tmp_path: Path) -> None:
    first, seen = tmp_path / "a.txt", []
    first.write_text("old")

    def second(file: BinaryIO) -> None:
        seen.append(first.read_text())
        file.write(b"b")

    publish({first: write("new"), tmp_path / "b.txt": second})
    assert seen == ["old"] and first.read_text() == "new"


def test_text_that_is_no_utf8_is_written_all_the_same(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "lone \ud800 half")
    assert path.read_text() == "lone ? half"


@pytest.mark.parametrize("name", ["half \ud800", "nul \0", "bytes \udcff"])
def test_a_path_that_is_no_text_is_refused(tmp_path: Path, name: str) -> None:
    for call in (check_path, lambda path: write_text(path, "")):
        with pytest.raises(ConfigError, match="is no text; give one in UTF-8") as error:
            call(tmp_path / name)
        str(error.value).encode()
    assert os.listdir(tmp_path) == []
    assert is_text("渠道 \U0001f600") and not is_text("half \udfff")


def test_a_symbolic_link_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    (tmp_path / "others").write_text("theirs")
    (tmp_path / "card.md").symlink_to(tmp_path / "others")
    write_text(tmp_path / "card.md", "ours")
    assert (tmp_path / "others").read_text() == "theirs"
    assert (tmp_path / "card.md").read_text() == "ours" and not (tmp_path / "card.md").is_symlink()


def test_a_folder_behind_a_symbolic_link_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_text(tmp_path / "link" / "a.txt", "a")
    assert os.listdir(tmp_path / "real") == ["a.txt"]
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(OutputError):
        write_text(tmp_path / "nowhere" / "a.txt", "a")


def test_a_part_is_new_even_where_a_link_lies_in_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "others").write_text("theirs")
    (tmp_path / OTHERS).symlink_to(tmp_path / "others")
    monkeypatch.setattr(files, "_name", lambda: OTHERS)
    with pytest.raises(OutputError, match="File exists"):
        write_text(tmp_path / "a.txt", "ours")
    assert (tmp_path / "others").read_text() == "theirs"


def test_permissions_of_the_old_file_stay(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old")
    path.chmod(0o600)
    assert stat.S_IMODE(write_text(path, "new").stat().st_mode) == 0o600
    old = os.umask(0o027)
    try:
        assert stat.S_IMODE(write_text(tmp_path / "b.txt", "").stat().st_mode) == 0o640
    finally:
        os.umask(old)


def test_a_part_that_is_held_stays_and_others_files_too(tmp_path: Path) -> None:
    others = [".rows.part", "mine.part", ".churnlab-mine.part", "x.churnlab-0123456789abcdef.part"]
    for name in others:
        (tmp_path / name).write_text("theirs")
    (tmp_path / OTHERS).write_text("of a killed process")
    (tmp_path / "target").write_text("theirs")
    link = OTHERS.replace("0", "f")
    (tmp_path / link).symlink_to(tmp_path / "target")
    with PartFile(tmp_path) as part, part_folder(tmp_path) as folder:
        clear_parts(tmp_path)
        left = sorted(os.listdir(tmp_path))
        assert left == sorted([*others, "target", link, part.path.name, folder.name])
        assert PART.fullmatch(part.path.name) and PART.fullmatch(folder.name)
    assert sorted(os.listdir(tmp_path)) == sorted([*others, "target", link])


KILLED = """
import sys, time
from pathlib import Path
from churnlab.schema.files import part_folder, publish
def stay(file):
    file.write(b"half")
    with part_folder(Path(sys.argv[1])) as folder:
        (folder / "rows").touch()
        print("started", flush=True)
        time.sleep(60)
publish({Path(sys.argv[1]) / "a.txt": stay})
"""


def test_parts_of_a_killed_process_go_at_the_next_run(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"started\n"
    publish({tmp_path / "b.txt": write("b")})
    assert len(os.listdir(tmp_path)) == 3
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert len(os.listdir(tmp_path)) == 3
    publish({tmp_path / "b.txt": write("b")})
    assert os.listdir(tmp_path) == ["b.txt"]


def test_a_scratch_folder_is_for_this_user_and_removes_those_of_killed_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / OTHERS).mkdir()
    (tmp_path / OTHERS / "model").touch()
    with scratch_folder() as first, scratch_folder() as second:
        assert first != second and {*tmp_path.iterdir()} == {first, second}
        assert stat.S_IMODE(first.stat().st_mode) == 0o700
    assert not list(tmp_path.iterdir())


def test_a_new_folder_that_was_taken_for_left_behind_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir, made = Path.mkdir, []

    def and_lost(self: Path, *words: Any) -> None:
        mkdir(self, *words)
        made.append(self)
        if len(made) == 1:
            self.rmdir()

    monkeypatch.setattr(Path, "mkdir", and_lost)
    with part_folder(tmp_path) as folder:
        assert folder == made[1] and folder.is_dir()
