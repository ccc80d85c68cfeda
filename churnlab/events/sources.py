"""Which kind of source a path or an address names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from churnlab.events.addresses import check_files_alone, normal
from churnlab.events.database_source import DatabaseTable
from churnlab.events.databases import check_no_version, open_database
from churnlab.events.files import as_paths, open_files
from churnlab.events.source import Source
from churnlab.events.spec import LogSpec
from churnlab.schema.files import check_path


def open_path(path: str | Path | Sequence[str], spec: LogSpec) -> Source:
    """The files that a path, a pattern or several of them name, or the table of a database."""
    given = as_paths(path)
    for place in given:
        check_path(place)
    paths = [normal(place) for place in given]
    if len(paths) > 1:
        check_files_alone(paths)
        check_no_version(spec.version)
        return open_files(paths, spec)
    memory = f"{max(spec.memory // 2**20, 64)}MB"
    found = open_database(
        paths[0],
        spec.table,
        memory_limit=memory,
        threads=spec.threads,
        version=spec.version,
    )
    return DatabaseTable(found.name, found) if found is not None else open_files(paths, spec)
