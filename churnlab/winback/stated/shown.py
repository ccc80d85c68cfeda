"""How stated reasons are shown: sentences and tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, TitledTable, cell
from churnlab.features.themes import THEMES
from churnlab.language.sentence import Words, sentence
from churnlab.report.glance import Glance
from churnlab.winback.experiments.saying import p_words
from churnlab.winback.stated.reasons import FEW, LESS, MORE, UNCLEAR, StatedReasons

_VERDICTS = {
    MORE: sentence("more often, beyond chance"),
    LESS: sentence("less often, beyond chance"),
    UNCLEAR: sentence("could be chance"),
    FEW: sentence("too few people to say"),
}
_LEFT_OUT = {
    "later statements of a person": sentence("later statements of the same person"),
    "no snapshot before": sentence("no snapshot in the days before"),
}


def theme_words(name: str) -> Words:
    """The name of a theme of signals.

    >>> str(theme_words("pushes"))
    'Pushes go unopened'
    """
    return THEMES.get(name, name)


def sentences(found: StatedReasons) -> Iterator[Words]:
    """Which themes go with which statement, what was seen coming, and what was left out."""
    sure = found.frame[found.frame["verdict"].isin([MORE, LESS])]
    for row in sure.sort_values("p_holm", kind="stable").itertuples():
        yield sentence(
            "{code}: “{theme}” had raised the risk of {share:.0%} of those who said so and of "
            "{other:.0%} of the others, {verdict}",
            code=row.code,
            theme=theme_words(str(row.theme)),
            share=row.share,
            other=row.other_share,
            verdict=_VERDICTS[row.verdict],
        )
    if sure.empty:
        yield sentence("No stated reason goes with a theme of the signals beyond chance.")
    for row in found.seen.itertuples():
        yield sentence(
            "{code}: {flagged:,} of {people:,} were among the {usual:.0%} at highest risk before "
            "they said so, {share:.0%} [{low:.0%}, {high:.0%}]",
            code=row.code,
            flagged=row.flagged,
            people=row.people,
            usual=found.usual,
            share=row.share,
            low=row.low,
            high=row.high,
        )
    if found.late_model:
        yield sentence(
            "The model had learnt from days after the first of these statements, so it may have "
            "seen more coming than a model of that time."
        )
    for reason, count in found.dropped.items():
        yield sentence(
            "Left out: {count:,} statements, {reason}.", count=count, reason=_LEFT_OUT[reason]
        )


def glance(found: StatedReasons) -> Glance:
    """Stated reasons as a glance."""
    tables = (
        TitledTable(sentence("What the signals had said"), associations(found)),
        TitledTable(sentence("Seen coming"), seen(found)),
    )
    title = sentence("Stated reasons, and the signals before them")
    return Glance(title, tuple(sentences(found)), tables)


def associations(found: StatedReasons) -> Table:
    """The associations as a table of words, the surest first."""
    order = found.frame.sort_values(["p_holm", "p"], kind="stable")
    rows = [
        (
            row.code,
            theme_words(str(row.theme)),
            cell(row.people),
            sentence("{value:.0%}", value=row.share),
            sentence("{value:.0%}", value=row.other_share),
            _ratio(row.ratio, row.ratio_low, row.ratio_high),
            p_words(row.p_holm),
            _VERDICTS[row.verdict],
        )
        for row in order.itertuples()
    ]
    head: tuple[Words, ...] = (
        sentence("stated reason"),
        sentence("theme"),
        sentence("people"),
        sentence("share pushed"),
        sentence("of others"),
        sentence("ratio [95% interval]"),
        sentence("corrected p"),
        sentence("verdict"),
    )
    return Table(head, tuple(rows), frozenset({2, 3, 4, 5, 6}))


def _ratio(value: float, low: float, high: float) -> Words:
    if np.isnan([value, low, high]).any():
        return UNKNOWN
    return sentence("{value:.2f} [{low:.2f}, {high:.2f}]", value=value, low=low, high=high)


def seen(found: StatedReasons) -> Table:
    """How many of each code were flagged before, as a table of words."""
    rows = [
        (
            row.code,
            cell(row.people),
            cell(row.flagged),
            sentence("{x:.0%} [{low:.0%}, {high:.0%}]", x=row.share, low=row.low, high=row.high),
            sentence("{days:.0f}", days=row.days),
        )
        for row in found.seen.itertuples()
    ]
    head: tuple[Words, ...] = (
        sentence("stated reason"),
        sentence("people"),
        sentence("flagged before"),
        sentence("share [95% interval]"),
        sentence("days before"),
    )
    return Table(head, tuple(rows), frozenset({1, 2, 3, 4}))
