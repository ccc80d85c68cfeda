"""CardRecord: every figure of a model card as plain, typed results, kept with the run as JSON.

Shares are between 0 and 1, money is in the unit of the log, intervals are 95% intervals, and a
figure that could not be measured is NaN or None, in JSON null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from churnlab.errors import ModelError
from churnlab.evaluation.profit import contact_profit
from churnlab.language.sentence import Words
from churnlab.report.plain_data import as_data, from_data
from churnlab.report.sourced import sourced

FORMAT = 1
TOP = 0.05  # the share of people that the large figures are about
BRIEF = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)  # shares that a table shows without the slider


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What is predicted, and for whom: people active in the last `active_within` days.

    `leaving` and `value` are definitions; `value` is "" for a model without value.
    """

    leaving: Words
    horizon: int
    lead: int
    active_within: int | None = None
    value: Words = ""


@dataclass(frozen=True, kw_only=True)
class People:
    """Who judged the model: `rows` of `people` on `lists` days.

    `on_list` and `leaving` are the people and the leavers of a day, on average over the days, and
    `share` is the share that left. `learnt_*` are about the rows that the judged model learnt
    from. `left_out` counts rows that neither taught nor judged it, by reason.
    """

    rows: int
    people: int
    lists: int
    first: date
    last: date
    on_list: float
    leaving: float
    share: float
    learnt_rows: int
    learnt_people: int
    learnt_last: date
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What acting costs: a contact, an offer that is taken, the value of a person who is kept.

    `success` is the share of the contacted leavers that stays. Without `value_kept`, it is the
    median predicted value of those reached.
    """

    contact: float
    offer: float
    success: float
    value_kept: float | None = None


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Contacting a `share` of a list, riskiest first: people, and leavers among them.

    `missed` are the leavers that are not contacted, in whole people, so that both add up. `random`,
    `recency` and `best` are leavers reached by contacting as many at random, by days since last
    seen, by the best baseline. `value` is the median predicted value of those reached. In money:
    `cost` of contacts and offers, `kept` people, `gain` the value kept minus the cost.
    """

    share: float
    people: float
    leavers: float
    found: float
    missed: float
    random: float
    recency: float | None = None
    best: float | None = None
    value: float | None = None
    cost: float | None = None
    kept: float | None = None
    gain: float | None = None

    def priced(self, costs: Costs | None) -> Reach:
        """The same with money; without costs it has none.

        The gain is `evaluation.profit.contact_profit` over the people reached: a leaver who stays
        takes the offer, and so does everybody who would have stayed.
        """
        value = None if costs is None else (costs.value_kept or self.value)
        if costs is None or value is None or math.isnan(value):
            return replace(self, cost=None, kept=None, gain=None)
        one = {"gamma": costs.success, "incentive": costs.offer, "contact": costs.contact}
        leaver, stayer = contact_profit(np.array([1.0, 0.0]), value, **one)
        gain = self.leavers * float(leaver) + (self.people - self.leavers) * float(stayer)
        kept = self.leavers * costs.success
        return replace(self, cost=kept * value - gain, kept=kept, gain=gain)


@dataclass(frozen=True, kw_only=True)
class Level:
    """A group of equal risk: the share that was told and the share that left, with its interval.

    `told_of_hundred` and `left_of_hundred` are the same as people of a hundred.
    """

    rows: int
    told: float
    left: float
    low: float = math.nan
    high: float = math.nan
    told_of_hundred: float = math.nan
    left_of_hundred: float = math.nan


@dataclass(frozen=True, kw_only=True)
class Lead:
    """How many of those who leave `days` later are in the riskiest `TOP` of a list of today.

    `found` is by the model, `recency` by days since last seen, `best` by the best baseline.
    """

    days: int
    rows: int
    share: float
    found: float
    order: float
    recency: float | None = None
    best: float | None = None


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """People by how lately they were seen: of a pair of one who left and one who stayed, how often
    the model ranks the former higher, beside days since last seen, and the difference."""

    says: Words
    rows: int
    people: int
    part: float
    left: float
    order: float
    low: float
    high: float
    recency: float | None = None
    ahead: float | None = None
    ahead_low: float | None = None
    ahead_high: float | None = None
    note: Words = ""


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Why people leave: a theme, its part of the push on the risk, examples by language."""

    says: Words
    part: float
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group of people: the share that was told, the share that left, and the order as in
    Stratum."""

    grouping: Words
    group: Words
    rows: int
    people: int
    told: float
    left: float
    order: float
    low: float
    high: float
    note: Words = ""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A group for which the model works worse than for the others, beyond chance (Holm).

    `kind` is "order" or "level": `value` is that of the group and `rest` of everybody else. For
    the level they are the share that left and the share that was told.
    """

    grouping: Words
    group: Words
    kind: str
    value: float
    rest: float
    p_value: float


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A metric of the model beside the best baseline; `standing` is ahead, level or behind.

    `ahead` is the model minus the baseline, with its interval. `metric` is the metric's name, and
    `better` says which values are better, as in `metric_table.Metric`.
    """

    label: Words
    says: Words
    metric: str
    better: str
    value: float
    low: float
    high: float
    beside: Words = ""
    beside_value: float | None = None
    ahead: float | None = None
    ahead_low: float | None = None
    ahead_high: float | None = None
    standing: str = ""


@dataclass(frozen=True, kw_only=True)
class Value:
    """How well value is predicted: metrics, and tenths of people by predicted value."""

    figures: tuple[Figure, ...]
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Use:
    """What the model must not be used for, who owns it, and when it is reviewed next.

    `review_days` are those after the training and after each approval, `review` is the day of an
    approved model.
    """

    limits: tuple[Words, ...] = ()
    not_for: tuple[Words, ...] = ()
    owner: str = ""
    review_days: int | None = None
    review: date | None = None


@dataclass(frozen=True, kw_only=True)
class Made:
    """A fact of how the model was made."""

    name: Words
    says: Words


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The approved model on the same rows: `value` of a figure is the challenger's, `beside` the
    champion's, `ahead` the challenger minus the champion, paired. `missing` says why it could not
    be judged on them; then there are no figures."""

    version: str
    rows: int
    figures: tuple[Figure, ...]
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who decided what on which day, the note, and why a refusal was overridden ("" if not)."""

    state: str
    by: str
    on: date
    note: str = ""
    override: str = ""


@dataclass(frozen=True, kw_only=True)
class CardRecord:
    """All that a model card says, from one training.

    `metrics` are the figures that the run logs, by name. `levels` are groups of equal risk,
    `strata` how lately people were seen, `leads` how early leaving is known. `figures` are all
    metrics of churn. `doubts` say why figures are unsure. `currency` is the sign before amounts.

    >>> from churnlab.demo.example import tracker
    >>> record = CardRecord.from_json(tracker().text(tracker().latest(), "card.json"))
    >>> record.people.lists, record.promise.horizon
    (1, 30)
    """

    name: str
    version: str
    made_on: date
    promise: Promise
    people: People
    reach: tuple[Reach, ...]
    best: Words = ""
    top: float = TOP
    simulated: bool = False
    costs: Costs | None = None
    currency: str = ""
    told: float = math.nan
    left: float = math.nan
    levels: tuple[Level, ...] = ()
    leads: tuple[Lead, ...] = ()
    strata: tuple[Stratum, ...] = ()
    themes: tuple[Theme, ...] = ()
    groups: tuple[Group, ...] = ()
    gaps: tuple[Gap, ...] = ()
    figures: tuple[Figure, ...] = ()
    value: Value | None = None
    use: Use = field(default_factory=Use)
    made: tuple[Made, ...] = ()
    doubts: tuple[Words, ...] = ()
    champion: Champion | None = None
    approval: Approval | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    interval: float = 0.95

    def at(self, share: float) -> Reach:
        """The row of `reach` whose share is nearest."""
        return min(self.reach, key=lambda row: abs(row.share - share))

    def with_costs(self, costs: Costs | None) -> CardRecord:
        """The record with money by other costs; None takes the money away."""
        priced = tuple(row.priced(costs) for row in self.reach)
        return replace(self, costs=costs, reach=priced)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with the number of this format; a missing figure is null."""
        return {"format": FORMAT, **as_data(self)}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> CardRecord:
        """The record that `to_dict` was called on.

        Raises ModelError for another format, and where a fact is missing or of another shape.
        """
        known = dict(given)
        number = known.pop("format", None)
        if number != FORMAT:
            raise ModelError.from_newer_facts(number, FORMAT)
        try:
            return from_data(cls, known)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ModelError.from_unreadable("the record of the card", reason) from error

    @classmethod
    def from_json(cls, text: str) -> CardRecord:
        """The record in the text of card.json."""
        return cls.from_dict(json.loads(text))

    def sourced(self) -> CardRecord:
        """The same record, in which each value knows its path (`report.sourced`)."""
        given = {name: v for name, v in self.to_dict().items() if name != "format"}
        return from_data(CardRecord, sourced(given))
