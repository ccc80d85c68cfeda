"""Moves: who went from which stage of life to which between two days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.errors.retention import ShortLogError
from churnlab.evaluation.tables import TitledTable
from churnlab.features.life import ABSENT, ORDER, RECENT, TIERS, WORDS, TierRules
from churnlab.language.sentence import Words, sentence
from churnlab.report.displays.display import Display
from churnlab.retention.at_day import over_groups
from churnlab.retention.shown import Shown, count_words, words_table
from churnlab.retention.stages.displays import MovesDisplay
from churnlab.retention.stages.tiers import check_reach, tiers_of
from churnlab.schema.days import Day, check_count, day_number, day_text, fully_observed


@dataclass(frozen=True, eq=False, repr=False)
class Moves(Shown):
    """Who moved from which tier to which between two days. `moves` makes one.

    `counts` int64[7, 6] are people from each of TIERS, and at the end from those who had not acted
    yet, to each of TIERS.
    """

    day: int
    days: int
    rules: TierRules
    counts: np.ndarray

    def table(self) -> pd.DataFrame:
        """One row for each pair of tiers: from, to, people, share (of those who were in from).

        People who had not acted by the first day are in `from` as "".

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=120, seed=1).log().daily()
        >>> found = moves(activity, "2026-03-15").table()
        >>> len(found), int(found["people"].sum())
        (42, 79)
        """
        rows = []
        for source in (*ORDER, ABSENT):
            row = self.counts[-1 if source == ABSENT else TIERS.index(source)]
            for target in ORDER:
                people = int(row[TIERS.index(target)])
                share = people / row.sum() if row.sum() else np.nan
                rows.append({"from": source, "to": target, "people": people, "share": share})
        return pd.DataFrame(rows)

    @property
    def title(self) -> Words:
        """What the result is."""
        return sentence(
            "Moves between stages of life, {before} to {after}",
            before=day_text(self.day),
            after=day_text(self.day + self.days),
        )

    def sentences(self) -> tuple[Words, ...]:
        """How many of the core stayed, and where most of those who left it went."""
        core = self.table().query("`from` == 'core'").set_index("to")
        people = int(core["people"].sum())
        if not people:
            return (sentence("nobody was core on {day}", day=day_text(self.day)),)
        stayed = sentence(
            "of {people:core person|core people} {stay:.0%} were core {days:day|days} later",
            people=people,
            stay=core.at["core", "share"],
            days=self.days,
        )
        went = core.drop(index="core")
        if not went["people"].sum():
            return (stayed,)
        most = went["people"].idxmax()
        says = sentence(
            "most who left the core became {tier}: {people:,}",
            tier=WORDS[most],
            people=int(went.at[most, "people"]),
        )
        return (stayed, says)

    def sections(self) -> list[TitledTable]:
        """The people by both tiers, as words."""
        columns: dict[str, Words] = {"who": sentence("from, to")}
        columns |= {name: WORDS[name] for name in ORDER}
        wide = self.table().pivot_table(index="from", columns="to", values="people")
        rows = [
            {"who": WORDS[source], **{name: count_words(wide.at[source, name]) for name in ORDER}}
            for source in (*ORDER, ABSENT)
        ]
        return [TitledTable(sentence("People who moved"), words_table(columns, rows))]

    def displays(self) -> tuple[Display, ...]:
        """The moves as flows."""
        return (MovesDisplay(self.table(), day_text(self.day), day_text(self.day + self.days)),)


def moves(
    activity: Activity, day: Day, days: int = RECENT, rules: TierRules | None = None
) -> Moves:
    """How many people moved from which tier to which from a day to `days` later.

    Raises HistoryError where the log has fewer than 56 days before the day, or ends before the
    later one, ConfigError for less than a day, and on Spark.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=80, days=120, seed=1).log().daily()
    >>> print(moves(activity, "2026-03-15"))
    Moves(of 47 core people 83% were core 28 days later)
    """
    number, rules = day_number(day), rules or TierRules()
    check_count("days", days, 1)
    check_reach(activity, number)
    if not fully_observed(number + days, activity.end):
        later, last = day_text(number + days), day_text(activity.end - 1)
        raise ShortLogError.from_move(later, last)
    counts = over_groups(activity, lambda part: _moved(part, number, number + days, rules))
    return Moves(number, days, rules, np.sum(counts, axis=0))


def _moved(part: DailyActivity, day: int, later: int, rules: TierRules) -> np.ndarray:
    """People of a group by both tiers, int64[7, 6]."""
    then, now = tiers_of(part, day, rules), tiers_of(part, later, rules)
    there = now >= 0
    source = np.where(then[there] < 0, len(TIERS), then[there]).astype(np.int64)
    pairs = source * len(TIERS) + now[there]
    counted = np.bincount(pairs, minlength=(len(TIERS) + 1) * len(TIERS))
    return counted.reshape(len(TIERS) + 1, len(TIERS))
