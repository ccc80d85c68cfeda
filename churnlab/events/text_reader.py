"""Text files read by DuckDB, batch by batch, within the memory and the cores of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa

from churnlab.events.partitions import partition_of
from churnlab.events.plain_text import TextFile
from churnlab.events.source import BATCH
from churnlab.events.spec import LogSpec
from churnlab.events.text_errors import explained
from churnlab.kernels import cores

Connection: TypeAlias = duckdb.DuckDBPyConnection
Relation: TypeAlias = duckdb.DuckDBPyRelation
_LEAST_MEMORY = 512  # MiB, with which DuckDB reads text


def is_packed(name: str) -> bool:
    """Whether the name of a file says that it is compressed.

    >>> is_packed("a.csv.GZ"), is_packed("a.csv")
    (True, False)
    """
    return name.lower().endswith((".gz", ".zst", ".bz2"))


def alike(
    texts: Sequence[TextFile], outside: Sequence[str], ways: Sequence[Any]
) -> Iterator[tuple[tuple[Any, ...], list[TextFile]]]:
    """Neighbouring files that one statement reads, and what they have in common.

    That is the `way` of each, how it is packed, and what its folders say of the columns `outside`.
    A file that has to be copied is read alone.
    """

    def key(pair: tuple[TextFile, Any]) -> tuple[Any, ...]:
        """What files must share to be read together."""
        text, way = pair
        parts = partition_of(text.file.path) if outside else {}
        read = text.packing if text.direct else text.file.name
        return (way, read, *(parts.get(c) for c in outside))

    for common, pairs in groupby(zip(texts, ways, strict=True), key):
        yield common, [text for text, _ in pairs]


@contextmanager
def connected(spec: LogSpec) -> Iterator[Connection]:
    """A connection to DuckDB within the memory and the cores of a log."""
    settings = {
        "autoinstall_known_extensions": False,
        "threads": spec.threads or cores.allowed(),
        "memory_limit": f"{max(spec.memory // 2**20, _LEAST_MEMORY)}MiB",
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        yield connection


def rows_of(
    name: str,
    texts: Sequence[TextFile],
    spec: LogSpec,
    related: Callable[[Connection, list[str], str], Relation],
) -> Iterator[pa.RecordBatch]:
    """The rows of some files; LogError with the file and the line where one cannot be read.

    `related` makes the relation from the paths of the files and the way they are packed.
    """
    with connected(spec) as connection, ExitStack() as stack:
        paths = {stack.enter_context(text.plain()): text.file.name for text in texts}
        try:
            yield from related(connection, [*paths], texts[0].compression).to_arrow_reader(BATCH)
        except (duckdb.Error, OSError, UnicodeError, EOFError, pa.ArrowException) as error:
            raise explained(name, error, paths) from None  # its text quotes lines of the file
