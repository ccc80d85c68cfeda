"""What the results of this room share beside those of retention: a currency, a page, amounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
