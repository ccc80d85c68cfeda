"""The high-value people that were found, their clusters and what these share: words and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.sentence import Words, sentence
from churnlab.report.displays.display import Display
from churnlab.retention.shown import p_words, records
from churnlab.value.displays import LiftsDisplay
from churnlab.value.shown import Found, between, money, share
from churnlab.value.stability import FEWEST, LEVEL, STRENGTH, Chosen
from churnlab.value.traits import LOWER, OTHERS, UPPER

HABITS: Mapping[str, Words] = {
    "cadence__active_share__all": sentence("share of days active"),
    "session__per_active_day__all": sentence("sessions on an active day"),
    "session__minutes_mean__all": sentence("minutes of a session"),
    "session__steps_mean__all": sentence("steps of a session"),
    "social__acts_per_session__91d": sentence("social acts of a session"),
    "push__open_rate__all": sentence("share of pushes opened"),
}
PURCHASES: Mapping[str, Words] = {
    "spend__orders_per_day__all": sentence("orders a day"),
    "spend__order_value_mean__all": sentence("value of an order"),
    "cadence__gap_mean_days__all": sentence("days between active days"),
    "cadence__acts_per_active_day__all": sentence("acts on an active day"),
}
EVERYBODY = "high value"
_EACH = 4
_QUARTERS: Mapping[str, Words] = {
    str(OTHERS): OTHERS,
    UPPER: sentence("in the upper quarter of all"),
    LOWER: sentence("in the lower quarter of all"),
}


@dataclass(frozen=True, eq=False)
class ValueClusters(Found):
    """High-value people at a day, their clusters and what these have in common; see `clusters`.

    | field | meaning |
    |---|---|
    | `day` | the snapshot day: everything is known from the days before it |
    | `people` | eligible people |
    | `top` | the share of them that was asked for |
    | `least` | the lowest value among the high-value people, money |
    | `signals` | the columns that the clusters are made of |
    | `chosen` | how the number of clusters was found (`stability.Chosen`) |
    | `members` | user_id, value and cluster, from 1 on, the largest first |
    | `groups` | group, people, value (mean), share (of all value) |
    | `traits` | as `traits.traits`, for all high-value people and for each cluster |
    """

    day: str
    people: int
    top: float
    least: float
    signals: tuple[str, ...]
    chosen: Chosen
    members: pd.DataFrame
    groups: pd.DataFrame
    traits: pd.DataFrame

    @property
    def k(self) -> int:
        """The number of clusters; 1 where no split is borne out."""
        return self.chosen.k

    @property
    def title(self) -> Words:
        """What was looked at."""
        return sentence("High-value people on {day}", day=self.day)

    def sentences(self) -> tuple[Words, ...]:
        """How much they hold, how many clusters there are and why, and what each has in common."""
        first = self.groups.iloc[0]
        held = sentence(
            "{n:,} of {people:person|people} are worth {least} or more: they hold {share} of all "
            "value.",
            n=int(first["people"]),
            people=self.people,
            least=money(self.least, self.currency),
            share=share(first["share"]),
        )
        return (held, _number(self.chosen, len(self.signals)), *self._in_common())

    def _in_common(self) -> tuple[Words, ...]:
        """Of each group the signal that made it, and its strongest trait beyond chance."""
        often = self.traits[self.traits["lift"] > 1].sort_values("lift", ascending=False)
        said: list[Words] = []
        for group in self.groups["group"]:
            mine = often[often["group"] == group]
            made = mine[mine["p"].isna() & (mine["low"] > 1)]
            said += [_made(group, row) for _, row in made.head(1).iterrows()]
            sure = mine[mine["beyond_chance"]]
            said += [_trait(group, row) for _, row in sure.head(1).iterrows()]
        if not self.traits["beyond_chance"].any():
            said.append(sentence("Nothing that they have in common is beyond chance."))
        return tuple(said)

    def sections(self) -> list[TitledTable]:
        """The groups, what they have in common, and the numbers of clusters that were tried."""
        return [_groups(self), _traits(self), _tried(self.chosen)]

    def displays(self) -> tuple[Display, ...]:
        """The traits that differ most, with their lifts."""
        names = tuple(self.groups["group"])
        kept = more_often(self.traits, names)
        of_words = {name: named(name) for name in {*kept["trait"], *kept["member"]}}
        say = of_words | {name: group_named(name) for name in names}
        return (LiftsDisplay(kept, names, say),)

    def table(self) -> pd.DataFrame:
        """The frame `traits`."""
        return self.traits

    def to_dict(self) -> dict[str, Any]:
        """Everything but the members, JSON-ready."""
        return {
            "day": self.day,
            "people": self.people,
            "high_value": len(self.members),
            "least": self.least,
            "currency": self.currency,
            "clusters": self.k,
            "signals": list(self.signals),
            "tried": records(self.chosen.table),
            "groups": records(self.groups),
            "traits": records(self.traits),
            "sentences": [str(words) for words in self.sentences()],
        }

    def __repr__(self) -> str:
        return f"ValueClusters({len(self.members):,} of {self.people:,} people, k={self.k})"


def _number(chosen: Chosen, signals: int) -> Words:
    """How many clusters there are, and why."""
    if chosen.table.empty:
        return sentence(
            "Whether they fall into clusters was not tried: it takes {least} people and a signal.",
            least=FEWEST,
        )
    if chosen.k == 1:
        return sentence(
            "They are one group: none of the splits in {low} to {high}, over "
            "{signals:signal|signals}, is both found again in other people and tighter than one "
            "group would be.",
            low=int(chosen.table["k"].min()),
            high=int(chosen.table["k"].max()),
            signals=signals,
        )
    row = chosen.table.set_index("k").loc[chosen.k]
    return sentence(
        "They fall into {k} clusters over {signals:signal|signals}: {strength:.0%} of the pairs in "
        "the weakest one are together again in other halves of the people, {least:.0%} or more "
        "being wanted, and they are tighter than one group would be (p {p}).",
        k=chosen.k,
        signals=signals,
        strength=float(row["strength"]),
        least=STRENGTH,
        p=chance(float(row["p"])),
    )


def chance(p: float) -> Words:
    """A p-value for people, after "p".

    >>> str(chance(0.0123)), str(chance(1e-9))
    ('= 0.012', '< 0.001')
    """
    return sentence("= {p:.3f}", p=p) if p >= 0.001 else sentence("< 0.001")


def named(column: str) -> Words:
    """A signal, an attribute or a quarter for people.

    >>> str(named("push__open_rate__all")), named("region")
    ('share of pushes opened', 'region')
    """
    return {**HABITS, **PURCHASES, **_QUARTERS}.get(column, column)


def group_named(group: str) -> Words:
    """A group for people.

    >>> str(group_named("cluster 2"))
    'Cluster 2'
    """
    if group == EVERYBODY:
        return sentence("All high-value people")
    return sentence("Cluster {number}", number=group.rpartition(" ")[2])


def _trait(group: str, row: pd.Series) -> Words:
    """What a group has in common in a sentence."""
    return sentence(
        "{group}: {trait} {member} {lift:.1f} times as often as others "
        "({share:.0%} and {others:.0%}; at least {low:.1f} times).",
        group=group_named(group),
        trait=named(row["trait"]),
        member=named(row["member"]),
        lift=row["lift"],
        share=row["share"],
        others=row["others"],
        low=row["low"],
    )


def _made(group: str, row: pd.Series) -> Words:
    """The signal by which a cluster stands out, which was not tested, in a sentence."""
    return sentence(
        "{group} stands out by {trait} {member}: {share:.0%} of its people, {others:.0%} of "
        "others.",
        group=group_named(group),
        trait=named(row["trait"]),
        member=named(row["member"]),
        share=row["share"],
        others=row["others"],
    )


def _groups(found: ValueClusters) -> TitledTable:
    rows = tuple(
        (
            group_named(row.group),
            sentence("{n:,}", n=row.people),
            money(row.value, found.currency),
            share(row.share),
        )
        for row in found.groups.itertuples()
    )
    head = sentence("group"), sentence("people"), sentence("mean value"), sentence("of all value")
    return TitledTable(sentence("Groups"), Table(head, rows, frozenset({1, 2, 3})))


def _traits(found: ValueClusters) -> TitledTable:
    """For each group what it surely has more often, then what it surely has less often."""
    order = _sure(found.traits, tuple(found.groups["group"]))
    rows = tuple(
        (
            group_named(row.group),
            named(row.trait),
            named(row.member),
            share(row.share),
            share(row.others),
            between(_times(row.lift), _times(row.low), _times(row.high)),
            _tested(row.p, row.beyond_chance),
        )
        for row in order.itertuples()
    )
    head = (
        sentence("group"),
        sentence("trait"),
        sentence("member"),
        sentence("share"),
        sentence("others"),
        sentence("times as often"),
        sentence("beyond chance"),
    )
    after = sentence(
        "Others are all other eligible people. Intervals hold for all traits together; a cluster "
        "is not tested on the signals that made it."
    )
    table = Table(head, rows, frozenset({3, 4, 5}))
    return TitledTable(sentence("What they have in common"), table, after=after)


def strongest(traits: pd.DataFrame) -> pd.DataFrame:
    """The rows of traits, those beyond chance first, and of these the lift farthest from 1.

    >>> rows = pd.DataFrame({"lift": [1.1, 0.2], "beyond_chance": [True, True]})
    >>> strongest(rows)["lift"].tolist()
    [0.2, 1.1]
    """
    far = np.abs(np.log(traits["lift"].to_numpy(np.float64)))
    order = np.lexsort((-far, ~traits["beyond_chance"].to_numpy(bool)))
    return traits.iloc[order]


def _sure(traits: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """For each group up to eight traits that it surely has more often, and four less often.

    The twelve strongest of all where there is none.
    """
    kept = traits[_borne_out(traits)]
    often = kept[(kept["low"] > 1) & (kept["people"] > 0)]
    rarely = kept[(kept["high"] < 1) & (kept["others"] > 0)]
    parts = []
    for name in names:
        mine, less = (part[part["group"] == name].sort_values("lift") for part in (often, rarely))
        parts += [mine.iloc[::-1].head(2 * _EACH), less.head(_EACH)]
    found = pd.concat(parts)
    return strongest(traits).head(3 * _EACH) if found.empty else found


def _borne_out(traits: pd.DataFrame) -> pd.Series:
    """Whether a trait is beyond chance, or was not tested: an interval alone is not enough."""
    return traits["beyond_chance"] | traits["p"].isna()


def more_often(traits: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """For each group in order the four traits that it has most times as often, surely more often.

    The strongest traits of all where no group has such a trait.

    >>> rows = pd.DataFrame({"group": "a", "lift": [0.5, 2.0], "low": [0.4, 1.5],
    ...                      "beyond_chance": True, "p": 0.01})
    >>> more_often(rows, ["a"])["lift"].tolist()
    [2.0]
    """
    sure = traits[_borne_out(traits) & (traits["low"] > 1)]
    kept = [
        sure[sure["group"] == name].sort_values("lift", ascending=False).head(_EACH)
        for name in names
    ]
    found = pd.concat(kept)
    return strongest(traits) if found.empty else found


def _times(value: float) -> Words:
    return sentence("{value:.2f}", value=value)


def _tested(p: float, beyond: bool) -> Words:
    if np.isnan(p):
        return sentence("not tested")
    return sentence("yes") if beyond else sentence("no")


def _tried(chosen: Chosen) -> TitledTable:
    words = {
        "k": sentence("clusters"),
        "strength": sentence("found again"),
        "index": sentence("spread within"),
        "expected": sentence("spread without clusters"),
        "p": sentence("p, corrected"),
        "holds": sentence("holds"),
    }
    shown = chosen.table.assign(
        p=[p_words(p) for p in chosen.table["p"]],
        holds=[sentence("yes") if h else sentence("no") for h in chosen.table["holds"]],
    )
    after = sentence(
        "Found again: prediction strength, at least {least:.0%} is wanted. Spread: the sum of "
        "squares within clusters over that of all; p at most {level:.2f}.",
        least=STRENGTH,
        level=LEVEL,
    )
    title = sentence("Numbers of clusters that were tried")
    table = Table.of(shown, headings=words)
    numbers = frozenset(range(len(words) - 1))
    return TitledTable(title, replace(table, numbers=numbers), after=after)
