"""Manifest: the sha256 of every file of a run, and files that are read only where they match it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from churnlab.errors import ModelError

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1


def digest(content: bytes) -> str:
    """sha256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sums_of(folder: Path, below: str = "") -> dict[str, str]:
    """The sha256 of each file of a folder by its path there, with `below` before it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "card.md").write_text("")
    ...     list(sums_of(Path(folder), "run/"))
    ['run/card.md']
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {f"{below}{p.relative_to(folder).as_posix()}": digest(p.read_bytes()) for p in files}


@dataclass(frozen=True)
class Manifest:
    """The files of a run: `sums` by name, and the ids of its logged models by `models`' names.

    A file of a logged model is named `<model>/<path in it>`. The manifest's own sha256 is a tag
    of the run, so that neither a file nor the manifest can be exchanged unseen.

    >>> manifest = Manifest({"card.md": digest(b"")}, {})
    >>> Manifest.parse(manifest.to_bytes(), "run 1") == manifest
    True
    """

    sums: Mapping[str, str]
    models: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """The manifest as JSON."""
        about = {"format": MANIFEST_FORMAT, "files": dict(self.sums), "models": dict(self.models)}
        return json.dumps(about, indent=1, sort_keys=True).encode()

    @classmethod
    def parse(cls, content: bytes, run: str) -> Manifest:
        """The inverse of `to_bytes`.

        Raises ModelError for another format and for names that lead out of the run.
        """
        try:
            about = json.loads(content)
            if about["format"] != MANIFEST_FORMAT:
                raise ValueError(f"format {about['format']!r}")
            found = cls(dict(about["files"]), dict(about["models"]))
            outside = [name for name in found.sums if not _inside(name)]
        except (ValueError, KeyError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ModelError.from_unreadable(f"{MANIFEST} of {run}", reason) from error
        if outside:
            raise ModelError.from_unreadable(f"{MANIFEST} of {run}", f"it names {outside[0]!r}")
        return found


def _inside(name: str) -> bool:
    """Whether a name stays inside the folder that it is taken from."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name


@dataclass(frozen=True)
class VerifiedFiles:
    """The files of a run, each read only where its sha256 is that of the manifest.

    `run` names the run in errors; `fetch` gets the bytes of a file by its name.

    >>> files = VerifiedFiles("run 1", Manifest({"card.md": digest(b"")}, {}), lambda name: b"new")
    >>> files.read("card.md")
    Traceback (most recent call last):
    ...
    churnlab.errors.models.ModelError: card.md of run 1 is not the file that was saved (its sha256
    differs); train again or restore the file
    """

    run: str
    manifest: Manifest
    fetch: Callable[[str], bytes]

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises ModelError where the run never had it, where it is missing and where it was changed.
        """
        if name not in self.manifest.sums:
            raise ModelError.from_not_of_run(name, self.run, self.manifest.sums)
        content = self.fetch(name)
        if digest(content) != self.manifest.sums[name]:
            raise ModelError.from_digest(f"{name} of {self.run}")
        return content

    def below(self, folder: str) -> Iterator[str]:
        """The names of the run's files in a folder.

        >>> files = VerifiedFiles("run 1", Manifest({"ltv/MLmodel": ""}, {}), lambda name: b"")
        >>> list(files.below("ltv")), list(files.below("when"))
        (['ltv/MLmodel'], [])
        """
        return (name for name in self.manifest.sums if name.startswith(f"{folder}/"))

    def copy(self, folder: str, to: Path) -> Path:
        """The local folder `to`, after the run's files in `folder` were written to it.

        >>> import tempfile
        >>> files = VerifiedFiles("run 1", Manifest({"a/b": digest(b"")}, {}), lambda name: b"")
        >>> with tempfile.TemporaryDirectory() as place:
        ...     [path.name for path in files.copy("a", Path(place) / "copy").iterdir()]
        ['b']
        """
        for name in self.below(folder):
            path = to / name.removeprefix(f"{folder}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.read(name))
        return to
