"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from churnlab.errors import OutputError


def write_text(path: Path, text: str) -> Path:
    """Writes a file by way of a temporary one beside it, so that a reader sees the old or the new, never a part."""
    publish({path: lambda part: part.write_text(text, encoding="utf-8", errors="replace")})
    return path


def publish(files: Mapping[Path, Callable[[Path], object]]) -> None:
    """Writes all files beside their targets, syncs them, and only then puts each in its place; leaves nothing behind on failure.

    Raises OutputError when one cannot be written; then all old ones are as they were.
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
