"""The options of a log that say how its text files are written."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from churnlab.errors import ConfigError


def check_text_options(encoding: str | None, names: Sequence[str], separator: str | None) -> None:
    """Raise ConfigError for an unknown encoding, a name given twice, or no usable separator.

    >>> check_text_options("utf-9", (), None)
    Traceback (most recent call last):
    ...
    churnlab.errors.base.ConfigError: encoding is 'utf-9'; give an encoding that Python knows, ...
    """
    if encoding is not None and not _is_of_text(encoding):
        wanted = 'an encoding that Python knows, such as "utf-8", "gb18030", "utf-16" or "latin-1"'
        raise ConfigError.from_type("encoding", encoding, wanted)
    if len({*names}) < len(names) or "" in names:
        twice = sorted({n for n in names if names.count(n) > 1}) or [""]
        raise ConfigError.from_twice("names", map(repr, twice))
    if separator is not None and (not 1 <= len(separator.encode()) <= 4 or separator in '"\r\n'):
        wanted = 'one to four characters that are no quote and no line break, such as ";" or "\\t"'
        raise ConfigError.from_type("separator", separator, wanted)


def _is_of_text(encoding: str) -> bool:
    try:
        "a".encode(encoding).decode(encoding)
        codecs.getincrementaldecoder(encoding)
    except (LookupError, UnicodeError, ValueError):
        return False
    return True
