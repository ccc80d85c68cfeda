"""The manifest of a published list: which files hold it, and where it came from.

A file that no manifest names does not exist. The text ends with its own sha256, so that no change
of it goes unseen, and nothing in it depends on a clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from churnlab.errors import ListError
from churnlab.nightly.contract import SCHEMA_VERSION

LATEST = "latest.json"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class ListFile:
    """A file of a list: its path below the folder of lists, sha256, size in bytes, and rows."""

    path: str
    sha256: str
    bytes: int
    rows: int | None = None


@dataclass(frozen=True)
class ListManifest:
    """A list as it was published.

    `people` counts the rows, `ids` is the type of user_id ("string" or "int64"), `model` says which
    models scored, `order` how rows were ranked, `files` maps kinds such as list_parquet to files,
    `notes` are those of the list. `guards` has each guard with its figure, `forced`
    why the list was published in spite of those that block, `compared_with` the day of the list
    before it; empty without one.
    """

    as_of: str
    run_id: str
    people: int
    ids: str
    model: Mapping[str, Any]
    order: Mapping[str, Any]
    files: Mapping[str, ListFile]
    notes: tuple[str, ...] = field(default=())
    guards: tuple[Mapping[str, Any], ...] = ()
    forced: str = ""
    compared_with: str = ""

    def text(self) -> str:
        """The one text of this manifest, which ends with its own sha256."""
        content = json.dumps(
            {"schema_version": SCHEMA_VERSION, **asdict(self)},
            indent=1,
            ensure_ascii=False,
            allow_nan=False,
        )
        digest = hashlib.sha256(content.encode()).hexdigest()
        return f'{content[:-2]},\n "sha256": "{digest}"\n}}\n'

    @classmethod
    def parse(cls, data: bytes, where: str) -> ListManifest:
        """The manifest of a text; `where` names it in errors.

        Raises ListError for a text that is not what was written, or of a newer schema.
        """
        try:
            given = json.loads(data)
            version = given.pop("schema_version")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ListError.from_damaged(where, f"no manifest ({error})") from error
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise ListError.from_newer(where, version, SCHEMA_VERSION)
        try:
            given.pop("sha256")
            files = {kind: ListFile(**file) for kind, file in given.pop("files").items()}
            tuples = {name: tuple(given[name]) for name in ("notes", "guards")}
            found = cls(**given | {"files": files, **tuples})
            same = found.text().encode() == data
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ListError.from_damaged(where, repr(error)) from error
        if not same:
            raise ListError.from_damaged(where, "its sha256 differs")
        return found
