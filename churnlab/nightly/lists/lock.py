"""The lock of a folder of lists: one scorer at a time.

It is taken before anything heavy is imported, so that a second scorer ends soon.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from churnlab.config import layers, reading
from churnlab.errors import ScoringError
from churnlab.events.addresses import scheme_of, within
from churnlab.schema.files import check_path, one_line
from churnlab.store.disk import sync_folder

LIST = "list"
LOCK = ".lock"


@contextmanager
def only_scorer(config: Path, below: str = LIST) -> Iterator[None]:
    """Hold the folder of lists that a churnlab.toml names; the file is not checked further.

    `below` is another folder below that of the output, such as that of a shard.

    Nothing is held where it names an address or no text. Raises ConfigError for a file that cannot
    be read, ScoringError and OutputError as `locked` does.
    """
    given = _output(config)
    if not isinstance(given, str) or scheme_of(given):
        yield
        return
    check_path(given)
    with locked(Path(within(config.resolve().parent, given)) / below):
        yield


def _output(config: Path) -> object:
    """The folder of [output], before the configuration is checked."""
    tables, above = reading.load(config), layers.override("output.folder")
    output = tables.get("output", {})
    if above is not None:
        return above.text
    return output.get("folder", reading.OUTPUT) if isinstance(output, Mapping) else None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for one writer, which is made; the same thread may hold it again.

    Raises ScoringError at once while another holds it, OutputError where the disk refuses.
    """
    with one_line(folder):
        make_folder(folder)
        lock = FileLock(folder / LOCK, is_singleton=True)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:  # a Timeout is an OSError
            raise ScoringError.from_running(str(folder)) from error
    try:
        yield
    finally:
        lock.release()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, with durable names; OSError where the disk refuses."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)
