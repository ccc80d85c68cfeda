"""Publishing a list: write, read back, audit, and only then switch one small manifest.

| file | what it is |
|---|---|
| `list/latest.json` | the manifest of the list with the latest day: what a reader follows |
| `list/as_of=2026-03-04/manifest.json` | the manifest of that day's list |
| `list/as_of=2026-03-04/risk_list_2026-03-04-<digest>.parquet` (`.csv`, …) | its rows |
| `list/as_of=2026-03-04/changes_2026-03-04-<digest>.parquet` | who entered, left, moved |
| `list/as_of=2026-03-04/summary_2026-03-04-<digest>.html` | all of that on one page |
| `list/as_of=2026-03-04/schema-<digest>.json` | what the columns mean |
| `list/as_of=2026-03-04/features-<digest>.json` | how many people are in each bin of each feature |

Names of files hold the digest of their content, so that a new list never takes the place of files
that an old manifest names. A day that is scored again gives the same bytes, and a list of an
earlier day than the latest leaves `latest.json` as it is. What a killed run has left is removed by
the next one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd

from churnlab.errors import ChurnlabError, ListError, SinkError
from churnlab.nightly.changes import changes_bytes
from churnlab.nightly.guards.drift import to_bytes
from churnlab.nightly.lists.contract import audit, schema
from churnlab.nightly.lists.formats import FORMATS, schema_text
from churnlab.nightly.lists.manifest import FEATURES, LATEST, MANIFEST, ListFile, ListManifest
from churnlab.nightly.lists.publication import Publication
from churnlab.nightly.lists.shelf import Shelf
from churnlab.nightly.watching.facts import change_counts
from churnlab.schema.files import one_line

_DAY = re.compile(r"as_of=\d{4}-\d\d-\d\d")
_DATA = re.compile(
    r"(?:(?:risk_list|changes|summary)_\d{4}-\d\d-\d\d|schema|features)-[0-9a-f]{12}\.[a-z]+"
)


@dataclass(frozen=True)
class Publisher:
    """Publishes lists on a shelf, each in several formats; one process at a time."""

    shelf: Shelf
    formats: Sequence[str] = ("parquet", "csv")

    def publish(self, given: Publication) -> ListManifest:
        """Publish a list whole, and return its manifest.

        Raises OutputError where the disk refuses or keeps other bytes, AuditError where what was
        read back breaks the schema, ListError where a newer churnlab has published here; then a
        reader sees the old list.
        """
        newest = self._latest()
        with self._swept():
            files = {f"list_{name}": self._rows(given, name) for name in self.formats}
            files["list_schema"] = self._put(given, "schema", ".json", schema_text())
            if given.changes is not None:
                files["changes"] = self._changes(given, given.changes)
            if given.summary:
                page = given.summary.encode()
                files["summary"] = self._put(given, f"summary_{given.as_of}", ".html", page)
            if given.features:
                counts = to_bytes(given.features)
                files[FEATURES] = self._put(given, "features", ".json", counts)
            manifest = ListManifest(
                given.as_of,
                given.run_id,
                len(given.table),
                given.ids,
                given.model,
                given.order,
                files,
                given.notes,
                given.guards,
                given.forced,
                given.compared_with,
                _night(given),
                given.left_out,
            )
            text = manifest.text().encode()
            self.shelf.put(f"{_folder(given.as_of)}/{MANIFEST}", text)
            if newest is None or newest.as_of <= given.as_of:
                self.shelf.put(LATEST, text)
        return manifest

    @contextmanager
    def _swept(self) -> Iterator[None]:
        """Sweep afterwards; not where a crash may lose the newest manifest."""
        try:
            yield
        except BaseException as error:
            if not (isinstance(error, SinkError) and error.unsure):
                self._sweep()
            raise
        self._sweep()

    def _rows(self, given: Publication, name: str) -> ListFile:
        """Write the rows in a format; what was kept must be the same rows."""
        form = FORMATS[name]
        stem = f"risk_list_{given.as_of}"
        data = form.encode(given.table, given.language)
        file = self._put(given, stem, form.ending, data, len(given.table))
        kept = form.decode(self._kept(file.path), schema(given.ids))
        if not kept.equals(given.table):
            raise SinkError.from_other_bytes(self.shelf.name(file.path))
        audit(kept, given.as_of, given.order["sort"])
        return file

    def _changes(self, given: Publication, changes: pd.DataFrame) -> ListFile:
        data = changes_bytes(changes, given.ids)
        return self._put(given, f"changes_{given.as_of}", ".parquet", data, len(changes))

    def _put(
        self, given: Publication, stem: str, ending: str, data: bytes, rows: int | None = None
    ) -> ListFile:
        """Write a file under a name that holds its digest, and read it back."""
        digest = hashlib.sha256(data).hexdigest()
        path = f"{_folder(given.as_of)}/{stem}-{digest[:12]}{ending}"
        try:
            self.shelf.put(path, data)
        except SinkError as error:
            error.unsure = False  # only the name of a manifest decides what a reader sees
            raise
        if hashlib.sha256(self._kept(path)).hexdigest() != digest:
            raise SinkError.from_other_bytes(self.shelf.name(path))
        return ListFile(path, digest, len(data), rows)

    def _kept(self, path: str) -> bytes:
        """What the shelf holds of a file that was just written."""
        with one_line(self.shelf.name(path)):
            return self.shelf.get(path)

    def _latest(self) -> ListManifest | None:
        """The list that readers follow; None without one, or where a fault has damaged it."""
        try:
            return ListManifest.parse(self.shelf.get(LATEST), self.shelf.name(LATEST))
        except OSError:
            return None
        except ListError as error:
            if error.newer:
                raise
            return None

    def _sweep(self) -> None:
        """Remove what no manifest names; a folder whose manifest cannot be read stays."""
        with suppress(OSError, ChurnlabError):
            newest = self._latest()
            latest = {f.path for f in newest.files.values()} if newest else set()
            for folder in filter(_DAY.fullmatch, self.shelf.names("")):
                self._sweep_day(folder, latest)
            self.shelf.tidy("", [])

    def _sweep_day(self, folder: str, latest: set[str]) -> None:
        names = self.shelf.names(folder)
        keep = set(latest)
        if MANIFEST in names:
            path = f"{folder}/{MANIFEST}"
            manifest = ListManifest.parse(self.shelf.get(path), self.shelf.name(path))
            keep |= {file.path for file in manifest.files.values()}
        own = filter(_DATA.fullmatch, names)
        self.shelf.tidy(folder, [name for name in own if f"{folder}/{name}" not in keep])


def _night(given: Publication) -> Mapping[str, Any]:
    """The facts of the night, with how many people changed."""
    if given.changes is None:
        return given.night
    return {**given.night, "changes": change_counts(given.changes)}


def _folder(as_of: str) -> str:
    return f"as_of={as_of}"
