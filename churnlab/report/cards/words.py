"""Words and forms of figures that several parts of a card share."""

from __future__ import annotations

import math
from typing import Any

from churnlab.language.sentence import Sentence, Words, sentence

DASH = "–"
PAIRS = sentence("pairs ranked right")
RECENCY = sentence("days since last seen")
LAST = sentence("last seen")
PEOPLE = sentence("people")
LEAVERS = sentence("leavers among them")
EXPECTED = sentence("share expected to leave")
LEFT = sentence("share that left")
INTERVAL = sentence("interval")
BEST = sentence("best simple rule")
FOUND = sentence("leavers found")


def figure(value: Any, spec: str) -> Words:
    """A number by a format specification, a dash where it is missing.

    >>> str(figure(0.256, ".0%")), figure(None, ".0%")
    ('26%', '–')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return DASH
    return Sentence(f"{{value:{spec}}}", {"value": value})


def span(value: Any, low: Any, high: Any, spec: str = ".0%") -> Words:
    """A number and its interval in brackets, a dash where it is missing.

    >>> str(span(0.81, 0.78, 0.84))
    '81% [78%, 84%]'
    """
    if figure(value, spec) == DASH or figure(low, spec) == DASH:
        return figure(value, spec)
    template = f"{{value:{spec}}} [{{low:{spec}}}, {{high:{spec}}}]"
    return Sentence(template, {"value": value, "low": low, "high": high})
