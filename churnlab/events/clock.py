"""The clock: the one place outside the command line that reads it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC: events after it cannot have happened."""
    return datetime.now(UTC)
