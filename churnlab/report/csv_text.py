"""CSV that every reader takes apart into the same rows, and that no spreadsheet runs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pandas as pd

_PLAIN = re.compile(r"[A-Za-z0-9](?:[ -~]*[!-~])?")
_SPECIAL = re.compile(r"[\",\x00-\x1f\x7f-\x9f\u2028\u2029]|^\s|\s$|^'")
_STARTS = frozenset("=+-@\u2212")
_FIRST = frozenset("\t\r\n")
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that show nothing


def csv_text(frame: pd.DataFrame, cell: Callable[[str], str] = str) -> str:
    r"""A frame as CSV: a head, a line a row, `\n` between lines, empty where nothing is known.

    `cell` changes each text before it is written. A text is quoted where it holds a comma, a quote
    or anything that a reader could take for the end of a line, so that a row stays a row.

    >>> csv_text(pd.DataFrame({"who": ["ann", "eve\r=1"], "risk": [0.5, None]}))
    'who,risk\nann,0.5\n"eve\r=1",\n'
    """
    columns = [_cells(frame[name], cell) for name in frame.columns]
    head = ",".join(quoted(str(name)) for name in frame.columns)
    return "\n".join([head, *(",".join(row) for row in zip(*columns, strict=True))]) + "\n"


def _cells(column: pd.Series, cell: Callable[[str], str]) -> list[str]:
    there = column.notna().tolist()
    if pd.api.types.is_numeric_dtype(column):
        return [repr(v) if ok else "" for v, ok in zip(column.tolist(), there, strict=True)]
    texts = column.astype(str).tolist()
    return [_text(t, cell) if ok else "" for t, ok in zip(texts, there, strict=True)]


def _text(text: str, cell: Callable[[str], str]) -> str:
    return text if _plain(text) else quoted(cell(text))


def _plain(text: str) -> bool:
    """True for the text that needs nothing: ASCII that begins with a letter or digit, no comma."""
    return _PLAIN.fullmatch(text) is not None and "," not in text and '"' not in text


def quoted(text: str) -> str:
    """A text as a cell of CSV, in quotes where it needs them.

    >>> print(quoted('a "b", c'), quoted("plain"))
    "a ""b"", c" plain
    """
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


def guarded(text: str) -> str:
    """A text with an apostrophe before it if a spreadsheet could take it for a formula.

    That is a text whose first sign that shows, apostrophes left aside, is one of = + - @ in any
    width, or that begins with a tab or the end of a line. `unguarded` gives the text back.

    >>> print(guarded("=1+1"), guarded(" ＝1"), guarded("ann"), guarded("'=1"))
    '=1+1 ' ＝1 ann ''=1
    """
    return f"'{text}" if _is_formula(text) else text


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` gave.

    >>> unguarded(guarded("=1+1")), unguarded("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _is_formula(text: str) -> bool:
    bare = text.lstrip("'")
    if bare[:1] in _FIRST and bare:
        return True
    shown = next((c for c in bare if c != "'" and not _is_blank(c)), "")
    return bool(shown) and unicodedata.normalize("NFKC", shown)[:1] in _STARTS


def _is_blank(char: str) -> bool:
    """True for blanks, control characters, zero-width ones, marks and fillers."""
    return unicodedata.category(char)[0] in "ZCM" or char in _FILLERS
