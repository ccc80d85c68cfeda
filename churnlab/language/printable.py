"""Text of others as one line that a terminal shows and does not obey."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    r"""The text in one line; signs that do not show are written out, blanks but ' ' too.

    >>> print(printable("two\nlines \x1b[2J"), printable("渠道"))
    two lines \x1b[2J 渠道
    """
    line = " ".join(text.split("\n"))
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def brief(text: str, room: int) -> str:
    """Text that fits a room of so many letters, its end cut off; a Chinese sign takes two.

    >>> brief("newsletter", 10), brief("newsletters", 10), brief("微信朋友圈", 8)
    ('newsletter', 'newslette…', '微信朋…')
    """
    widths = [2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text]
    if sum(widths) <= room:
        return text
    kept, used = 0, 1
    while kept < len(text) and used + widths[kept] <= room:
        used += widths[kept]
        kept += 1
    return text[:kept] + "…"
