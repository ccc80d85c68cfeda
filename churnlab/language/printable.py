"""Text of others as one line that a terminal shows and does not obey."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text in one line; signs that do not show are written out, blanks but ' ' too.

    >>> print(printable("two\nlines \x1b[2J"), printable("渠道"))
    two lines \x1b[2J 渠道
    """
    line = " ".join(text.split("\n"))
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
