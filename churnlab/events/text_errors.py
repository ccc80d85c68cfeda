"""Errors of DuckDB about text files, in one line with the file and the line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from churnlab.errors import FileError, LogError
from churnlab.events.file_system import local_file
from churnlab.events.plain_text import TextFile

_CSV_LINE = re.compile(r"CSV Error on Line: (\d+)")
_CSV_FILE = re.compile(r"^\s*file = (.+)$", re.M)
_WIDTH = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_JSON = re.compile(r'JSON (?:transform error )?in file "([^"]+)".*? in line (\d+): (.*)')


def explained(source: str, error: Exception, names: Mapping[str, str]) -> LogError:
    """The LogError for an error of DuckDB.

    `names` takes the paths that DuckDB read to the names of the files.
    """
    text = str(error)
    found = _JSON.search(text)
    if found is not None:
        return _of_json(names.get(found[1], found[1]), found[1], int(found[2]), found[3])
    file = _CSV_FILE.search(text)
    if file is None:
        return LogError.from_unreadable(source, text.partition("\n")[0] or text)
    return _of_csv(names.get(file[1].strip(), file[1].strip()), text)


def _of_csv(name: str, text: str) -> LogError:
    found = _CSV_LINE.search(text)
    line = int(found[1]) if found else None
    width = _WIDTH.search(text)
    if width is not None:
        reason = f"{width[2]} fields in place of {width[1]}"
        return FileError.from_line(name, line, reason, "correct or drop that line")
    if "not utf-8 encoded" in text or "Invalid unicode" in text:
        return FileError.from_encoding(name, "UTF-8", f"line {line:,}" if line else "some line")
    if "unterminated quote" in text:
        return FileError.from_line(name, line, "a quote does not end", "correct that line")
    if "invalid state" in text:
        reason = "lines end in different ways (\\n and \\r\\n), or a quote stands inside a field"
        return FileError.from_line(name, line, reason, "write the file anew in one way")
    return LogError.from_unreadable(name, text.partition("Possible")[0])


def _of_json(name: str, path: str, line: int, reason: str) -> LogError:
    reason = reason.partition(". ")[0].strip().rstrip(".")
    if "invalid UTF-8" in reason:
        return FileError.from_encoding(name, "UTF-8", f"line {_exact(path, line):,}")
    way = "write one JSON object a line, and correct or drop that line"
    return FileError.from_line(name, _exact(path, line), f"no JSON object ({reason})", way)


def _exact(path: str, line: int) -> int:
    """The number of the bad line.

    DuckDB counts either from 1 or from 2, and without empty lines, so the true one is looked for
    from the line before.
    """
    path = re.sub(r"\[([\[\]*?])\]", r"\1", path)
    begin = max(line - 2, 0)
    lines = islice(_lines(TextFile.of(local_file(path), None)), begin, None)
    bad = (number for number, given in enumerate(lines, begin + 1) if not _is_record(given))
    return next(bad, line)


def _is_record(line: bytes) -> bool:
    """Whether a line is empty or one JSON object of sound text in which no name comes twice."""
    try:
        found = json.loads(line, object_pairs_hook=_once) if line.strip() else {}
        json.dumps(found, ensure_ascii=False).encode()
    except ValueError:
        return False
    return isinstance(found, dict)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _lines(text: TextFile) -> Iterator[bytes]:
    rest = b""
    for block in text.blocks():
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
    yield rest
