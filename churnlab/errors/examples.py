"""Values that stand in errors as examples, without naming a person.

An error is written to the log of a job, and an id of a person must not be: it is shown by its
shape, with `a` for letters and `9` for digits. That says as well what is wrong with its form.
"""

from __future__ import annotations

import re

_MAIL = re.compile(r"[^\s@]@[^\s@]")
_LIKE_A_TIME = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?([T\s].*)?")
_DIGITS = 5  # so many in one value may be the number of a person
_LONGEST = 60


def shape(value: object) -> str:
    """The form of a value: `a` for each letter, `9` for each digit, the rest as it is.

    >>> shape("ann.7@example.org"), shape(20417), shape("渠道")
    ('aaa.9@aaaaaaa.aaa', '99999', 'aa')
    """
    text = str(value)[:_LONGEST]
    return "".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in text)


def shown(value: object) -> str:
    """A value as it stands in an error: its shape in quotes where it could be a person's.

    So it is with an `@` within, as in an address, and with five digits or more that are no time.

    >>> shown("$12.50"), shown("2026-13-01 10:00"), shown("gold")
    ("'$12.50'", "'2026-13-01 10:00'", "'gold'")
    >>> shown("ann@example.org"), shown("u000217")
    ("'aaa@aaaaaaa.aaa'", "'a999999'")
    """
    return repr(nobody(value))


def nobody(value: object) -> object:
    """The value, or its shape where it could be a person's.

    >>> nobody(20417), nobody(7)
    ('99999', 7)
    """
    text = str(value)
    several = sum(map(str.isdigit, text)) >= _DIGITS and not _LIKE_A_TIME.fullmatch(text)
    return shape(text) if several or _MAIL.search(text) else value
