"""A table of a SQLite file, read over ADBC.

SQLite has a type for each cell and none for a column. So the kinds of a column's cells are looked
up first, and all its cells are read as one type that holds them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from churnlab.errors import ConfigError, LogError
from churnlab.events.database_table import Read, SqlTable, driver_text, identifier, reading

MAGIC = b"SQLite format 3\0"
_BATCH_ROWS = 65_536
_WAY = "check that it is a whole SQLite file that this user may read"
_NAMES = "select name from pragma_table_xinfo({}) where hidden <> 1"
_TABLES = "select name from sqlite_master where type in ('table', 'view') order by name"
_WHOLE = {"integer"}
_NUMBERS = {"integer", "real"}
_TYPES = {"integer": pa.int64(), "real": pa.float64(), "text": pa.string(), "blob": pa.binary()}
# The driver takes a column's type from its first rows, so a first row that is left out has them.
_SAMPLES = {"integer": "0", "real": "0.5", "text": "'-'"}


@dataclass(frozen=True, repr=False)
class SqliteTable(SqlTable):
    """A table or view of a SQLite file, opened read-only. Needs `pip install churnlab[sqlite]`.

    Whole numbers come as int64, numbers as float64, texts as text, and a column with texts and
    numbers as text. LogError for a column that holds blobs.
    """

    path: str | Path
    table: str

    @property
    def place(self) -> str:
        """The file, as it was given."""
        return str(self.path)

    def schema(self) -> pa.Schema:
        """Names and Arrow types of all columns, as `batches` gives them."""
        with self._session() as read:
            return pa.schema([(name, _TYPES[k]) for name, k in self._columns(read)[1].items()])

    def span(self, time: str) -> None:
        """None: a time is text or a number, so the table is read whole."""
        return None

    def batches(
        self, columns: Sequence[str], time: str, low: int | None, high: int | None
    ) -> Iterator[pa.RecordBatch]:
        """All rows, streamed; `low` and `high` are not used."""
        with self._session() as read:
            relation, kinds = self._columns(read)
            self._check(kinds, columns=columns)
            for column in columns:
                if kinds[column] == "blob":
                    wanted = "a column of texts and numbers"
                    raise LogError.from_wrong_type(self.name, column, "a blob in some rows", wanted)
            samples = ", ".join(_SAMPLES[kinds[c]] for c in dict.fromkeys(columns))
            names = ", ".join(identifier(c) for c in dict.fromkeys(columns))
            yield from _after_first_row(
                read(
                    f"with churnlab_rows({names}) as (select {samples} union all "
                    f"select {self._selected(columns, kinds)} from {relation}) "
                    f"select {names} from churnlab_rows"
                )
            )

    @contextmanager
    def _session(self) -> Iterator[Read]:
        driver = _driver()
        if not Path(self.path).is_file():
            way = "give the path of a SQLite file that exists"
            raise LogError.from_unreadable(self.name, "no such file", way)
        try:
            with ExitStack() as opened:
                uri = f"file:{quote(str(Path(self.path).resolve()))}?mode=ro"
                connection = opened.enter_context(closing(driver.connect(uri)))
                yield reading(connection, opened, {"adbc.sqlite.query.batch_rows": _BATCH_ROWS})
        except (driver.Error, pa.ArrowException, OSError) as error:
            raise LogError.from_unreadable(self.name, driver_text(error), _WAY) from None

    def _columns(self, read: Read) -> tuple[str, dict[str, str]]:
        return identifier(self.table), self._kinds

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """The type that all cells of each column have in common, looked up once."""
        with self._session() as read:
            tables = read(_TABLES).read_all()["name"].to_pylist()
            if self.table not in tables:
                raise LogError.from_no_table(self.place, self.table, tables)
            names = read(_NAMES.format(_literal(self.table))).read_all()["name"].to_pylist()
            seen = ", ".join(f"group_concat(distinct typeof({identifier(n)}))" for n in names)
            row = read(f"select {seen} from {identifier(self.table)}").read_all()
        return {
            name: _common(set(str(column[0].as_py() or "").split(",")) - {"null", ""})
            for name, column in zip(names, row.columns, strict=True)
        }

    def _value(self, expression: str, kind: str) -> str:
        if kind == "text":  # a number as text has all its digits
            digits = f"printf('%!.17g', {expression})"
            text = f"cast({expression} as text)"
            return f"case when typeof({expression}) = 'real' then {digits} else {text} end"
        return f"cast({expression} as real)" if kind == "real" else expression


def _common(kinds: set[str]) -> str:
    """The type that holds cells of all these kinds.

    >>> _common({"integer", "real"}), _common({"integer", "text"}), _common(set())
    ('real', 'text', 'text')
    """
    if "blob" in kinds:
        return "blob"
    if not kinds or not kinds <= _NUMBERS:
        return "text"
    return "integer" if kinds <= _WHOLE else "real"


def _after_first_row(stream: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The rows but the first; an ArrowException where a text is no UTF-8."""
    first = True
    for batch in stream:
        batch.validate(full=True)
        yield batch.slice(1) if first else batch
        first = False


def _driver() -> Any:
    """The ADBC driver, which the extra `sqlite` installs."""
    try:
        from adbc_driver_sqlite import dbapi
    except ImportError:
        raise ConfigError.from_extra("a SQLite file", "adbc-driver-sqlite", "sqlite") from None
    return dbapi


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def is_sqlite(path: str | Path) -> bool:
    """Whether a file begins as SQLite files do.

    >>> is_sqlite("no such file")
    False
    """
    if not Path(path).is_file():  # a pipe would be waited for
        return False
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False
