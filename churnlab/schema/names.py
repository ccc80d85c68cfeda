"""Names of columns, from any text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from churnlab.errors import ConfigError


def plain(name: str) -> str:
    """A name of `[a-z0-9_]+` for a column, from any text.

    >>> plain("Push Sent!")
    'push_sent'
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"


def as_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def check_distinct(what: str, names: Iterable[str]) -> None:
    """Refuses names that would make the same column."""
    plains = [plain(n) for n in names]
    twice = sorted({n for n in plains if plains.count(n) > 1})
    if twice:
        raise ConfigError.from_twice(what, twice)
