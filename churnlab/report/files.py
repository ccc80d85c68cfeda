"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from churnlab.errors import OutputError


def write_text(path: Path, text: str) -> Path:
    """Write a file through a temporary one beside it, and return its path.

    A reader sees the old file or the new one, never a part. Raises OutputError when it cannot be
    written.
    """
    publish({path: lambda part: part.write_text(text, encoding="utf-8", errors="replace")})
    return path


def publish(files: Mapping[Path, Callable[[Path], object]]) -> None:
    """Write all files beside their targets, sync them, and only then put each in its place.

    `files` holds, for each target, a function that writes the path it is given. Raises OutputError
    when one cannot be written; then all old files are as they were and no part is left behind.
    """
    parts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in files}
    try:
        for path, write in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write(parts[path])
            with parts[path].open("rb") as done:
                os.fsync(done.fileno())
        for path, part in parts.items():
            os.replace(part, path)
    except OSError as error:
        raise OutputError.from_unwritable(str(next(iter(files))), str(error)) from error
    finally:
        for part in parts.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)
