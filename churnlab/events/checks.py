"""The check that a log has enough sound rows."""

from __future__ import annotations

from churnlab.errors import LogError
from churnlab.events.spec import LogSpec


def check_counts(
    source: str, spec: LogSpec, rows: int, ignored: int, bad_ids: int, any_block: bool
) -> None:
    """Raise LogError for a log without events, or with too many rows that have no id.

    `rows` were read; of these `ignored` are ignored events and `bad_ids` have no id.
    """
    if not rows:
        raise LogError.from_empty(source)
    if bad_ids > spec.bad_ids * rows or bad_ids == rows:
        raise LogError.from_no_ids(source, spec.user, bad_ids, rows, spec.bad_ids)
    if not any_block:
        raise LogError.from_all_ignored(source, rows) if ignored else LogError.from_empty(source)
