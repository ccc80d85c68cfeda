"""Names that people give to roles, measures and attributes, and the column name of each."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from churnlab.errors import ConfigError

_PLAIN = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_OTHER_LETTERS = re.compile(r"[^A-Za-z0-9]+")
_DIGITS = 10  # hexadecimal, of a sha256: 10,000 names collide with a chance of 1 in 20,000
_LONGEST = 40
_NO_LETTER = "n"


def as_column(name: str) -> str:
    """The column name `[a-z0-9_]+` of any text: the same always, whatever other names there are.

    A name that is such a column name already, without `__` and without `_` at an end, keeps
    itself. Any other becomes its letters a-z and digits (`n` where it has none), and ten digits of
    the sha256 of its UTF-8 bytes. No two spellings are taken for one: capitals, accents and
    normal forms of Unicode all count. Raises ConfigError for a lone surrogate, which is no text.

    >>> as_column("push_sent"), as_column("Push Sent!"), as_column("渠道")
    ('push_sent', 'push_sent_1f3d2f5f72', 'n_c35ffb529d')
    """
    if _PLAIN.fullmatch(name):
        return name
    try:
        digest = hashlib.sha256(name.encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise ConfigError.from_surrogate(name) from error
    letters = _OTHER_LETTERS.sub("_", name).strip("_").lower()
    return f"{letters[:_LONGEST].strip('_') or _NO_LETTER}_{digest[:_DIGITS]}"


def as_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several, as a tuple.

    >>> as_names("open"), as_names(["open", "read"])
    (('open',), ('open', 'read'))
    """
    return (names,) if isinstance(names, str) else tuple(names)


def twins(names: Iterable[str]) -> list[str]:
    """The names whose column name another of the names has too, sorted, each once.

    Two such names are the same name, or one is spelled like the column name of the other.

    >>> twins(["age", "Age", "age"]), twins(["渠道", "n_c35ffb529d"])
    (['age'], ['n_c35ffb529d', '渠道'])
    """
    columns = [(as_column(name), name) for name in names]
    count = Counter(column for column, _ in columns)
    return sorted({name for column, name in columns if count[column] > 1})


def check_distinct(what: str, names: Iterable[str]) -> None:
    """Raise ConfigError for names with the same column name; `what` says what they name."""
    twice = twins(names)
    if twice:
        raise ConfigError.from_twice(what, twice)
