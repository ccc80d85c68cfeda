"""Values that stand in errors as examples, without naming a person.

An error is written to the log of a job, and an id of a person must not be: it is shown by its
shape, with `a` for letters and `9` for digits. That says as well what is wrong with its form.
"""

from __future__ import annotations

import re

_MAIL = re.compile(r"[^\s@]@[^\s@]")
_LIKE_A_TIME = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?([T\s].*)?")
# So many digits may be the number of a person, beside letters and alone.
_BESIDE, _ALONE = 5, 9
_LONGEST = 60


def shape(value: object) -> str:
    """The form of a value: `a` for each letter, `9` for each digit; a text in quotes.

    >>> shape("ann.7@example.org"), shape(20417), shape("渠道")
    ("'aaa.9@aaaaaaa.aaa'", '99999', "'aa'")
    """
    form = "".join(map(_mark, str(value)[:_LONGEST]))
    return repr(form) if isinstance(value, str) else form


def shown(value: object) -> str:
    """A value as it stands in an error, a text in quotes; its shape where it could be a person's.

    So it is with an `@` within, as in an address, with five digits or more beside letters, and
    with nine or more that are no time.

    >>> shown("$12.50"), shown("2026-13-01 10:00"), shown("gold")
    ("'$12.50'", "'2026-13-01 10:00'", "'gold'")
    >>> shown("ann@example.org"), shown("u000217"), shown(204170041)
    ("'aaa@aaaaaaa.aaa'", "'a999999'", '999999999')
    """
    text = str(value)
    most = _BESIDE if any(map(str.isalpha, text)) else _ALONE
    several = sum(map(str.isdigit, text)) >= most and not _LIKE_A_TIME.fullmatch(text)
    return shape(value) if several or _MAIL.search(text) else repr(value)


def _mark(letter: str) -> str:
    return "9" if letter.isdigit() else "a" if letter.isalpha() else letter
