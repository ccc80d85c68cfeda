"""Reading a published list: as its manifest says, whole, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab.errors import ListError
from churnlab.nightly.guards.drift import from_bytes
from churnlab.nightly.lists.contract import audit, schema
from churnlab.nightly.lists.formats import FORMATS
from churnlab.nightly.lists.manifest import FEATURES, LATEST, MANIFEST, ListFile, ListManifest
from churnlab.nightly.lists.shelf import Shelf, shelf_of
from churnlab.schema.days import Day, day_number, day_text

TRIES = 20


@dataclass(frozen=True, eq=False)
class PublishedList:
    """A list as it was published: its rows, its manifest, and people by bins of each feature.

    A list of an older schema has the columns of that version.
    """

    frame: pd.DataFrame
    manifest: ListManifest
    features: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def as_of(self) -> str:
        """The day whose morning the list is for, like 2026-03-04."""
        return self.manifest.as_of

    @property
    def model(self) -> Mapping[str, Any]:
        """Which models scored."""
        return self.manifest.model


def read_list(folder: str | Path, as_of: Day | None = None, trial: bool = False) -> PublishedList:
    """The newest list that was published in a folder or at an address; of a day, if one is given.

    With `trial` it is the newest trial, a list of a model that is not approved.

    Every file that the manifest names is read, and must be what was published. While another
    process publishes, this is the old list or the new one. Raises ListError where there is no list,
    a file is missing or changed, or a newer churnlab published it; ConfigError for no day.

    >>> import tempfile
    >>> from churnlab import score
    >>> from churnlab.demo.example import trained_config
    >>> tonight = score(trained_config(), "2026-05-01")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = tonight.write(folder)
    ...     found = read_list(folder)
    >>> found.as_of, len(found.frame) == len(tonight.frame)
    ('2026-05-01', True)
    """
    shelf = shelf_of(folder, trial)
    day = None if as_of is None else day_text(day_number(as_of))
    name = LATEST if day is None else f"as_of={day}/{MANIFEST}"
    seen = None
    for _ in range(TRIES):
        text = _manifest(shelf, name, str(folder), day)
        manifest = ListManifest.parse(text, shelf.name(name))
        try:
            return _read(shelf, manifest)
        except FileNotFoundError as error:
            if text == seen:
                raise ListError.from_damaged(str(error.filename), "it is missing") from error
            seen = text
    raise ListError.from_damaged(shelf.name(name), "its files change faster than they are read")


def _manifest(shelf: Shelf, name: str, folder: str, day: str | None) -> bytes:
    try:
        return shelf.get(name)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ListError.from_none(folder, day) from error
    except OSError as error:
        raise ListError.from_damaged(shelf.name(name), str(error)) from error


def _read(shelf: Shelf, manifest: ListManifest) -> PublishedList:
    """The rows of the first format, after all files were compared with the manifest."""
    data = {kind: _bytes(shelf, file) for kind, file in manifest.files.items()}
    kind = next(kind for kind in manifest.files if kind.removeprefix("list_") in FORMATS)
    where = shelf.name(manifest.files[kind].path)
    form = FORMATS[kind.removeprefix("list_")]
    try:
        table = form.decode(data[kind], schema(manifest.ids, manifest.schema_version))
    except pa.ArrowException as error:
        raise ListError.from_damaged(where, str(error)) from error
    if len(table) != manifest.people:
        raise ListError.from_damaged(where, f"it has {len(table)} rows")
    audit(table, manifest.as_of, manifest.order["sort"], manifest.schema_version)
    counts = from_bytes(data[FEATURES]) if FEATURES in data else {}
    return PublishedList(table.to_pandas(), manifest, counts)


def _bytes(shelf: Shelf, file: ListFile) -> bytes:
    where = shelf.name(file.path)
    try:
        data = shelf.get(file.path)
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, "it is missing", where) from error
    except OSError as error:
        raise ListError.from_damaged(where, str(error)) from error
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise ListError.from_damaged(where, "its sha256 differs")
    return data
