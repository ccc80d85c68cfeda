"""Blocked nights: what the guards said of a list that was not published, kept for `watch`.

`blocked/as_of=2026-03-04.json`, beside the folder `list`, ends with its own sha256. The list stays
as it was; what is kept has figures alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from churnlab.errors import GuardError, ListError, OutputError
from churnlab.nightly.lists.manifest import sealed, unsealed
from churnlab.nightly.lists.shelf import Shelf, shelf_below

BLOCKED = "blocked"
_NAME = re.compile(r"as_of=(\d{4}-\d\d-\d\d)\.json")


@contextmanager
def blocked_kept(folder: str | Path) -> Iterator[None]:
    """Keep the evidence of a GuardError that passes, and let it pass.

    A disk that refuses it is no news beside the guard.
    """
    try:
        yield
    except GuardError as error:
        if error.evidence:
            with suppress(OutputError):
                name = f"as_of={error.evidence['as_of']}.json"
                shelf_below(folder, BLOCKED).put(name, sealed(error.evidence).encode())
        raise


def blocked_days(folder: str | Path) -> list[str]:
    """The days of blocked nights, rising.

    >>> blocked_days("nowhere")
    []
    """
    found = map(_NAME.fullmatch, shelf_below(folder, BLOCKED).names(""))
    return sorted(each[1] for each in found if each)


def blocked_night(folder: str | Path, as_of: str) -> Mapping[str, Any]:
    """The evidence of a blocked night: as_of, guards and night, as in a manifest.

    Raises ListError for what was changed.
    """
    shelf: Shelf = shelf_below(folder, BLOCKED)
    name = f"as_of={as_of}.json"
    try:
        return unsealed(shelf.get(name), shelf.name(name))
    except OSError as error:
        raise ListError.from_damaged(shelf.name(name), error.strerror or str(error)) from error
