"""Channels against their cost, as they were found: sentences, tables, a picture."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.sentence import Words, sentence
from churnlab.report.displays.display import Display
from churnlab.retention.shown import records
from churnlab.value.acquired import NO_CHANNEL
from churnlab.value.displays import ChannelsDisplay
from churnlab.value.shown import Found, between, channel_named, money, share

_MOST = 8  # channels that are told in sentences
_COHORTS = 12  # cohorts of the table; all are in the frame and in JSON


@dataclass(frozen=True)
class Check:
    """What the same extrapolation expected at an earlier day, and what came by now.

    `people` are those who had not reached the largest age on `day`; amounts are money.
    """

    day: str
    people: int
    expected: float
    actual: float


@dataclass(frozen=True, eq=False)
class ChannelValue(Found):
    """Value by cohort, channel and age against cost; see `channels`.

    | field | meaning |
    |---|---|
    | `first`, `last` | people count who came on these days or between |
    | `ages`, `every` | ages in days, and the period of a cohort |
    | `known` | the largest age at which everybody's value is known, seen or extrapolated |
    | `people`, `before` | people who count; people who were there before and do not |
    | `outside`, `in_part` | cost outside those days; rows of cost that lay partly outside |
    | `cohorts` | cohort, channel, people, cost, age, value (money a person), low, high, |
    | | extrapolated (share of people whose value is), over_cost (value of all over cost) |
    | `by_channel` | channel, people, cost, paid_for (people of cohorts with a cost), |
    | | cost_per_person; value_A, its low and high, and extrapolated_A for each age A; with low |
    | | and high: payback (days; infinite where the cost is not covered), marginal (value at the |
    | | age `known` that the last unit of the newest budget brought), top_1 and top_10 (share of |
    | | money); budgets (cohorts with one) |
    | `curves` | channel, age, value: mean money so far, of those seen for so long |
    | `check` | the same extrapolation made earlier; None where the log is too short |
    | `missing` | why nothing could be extrapolated for people who have ordered, or "" |
    """

    first: str
    last: str
    ages: tuple[int, ...]
    known: int
    every: str
    people: int
    before: int
    outside: float
    in_part: int
    cohorts: pd.DataFrame
    by_channel: pd.DataFrame
    curves: pd.DataFrame
    check: Check | None
    missing: str

    @property
    def title(self) -> Words:
        """What was looked at."""
        return sentence("Value against cost by channel, {first} to {last}", **self._days())

    def _days(self) -> dict[str, object]:
        return {"first": self.first, "last": self.last}

    def sentences(self) -> tuple[Words, ...]:
        """Who counts, each channel against its cost, and what is unsure."""
        head = sentence(
            "{n:person|people} came by {channels:channel|channels} from {first} to {last}.",
            n=self.people,
            channels=self._channels_with_people(),
            **self._days(),
        )
        rows = self.by_channel.to_dict("records")
        there = [row for row in rows if row["people"]]
        said = [self._channel(row) for row in there[:_MOST]]
        if len(there) > _MOST:
            more = len(there) - _MOST
            said.append(sentence("{n:more channel stands|# more channels stand} below.", n=more))
        return (head, *said, *self._alone(rows), *self._unsure())

    def _channels_with_people(self) -> int:
        """How many channels people came by; those without one came by none."""
        there = self.by_channel["people"] > 0
        return int((there & (self.by_channel["channel"] != NO_CHANNEL)).sum())

    def _channel(self, row: dict[str, Any]) -> Words:
        """A channel in a sentence: its value at the largest known age, its cost and payback."""
        age = self.known
        value = self._interval(row, f"value_{age}")
        if value == UNKNOWN:
            return sentence(
                "{channel}: what a person is worth in {age} days is not yet known.",
                channel=channel_named(row["channel"]),
                age=age,
            )
        known = {"channel": channel_named(row["channel"]), "age": age, "value": value}
        if np.isnan(row["cost_per_person"]):
            return sentence("{channel}: {value} a person in {age} days; no cost is given.", **known)
        if not row["cost_per_person"]:
            return sentence("{channel}: {value} a person in {age} days; it costs nothing.", **known)
        known |= {"cost": money(row["cost_per_person"], self.currency)}
        if np.isinf(row["payback"]):
            return sentence(
                "{channel}: {value} a person in {age} days for {cost}: not paid back so far.",
                **known,
            )
        return sentence(
            "{channel}: {value} a person in {age} days for {cost}: paid back after {days}.",
            days=self._payback(row),
            **known,
        )

    def _alone(self, rows: list[dict[str, Any]]) -> tuple[Words, ...]:
        """Channels with a cost and nobody, people without a channel, costs that are missing."""
        said: list[Words] = []
        for row in rows:
            if not row["people"]:
                said.append(self._nobody(row))
            elif row["channel"] == NO_CHANNEL:
                said.append(
                    sentence("{n:person has|people have} no channel.", n=int(row["people"]))
                )
            elif 0 < row["paid_for"] < row["people"]:
                said.append(
                    sentence(
                        "{channel}: the cost of {n:,} of {people:person|people} is missing; "
                        "they count in no figure of cost.",
                        channel=channel_named(row["channel"]),
                        n=int(row["people"] - row["paid_for"]),
                        people=int(row["people"]),
                    )
                )
        return tuple(said)

    def _nobody(self, row: dict[str, Any]) -> Words:
        channel = channel_named(row["channel"])
        if np.isnan(row["cost"]):
            return sentence("Nobody came by {channel}, and its cost is missing.", channel=channel)
        cost = money(row["cost"], self.currency)
        return sentence("{channel} cost {cost} and nobody came by it.", channel=channel, cost=cost)

    def _unsure(self) -> tuple[Words, ...]:
        said: list[Words] = []
        if self.before:
            said.append(
                sentence(
                    "{n:person|people} were there before {first} and do not count.",
                    n=self.before,
                    first=self.first,
                )
            )
        if self.missing:
            said.append(
                sentence(
                    "Nothing is extrapolated for people who have ordered: {reason}",
                    reason=self.missing,
                )
            )
        elif (self.cohorts["extrapolated"] > 0).any():
            said.append(
                sentence(
                    "Values with * are extrapolated in part: these people have not been there for "
                    "so long. Their intervals hold no error of the models."
                )
            )
        if self.check is not None and not self.missing:
            said.append(
                sentence(
                    "The same extrapolation, made on {day}, expected {expected} of {people:person|"
                    "people} by now, and {actual} came.",
                    day=self.check.day,
                    expected=money(self.check.expected, self.currency),
                    people=self.check.people,
                    actual=money(self.check.actual, self.currency),
                )
            )
        if self.outside > 0:
            said.append(
                sentence(
                    "{cost} of cost lies outside these days and is left out.",
                    cost=money(self.outside, self.currency),
                )
            )
        return tuple(said)

    def _interval(self, row: dict[str, Any], name: str) -> Words:
        ends = [money(float(row[key]), self.currency) for key in (f"{name}_low", f"{name}_high")]
        return between(money(float(row[name]), self.currency), *ends)

    def _payback(self, row: dict[str, Any]) -> Words:
        ends = [days(float(row[key])) for key in ("payback_low", "payback_high")]
        return between(days(float(row["payback"])), *ends)

    def sections(self) -> list[TitledTable]:
        """Cost and payback by channel; value by channel, by cohort and age; shares of the few."""
        return [self._costs(), self._values(), self._cohorts(), self._few()]

    def _costs(self) -> TitledTable:
        """What each channel cost, when it was paid back, and what more of it would bring."""
        head = (
            sentence("channel"),
            sentence("people"),
            sentence("cost"),
            sentence("cost a person"),
            sentence("paid back after"),
            sentence("value of the last unit of cost"),
        )
        rows = tuple(
            (
                channel_named(row["channel"]),
                sentence("{n:,}", n=int(row["people"])),
                money(row["cost"], self.currency),
                money(row["cost_per_person"], self.currency),
                self._payback(row),
                self._interval(row, "marginal"),
            )
            for row in self.by_channel.to_dict("records")
        )
        after = sentence(
            "The last unit: what one more unit of the newest budget brings by {age} days, from "
            "whole periods whose budgets differed; budgets were not drawn by lot, so other things "
            "may have moved with them. In brackets 95% intervals.",
            age=self.known,
        )
        table = Table(head, rows, frozenset(range(1, len(head))))
        return TitledTable(sentence("Channels"), table, after=after)

    def _values(self) -> TitledTable:
        """What a person of each channel is worth after so many days."""
        head = [sentence("channel")]
        head += [sentence("value, {age} days", age=age) for age in self.ages]
        rows = []
        for row in self.by_channel[self.by_channel["people"] > 0].to_dict("records"):
            values = [
                self._marked(self._interval(row, f"value_{a}"), row[f"extrapolated_{a}"])
                for a in self.ages
            ]
            rows.append((channel_named(row["channel"]), *values))
        after = sentence("* extrapolated in part; in brackets 95% intervals, by person.")
        table = Table(tuple(head), tuple(rows), frozenset(range(1, len(head))))
        return TitledTable(sentence("Value of a person"), table, after=after)

    def _marked(self, value: Words, extrapolated: float) -> Words:
        if value == UNKNOWN:
            return sentence("not yet known") if extrapolated > 0 else value
        return sentence("{value} *", value=value) if extrapolated > 0 else value

    def _cohorts(self) -> TitledTable:
        """A row for each cohort and channel: people, cost, value at each age."""
        head = [sentence("cohort"), sentence("channel"), sentence("people"), sentence("cost")]
        head += [sentence("value, {age} days", age=age) for age in self.ages]
        head += [sentence("value over cost")]
        rows = []
        named = sorted(set(self.cohorts["cohort"]))
        shown = self.cohorts[self.cohorts["cohort"].isin(named[-_COHORTS:])]
        for (cohort, channel), part in shown.groupby(["cohort", "channel"], sort=True):
            cells = part.sort_values("age").to_dict("records")
            values = [
                self._marked(money(c["value"], self.currency), c["extrapolated"]) for c in cells
            ]
            over = cells[self.ages.index(self.known)]["over_cost"]
            rows.append(
                (
                    str(cohort),
                    channel_named(str(channel)),
                    sentence("{n:,}", n=int(cells[0]["people"])),
                    money(cells[0]["cost"], self.currency),
                    *values,
                    UNKNOWN if np.isnan(over) else sentence("{value:.2f}", value=over),
                )
            )
        table = Table(tuple(head), tuple(rows), frozenset(range(2, len(head))))
        after = sentence(
            "* extrapolated in part; value over cost is that of all people, after {age} days.",
            age=self.known,
        )
        if len(named) > _COHORTS:
            after = sentence(
                "{what} These are the newest {shown} of {all:cohort|cohorts}.",
                what=after,
                shown=_COHORTS,
                all=len(named),
            )
        return TitledTable(sentence("Cohorts"), table, after=after)

    def _few(self) -> TitledTable:
        """How much of each channel's money the few who spend most hold."""
        rows = []
        for row in self.by_channel[self.by_channel["people"] > 0].to_dict("records"):
            cells = [
                between(*(share(float(row[f"{name}{end}"])) for end in ("", "_low", "_high")))
                for name in ("top_1", "top_10")
            ]
            rows.append((channel_named(row["channel"]), *cells))
        head = sentence("channel"), sentence("of the top 1%"), sentence("of the top 10%")
        table = Table(head, tuple(rows), frozenset({1, 2}))
        return TitledTable(sentence("Share of all money so far"), table)

    def displays(self) -> tuple[Display, ...]:
        """Mean money by age for each channel, with its cost, and the ages extrapolated."""
        return (ChannelsDisplay(self.curves, self.by_channel, self.ages, self.currency),)

    def table(self) -> pd.DataFrame:
        """The frame `by_channel`."""
        return self.by_channel

    def to_dict(self) -> dict[str, Any]:
        """Everything but the curves, JSON-ready; a payback that is not reached is "never"."""
        rows = records(self.by_channel)
        for row, given in zip(rows, self.by_channel.to_dict("records"), strict=True):
            for name in ("payback", "payback_low", "payback_high"):
                row[name] = "never" if np.isinf(given[name]) else row[name]
        names = (
            "first",
            "last",
            "known",
            "every",
            "people",
            "before",
            "outside",
            "in_part",
            "missing",
        )
        return {
            **{name: getattr(self, name) for name in names},
            "currency": self.currency,
            "ages": list(self.ages),
            "by_channel": rows,
            "cohorts": records(self.cohorts),
            "check": None if self.check is None else asdict(self.check),
            "sentences": [str(words) for words in self.sentences()],
        }

    def __repr__(self) -> str:
        channels = self._channels_with_people()
        span = f"{self.first} to {self.last}"
        return f"ChannelValue({self.people:,} people, {channels} channels, {span})"


def days(value: float) -> Words:
    """A payback time for people.

    >>> str(days(14.0)), str(days(float("inf"))), days(float("nan"))
    ('14 days', 'never so far', '–')
    """
    if np.isnan(value):
        return UNKNOWN
    if np.isinf(value):
        return sentence("never so far")
    return sentence("{value:day|days}", value=value)
