"""Shelves: places that keep the files of lists, each file whole or not at all.

A shelf is a folder of this machine, or a place in a bucket (`s3://`, `gs://`, `abfss://`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from pyarrow import fs

from churnlab.errors import OutputError, SinkError
from churnlab.errors.secrets import without_secrets
from churnlab.events.addresses import scheme_of
from churnlab.events.file_system import Place, place_of
from churnlab.nightly.lists.lock import LIST, LOCK, locked, make_folder
from churnlab.schema.files import PartFile, check_path, clear_parts, one_line
from churnlab.store.disk import sync_folder

TRIAL = "trial"


class Shelf(Protocol):
    """Files by their paths below the shelf, with `/` between the parts."""

    def name(self, path: str) -> str:
        """The file as messages name it, without secrets."""

    def get(self, path: str) -> bytes:
        """The bytes of a file; FileNotFoundError where there is none, else OSError."""

    def put(self, path: str, data: bytes) -> None:
        """Write a file, durable, in the place of what was there; OutputError where it fails."""

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none where there is no folder. OSError where it fails."""

    def tidy(self, folder: str, drop: list[str]) -> None:
        """Remove files of a folder, and what killed runs have left there; OSError as it comes."""

    def check(self) -> None:
        """Raise OutputError if nothing can be written here now."""

    def locked(self) -> AbstractContextManager[None]:
        """A context in which no other process writes; ScoringError at once where one does."""


def shelf_of(folder: str | Path, trial: bool = False) -> Shelf:
    """The shelf `list` in a folder or at an address, or that of trials.

    Raises ConfigError for a path that is no text, LogError for an address that is not known.

    >>> shelf_of("out").name("latest.json")
    'out/list/latest.json'
    """
    return shelf_below(folder, TRIAL if trial else LIST)


def shelf_below(folder: str | Path, below: str) -> Shelf:
    """The shelf of a name in a folder or at an address; errors as `shelf_of`.

    >>> shelf_below("out", "shadow").name("manifest.json")
    'out/shadow/manifest.json'
    """
    text = os.fspath(folder)
    if not scheme_of(text):
        check_path(text)
        return LocalShelf(Path(text) / below)
    place = place_of(text)
    if place.system is None:
        return LocalShelf(Path(place.path) / below)
    return AddressShelf(place, below)


@dataclass(frozen=True)
class LocalShelf:
    """A folder of this machine."""

    folder: Path

    def name(self, path: str) -> str:
        """The path of a file."""
        return str(self.folder / path)

    def get(self, path: str) -> bytes:
        """The bytes of a file; OSError where it cannot be read."""
        return (self.folder / path).read_bytes()

    def put(self, path: str, data: bytes) -> None:
        """Write a file beside its target, sync it, and let it take the target's place.

        Raises OutputError where that fails; then the target is as it was. SinkError where only the
        durable name is not sure.
        """
        target = self.folder / path
        with one_line(target):
            make_folder(target.parent)
            with PartFile(target.parent) as part:
                part.file.write(data)
                part.sync()
                part.put(target)
        try:
            sync_folder(target.parent)
        except OSError as error:
            raise SinkError.from_unsure(str(target), error.strerror or str(error)) from error

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none where there is no folder."""
        with suppress(FileNotFoundError):
            return sorted(os.listdir(self.folder / folder))
        return []

    def tidy(self, folder: str, drop: list[str]) -> None:
        """Remove files of a folder and the parts there, and the folder where it is empty."""
        place = self.folder / folder
        clear_parts(place)
        for name in drop:
            (place / name).unlink(missing_ok=True)
        with suppress(OSError):
            place.rmdir()

    def check(self) -> None:
        """Raise OutputError if no file can be made in the folder, which is left as it is.

        Where there is no such folder yet, one is tried above it. ScoringError while another process
        writes there.
        """
        with one_line(self.folder):
            above = next(
                (f for f in (self.folder, *self.folder.parents) if f.exists()), self.folder
            )
            with PartFile(above):
                pass
        if (self.folder / LOCK).exists():
            with self.locked():
                pass

    def locked(self) -> AbstractContextManager[None]:
        """Hold the folder for one writer, as `lock.locked` does."""
        return locked(self.folder)


@dataclass(frozen=True)
class AddressShelf:
    """A place in a bucket or a container; an object there is whole or not there at all.

    Nothing is locked there: the lock of the output folder keeps two scorers apart.
    """

    place: Place
    below: str = LIST

    def name(self, path: str) -> str:
        """The address of a file."""
        return without_secrets(self.place.file(self._path(path), 0).name)

    def get(self, path: str) -> bytes:
        """The bytes of an object; OSError where it cannot be read."""
        with self._system.open_input_stream(self._path(path), compression=None) as stream:
            return stream.read()

    def put(self, path: str, data: bytes) -> None:
        """Write an object; OutputError where that fails."""
        with one_line(self.name(path)):
            try:
                with self._system.open_output_stream(self._path(path), compression=None) as stream:
                    stream.write(data)
            except pa.ArrowException as error:
                raise OSError(str(error)) from error

    def names(self, folder: str) -> list[str]:
        """The names below a folder, sorted."""
        found = self._system.get_file_info(
            fs.FileSelector(self._path(folder), allow_not_found=True)
        )
        return sorted(each.base_name for each in found)

    def tidy(self, folder: str, drop: list[str]) -> None:
        """Remove objects of a folder."""
        for name in drop:
            self._system.delete_file(self._path(f"{folder}/{name}"))

    def check(self) -> None:
        """Raise OutputError if the bucket or container does not answer."""
        with one_line(self.name("")):
            self._system.get_file_info(self.place.base or self.place.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nothing: see the class."""
        yield

    @property
    def _system(self) -> fs.FileSystem:
        if self.place.system is None:
            raise OutputError.from_unwritable(self.place.path, "it is no address")
        return self.place.system

    def _path(self, path: str) -> str:
        return "/".join(filter(None, (self.place.path, self.below, path)))
