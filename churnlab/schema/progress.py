"""How long work says what it is doing."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]


def silent(text: str) -> None:
    """Says nothing."""
