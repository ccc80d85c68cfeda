"""Checks of what was left of a log."""

from __future__ import annotations

import pandas as pd  # noqa: F401  (the docstring's example)

from churnlab.errors import LogError
from churnlab.events.spec import LogSpec


def check_counts(
    source: str, spec: LogSpec, rows: int, ignored: int, bad_ids: int, any_block: bool
) -> None:
    """Refuses a log of which nothing is left, or in which too many rows are without an id."""
    if not rows:
        raise LogError.from_empty(source)
    if bad_ids > spec.bad_ids * rows or bad_ids == rows:
        raise LogError.from_no_ids(source, spec.user, bad_ids, rows, spec.bad_ids)
    if not any_block:
        raise LogError.from_all_ignored(source, rows) if ignored else LogError.from_empty(source)
