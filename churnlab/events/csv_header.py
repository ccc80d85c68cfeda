"""The first lines of a CSV file: the names of its columns, and what separates them."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from churnlab.errors import FileError
from churnlab.events.plain_text import TextFile
from churnlab.events.spec import LogSpec

_FIRST = 1 << 20  # bytes in which the first row must end
_SEPARATORS = ",;\t|"
_EXCEL = re.compile(r'^"?sep=(.)"?[\r\n]', re.I)
_BLANK = re.compile(r"^[ \t]*(?:\r\n|\n|\r)")
_VALUE = re.compile(
    r"\s*(?:[+-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?)\s*$", re.I
)


@dataclass(frozen=True)
class Style:
    """How CSV files are written, as the user says it, and the columns that are wanted of them."""

    encoding: str | None = None
    names: tuple[str, ...] = ()
    separator: str | None = None
    wanted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, spec: LogSpec | None) -> Style:
        """The style that the options of a log ask for."""
        if spec is None:
            return cls()
        return cls(spec.encoding, spec.names, spec.separator, frozenset(spec.columns))


@dataclass(frozen=True)
class Header:
    """The columns of a CSV file, the separator, and how many lines stand before the first row.

    `named` says that the first row is a header.
    """

    names: tuple[str, ...]
    separator: str
    skip: int = 0
    named: bool = True


def read_header(text: TextFile, style: Style) -> Header:
    """The header of a file, or the names that the user gave in place of one.

    LogError where the first row does not fit the names that were given, or looks like data where
    a header is expected.
    """
    first = text.text(_FIRST)
    skip, separator = 0, style.separator
    excel = _EXCEL.match(first)
    if excel is not None:
        separator = separator or excel[1]
        skip, first = 1, first[excel.end() - 1 :]
        first = first[2:] if first.startswith("\r\n") else first[1:]
    while blank := _BLANK.match(first):
        skip += 1
        first = first[blank.end() :]
    if not first.strip() and not style.names:
        raise FileError.from_zero_bytes(text.file.name)
    if separator is None:
        separator = _separator(first, style)
    fields = _row(first, separator)
    if style.names:
        _check_names(text.file.name, fields, style)
        return Header(style.names, separator, skip, False)
    if not style.wanted & {*fields} and any(_VALUE.match(f) for f in fields) and style.wanted:
        raise FileError.from_no_header(text.file.name, fields)
    return Header(tuple(fields), separator, skip, True)


def _row(text: str, separator: str) -> list[str]:
    """The fields of the first row; a field in quotes may hold line breaks.

    >>> _row('a,"b,c",d\\n1,2,3', ",")
    ['a', 'b,c', 'd']
    """
    if len(separator) > 1:
        return text.splitlines()[0].split(separator) if text else []
    return next(csv.reader(text.splitlines(keepends=True), delimiter=separator), [])


def _separator(text: str, style: Style) -> str:
    """The separator by which the first row has the wanted columns, else the most fields."""

    def fits(mark: str) -> tuple[int, int]:
        """How well a separator fits: wanted columns found, then the number of fields."""
        fields = _row(text, mark)
        there = len(fields) == len(style.names) if style.names else style.wanted <= {*fields}
        return int(there), len(fields)

    return max(_SEPARATORS, key=fits)


def _check_names(name: str, fields: Sequence[str], style: Style) -> None:
    if not fields:
        return
    plain = [f.strip() for f in fields]
    if plain == [*style.names] or (style.wanted and style.wanted <= {*plain}):
        raise FileError.from_header_given(name)
    trailing = len(fields) == len(style.names) + 1 and not fields[-1]
    if len(fields) != len(style.names) and not trailing:
        raise FileError.from_other_width(name, len(style.names), len(fields))


def distinct(names: Collection[str]) -> bool:
    """Whether no two names are alike but for upper and lower case.

    >>> distinct(["a", "b"]), distinct(["a", "A"])
    (True, False)
    """
    return len({n.lower() for n in names}) == len(names)
