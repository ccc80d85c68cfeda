"""A rehearsal: a shelf in memory over one on disk, so that all is done but the writing."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from churnlab.nightly.lists.shelf import Shelf


@dataclass(frozen=True)
class Rehearsal:
    """A shelf for a rehearsal: files put there are kept in memory, and nobody else sees them.

    >>> from churnlab.nightly.lists.shelf import shelf_of
    >>> shelf = Rehearsal(shelf_of("/nowhere"))
    >>> shelf.put("latest.json", b"{}")
    >>> shelf.get("latest.json"), shelf.name("latest.json")
    (b'{}', '/nowhere/list/latest.json')
    """

    shelf: Shelf
    files: dict[str, bytes] = field(default_factory=dict)

    def name(self, path: str) -> str:
        """The file as messages name it: where it would be."""
        return self.shelf.name(path)

    def get(self, path: str) -> bytes:
        """The bytes of a file; FileNotFoundError where there is none, else OSError."""
        return self.files[path] if path in self.files else self.shelf.get(path)

    def put(self, path: str, data: bytes) -> None:
        """Keep a file in memory."""
        self.files[path] = data

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted."""
        below = f"{folder}/" if folder else ""
        own = {p[len(below) :].split("/")[0] for p in self.files if p.startswith(below)}
        return sorted({*self.shelf.names(folder), *own})

    def tidy(self, folder: str, drop: list[str]) -> None:
        """Nothing: what is there stays."""

    def check(self) -> None:
        """Raise OutputError if nothing could be written there now."""
        self.shelf.check()

    def locked(self) -> AbstractContextManager[None]:
        """Nothing is locked: nothing is written."""
        return nullcontext()
