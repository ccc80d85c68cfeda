"""Column names from any text."""

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
    """One name or several, as a tuple.

    >>> as_names("open"), as_names(["open", "read"])
    (('open',), ('open', 'read'))
    """
    return (names,) if isinstance(names, str) else tuple(names)


def check_distinct(what: str, names: Iterable[str]) -> None:
    """Raise ConfigError for names that become the same column name; `what` says what they name."""
    plains = [plain(n) for n in names]
    twice = sorted({n for n in plains if plains.count(n) > 1})
    if twice:
        raise ConfigError.from_twice(what, twice)
