"""Files that are written whole or not at all.

A file is written as a part beside its target, a new file of a name that nobody can foresee, and
then takes the target's place. The process that writes a part holds a lock on it, so that the next
one tells the parts of killed processes from those that are being written, and removes them.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from churnlab.errors import ConfigError, OutputError

try:
    import fcntl
except ImportError:  # not a POSIX system; there nobody can remove a file that another has open
    fcntl = None  # type: ignore[assignment]

PART = re.compile(r"\.churnlab-[0-9a-f]{16}\.part")
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK | getattr(os, "O_BINARY", 0)


class PartFile:
    """A new file in a folder, open as `file` for reading and writing; use it in a `with`.

    `put` gives it its place; without that it is removed in the end. Raises OSError when the disk
    refuses.
    """

    def __init__(self, folder: Path) -> None:
        self.path, self.file = _created(folder)
        self._placed = False

    def __enter__(self) -> PartFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, and remove it unless it was put in its place."""
        with suppress(OSError):  # `put` has synced what counts
            self.file.close()
        if not self._placed:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def sync(self) -> None:
        """Make what was written durable."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def put(self, target: Path) -> None:
        """Put the file in the place of `target`, with the permissions of the file there.

        A symbolic link is replaced, and what it points to stays as it is.
        """
        with suppress(FileNotFoundError, NotImplementedError):
            old = target.lstat().st_mode
            if stat.S_ISREG(old):
                self.path.chmod(stat.S_IMODE(old))
        os.replace(self.path, target)
        self._placed = True


@contextmanager
def part_folder(folder: Path, mode: int = 0o777) -> Iterator[Path]:
    """A new folder in `folder` for a while, which no other process takes for left behind."""
    clear_parts(folder)
    path, handle = _created_folder(folder, mode)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        if handle is not None:
            os.close(handle)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder among the system's temporary files for a while, which other users cannot read.

    Those of killed processes are removed first. OSError where none can be made.

    >>> with scratch_folder() as folder:
    ...     _ = (folder / "model").write_text("trees")
    >>> folder.exists()
    False
    """
    with part_folder(Path(tempfile.gettempdir()), 0o700) as folder:
        yield folder


def write_text(path: Path, text: str) -> Path:
    """Write a file in UTF-8, and return its path.

    A reader sees the old file or the new one, never a part. Raises OutputError when it cannot be
    written.
    """
    data = text.encode("utf-8", errors="replace")
    publish({path: lambda file: file.write(data)})
    return path


def publish(files: Mapping[Path, Callable[[BinaryIO], object]]) -> None:
    """Write all files beside their targets, sync them, and only then put each in its place.

    `files` holds, for each target, a function that writes to an open binary file. Missing folders
    are made. Raises OutputError when one cannot be written; then all old files are as they were
    and no part is left behind. ConfigError for a path that is no text.
    """
    with ExitStack() as stack:
        parts = {}
        for path, write in files.items():
            check_path(path)
            with one_line(path):
                if path.is_dir() and not path.is_symlink():
                    raise IsADirectoryError("it is a folder")
                path.parent.mkdir(parents=True, exist_ok=True)
                clear_parts(path.parent)
                parts[path] = stack.enter_context(PartFile(path.parent))
                write(parts[path].file)
                parts[path].sync()
        for path, part in parts.items():
            with one_line(path):
                part.put(path)


@contextmanager
def one_line(path: object) -> Iterator[None]:
    """Raise an error of the disk as an OutputError that names the file."""
    try:
        yield
    except OSError as error:
        raise OutputError.from_unwritable(str(path), error.strerror or str(error)) from error


def check_path(path: str | Path) -> None:
    """Raise ConfigError for a path that no system can take: NUL or half a character in it.

    >>> check_path("lists/2026")
    """
    text = os.fspath(path)
    if "\0" in text or not is_text(text):
        raise ConfigError.from_no_text("the path", text)


def is_text(given: str) -> bool:
    r"""True unless the text holds half a character, which no file and no terminal can take.

    >>> is_text("渠道"), is_text("\ud800")
    (True, False)
    """
    return not any("\ud800" <= char <= "\udfff" for char in given)


def clear_parts(folder: Path) -> None:
    """Remove the parts that killed processes have left in a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if PART.fullmatch(entry.name) and not entry.is_symlink():
                with suppress(OSError):
                    _clear(Path(entry.path), entry.is_dir(follow_symlinks=False))


def _clear(part: Path, is_folder: bool) -> None:
    """Remove a part unless a process holds it."""
    if fcntl is None:
        part.unlink()
        return
    handle = os.open(part, os.O_RDONLY | os.O_NONBLOCK | _NO_LINK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_folder:
            shutil.rmtree(part)
        else:
            part.unlink()
    finally:
        os.close(handle)


def _created(folder: Path) -> tuple[Path, BinaryIO]:
    """A new file that this process holds; once more where it was taken for left behind."""
    while True:
        path = folder / _name()
        file = os.fdopen(os.open(path, _NEW, 0o666), "w+b")
        if _lock(file.fileno()) and _is_there(path, file.fileno()):
            return path, file
        file.close()


def _created_folder(folder: Path, mode: int) -> tuple[Path, int | None]:
    """A new folder that this process holds; once more where it was taken for left behind."""
    while True:
        path = folder / _name()
        path.mkdir(mode)
        if fcntl is None:
            return path, None
        with suppress(FileNotFoundError):
            handle = os.open(path, os.O_RDONLY)
            if _lock(handle) and _is_there(path, handle):
                return path, handle
            os.close(handle)


def _name() -> str:
    return f".churnlab-{secrets.token_hex(8)}.part"


def _lock(handle: int) -> bool:
    """Hold an open file; False if another process does. A disk without locks holds nothing."""
    if fcntl is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
    return True


def _is_there(path: Path, handle: int) -> bool:
    """True if a path still names the open file."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(handle))
    except FileNotFoundError:
        return False
