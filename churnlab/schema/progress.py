"""Progress messages of long work."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]


def silent(text: str) -> None:
    """Ignore a progress message."""
