"""What the results of this room share beside those of retention: a currency, a page, amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.intervals import UNKNOWN
from churnlab.language.catalogues import ENGLISH
from churnlab.language.printable import brief
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report.page import Page
from churnlab.retention.shown import Shown, page
from churnlab.value.acquired import NO_CHANNEL

_LONGEST = 60  # letters of a name; a whole one stands in the frames and in JSON


@dataclass(frozen=True, eq=False, repr=False)
class Found(Shown):
    """Base of the results; `currency` stands before amounts."""

    currency: str

    def text(self, language: str = ENGLISH) -> str:
        """The sentences in a language, a line each."""
        return "\n".join(in_language(words, language) for words in self.sentences())

    def page(self) -> Page:
        """Sentences, picture and tables on one page, which needs no network."""
        return page(self.title, "", [self])


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, JSON-ready: a missing value is None, words are English.

    >>> plain(pd.DataFrame({"n": [1], "share": [float("nan")], "name": ["ads"]}))
    [{'n': 1, 'share': None, 'name': 'ads'}]
    """
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    found = value.item() if isinstance(value, np.generic) else value
    if found is None or found is pd.NaT or (isinstance(found, float) and not np.isfinite(found)):
        return None
    return found if isinstance(found, bool | int | float) else str(found)


def share(value: float) -> Words:
    """A share in percent, with a decimal below a tenth; a dash where it is missing.

    >>> str(share(0.256)), str(share(0.034)), share(float("nan"))
    ('26%', '3.4%', '–')
    """
    if np.isnan(value):
        return UNKNOWN
    if abs(value) < 0.1:
        return sentence("{value:.1%}", value=value)
    return sentence("{value:.0%}", value=value)


def money(value: float, currency: str) -> Words:
    """An amount with its currency; a dash where it is missing.

    >>> str(money(1234.5, "¥")), str(money(-0.5, "€")), money(float("nan"), "¥")
    ('¥1,234', '-€0.50', '–')
    """
    if np.isnan(value):
        return UNKNOWN
    if value < 0:
        return sentence("-{currency}{value:amount}", currency=currency, value=-value)
    return sentence("{currency}{value:amount}", currency=currency, value=value)


def between(value: Words, low: Words, high: Words) -> Words:
    """A figure with the ends of its interval; the figure alone where it is missing.

    >>> str(between(money(5.0, "¥"), money(4.0, "¥"), money(7.0, "¥")))
    '¥5 [¥4, ¥7]'
    """
    if value == UNKNOWN or low == UNKNOWN:
        return value
    return sentence("{value} [{low}, {high}]", value=value, low=low, high=high)


def channel_named(channel: str) -> Words:
    """A channel for people, the end of a long name cut off.

    >>> str(channel_named("ads")), str(channel_named(NO_CHANNEL)), len(channel_named("a" * 200))
    ('ads', 'no channel', 60)
    """
    return sentence("no channel") if channel == NO_CHANNEL else brief(channel, _LONGEST)
