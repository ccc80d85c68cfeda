"""The manifest of a published list: which files hold it, and where it came from.

A file that no manifest names does not exist. The text ends with its own sha256, so that no change
of it goes unseen, and nothing in it depends on a clock.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from churnlab.errors import ListError
from churnlab.nightly.lists.contract import SCHEMA_VERSION

LATEST = "latest.json"
MANIFEST = "manifest.json"
FEATURES = "features"
_SEALED = re.compile(rb'(.*),\n "sha256": "([0-9a-f]{64})"\n}\n', re.DOTALL)


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
    before it; empty without one. `night` has the facts of `watching.facts.night_facts`. `left_out`
    counts people who were scored and are not on the list, by what left them out.
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
    night: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def text(self) -> str:
        """The one text of this manifest, which ends with its own sha256."""
        return sealed({"schema_version": self.schema_version, **asdict(self)})

    @classmethod
    def parse(cls, data: bytes, where: str) -> ListManifest:
        """The manifest of a text; `where` names it in errors.

        Raises ListError for a text that is not what was written, or of a newer schema.
        """
        check_version(data, where)
        given = unsealed(data, where)
        try:
            files = {kind: ListFile(**file) for kind, file in given.pop("files").items()}
            tuples = {name: tuple(given[name]) for name in ("notes", "guards")}
            return cls(
                **{k: v for k, v in given.items() if k in _KEYS} | {"files": files, **tuples}
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ListError.from_damaged(where, repr(error)) from error


_KEYS = frozenset(each.name for each in fields(ListManifest))


def check_version(data: bytes, where: str) -> None:
    """Raise ListError, with `newer` set, for a text of a later schema, whatever else it holds.

    >>> check_version(b"no JSON", "a file")
    """
    version = None
    with suppress(ValueError, AttributeError):
        version = json.loads(data).get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ListError.from_newer(where, version, SCHEMA_VERSION)


def sealed(content: Mapping[str, Any]) -> str:
    """The one JSON text of some content, which ends with its own sha256.

    >>> print(sealed({"people": 3}))
    {
     "people": 3,
     "sha256": "..."
    }
    """
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f'{text[:-2]},\n "sha256": "{digest}"\n}}\n'


def unsealed(data: bytes, where: str) -> dict[str, Any]:
    """The content of a text that `sealed` made; `where` names it in errors.

    Raises ListError for a text that is not what was written.

    >>> unsealed(sealed({"people": 3}).encode(), "a file")
    {'people': 3}
    """
    found = _SEALED.fullmatch(data)
    if found is None:
        raise ListError.from_damaged(where, "it does not end with its sha256")
    text, digest = found[1] + b"\n}", found[2].decode()
    if hashlib.sha256(text).hexdigest() != digest:
        raise ListError.from_damaged(where, "its sha256 differs")
    content: dict[str, Any] = json.loads(text)
    return content
