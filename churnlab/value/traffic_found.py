"""Traffic that looks automated, as it was found: sentences, tables, a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.sentence import Words, sentence
from churnlab.report.displays.display import Display
from churnlab.retention.shown import records
from churnlab.value.displays import TrafficDisplay
from churnlab.value.shown import Found, money, share
from churnlab.value.traffic_rules import TrafficRules

WORDS: Mapping[str, Words] = {
    "accounts_per_device": sentence("many accounts on one device"),
    "accounts_per_address": sentence("many accounts on one address"),
    "acts_per_day": sentence("impossibly many acts on a day"),
    "acts_per_minute": sentence("impossibly many acts a minute"),
    "hours_per_day": sentence("hardly an hour without a session"),
    "clockwork": sentence("the same number of acts every day, or equal gaps, like a clock"),
    "no_session": sentence("many acts, each alone: no session"),
    "forest": sentence("unlike anybody else (isolation forest)"),
}
FIGURES: Mapping[str, Words] = {
    "people": sentence("people with acts"),
    "acts": sentence("acts"),
    "sessions": sentence("sessions"),
    "orders": sentence("orders"),
    "money": sentence("money"),
    "rows": sentence("labelled rows"),
    "base_rate": sentence("share that churned"),
    "auc": sentence("AUC of the model"),
}


@dataclass(frozen=True, eq=False)
class Traffic(Found):
    """Accounts that look automated at a day; see `traffic`.

    | field | meaning |
    |---|---|
    | `day` | the day; everything is known from the days before it |
    | `rules` | the thresholds |
    | `unused` | rules that would have flagged too many, with the share of people |
    | `people` | user_id, the signals, `rule_…` for each rule, `score` of the forest, `flagged` |
    | `difference` | figure, everybody, without (the flagged) |
    """

    day: str
    rules: TrafficRules
    unused: Mapping[str, float]
    people: pd.DataFrame
    difference: pd.DataFrame

    @property
    def flagged(self) -> int:
        """How many accounts are flagged, those without an act in the window among them."""
        return int(self.people["flagged"].sum())

    @property
    def idle(self) -> int:
        """How many flagged accounts had no act in the window: a device says it of them."""
        return int((self.people["flagged"] & (self.people["acts"] == 0)).sum())

    @property
    def by_rule(self) -> pd.DataFrame:
        """Of each rule: people flagged by it, and people flagged by no other."""
        hits = self.people.filter(like="rule_").rename(columns=lambda c: c.removeprefix("rule_"))
        several = hits.sum(axis=1)
        rows = [
            (name, getattr(self.rules, name), int(hit.sum()), int((hit & (several == 1)).sum()))
            for name, hit in hits.items()
        ]
        return pd.DataFrame(rows, columns=["rule", "threshold", "people", "alone"])

    @property
    def title(self) -> Words:
        """What was looked at."""
        return sentence("Traffic that looks automated, before {day}", day=self.day)

    def sentences(self) -> tuple[Words, ...]:
        """How many are flagged, for what most of all, and what difference they make."""
        everybody = self._figures()
        people, acts = everybody["people"], everybody["acts"]
        head = sentence(
            "{n:,} of {people:account|accounts} with acts in {days} days look automated "
            "({share}): they make {acts} of all acts.",
            n=self.flagged - self.idle,
            people=int(people[0]),
            days=self.rules.window,
            share=share((self.flagged - self.idle) / max(people[0], 1)),
            acts=share(1 - acts[1] / max(acts[0], 1)),
        )
        rows = self.by_rule.sort_values("people", ascending=False)
        most = [
            sentence("{n:,}: {rule}.", n=row.people, rule=WORDS[str(row.rule)])
            for row in rows.itertuples()
            if row.people
        ]
        return (head, *self._idle(), *most, *self._of_labels(everybody), *self._not_used())

    def _idle(self) -> tuple[Words, ...]:
        if not self.idle:
            return ()
        return (
            sentence(
                "{n:more account|more accounts} without an act in these days, by a device or an "
                "address of many.",
                n=self.idle,
            ),
        )

    def _figures(self) -> dict[str, tuple[float, float]]:
        rows = self.difference.itertuples(index=False)
        return {row.figure: (row.everybody, row.without) for row in rows}

    def _of_labels(self, figures: Mapping[str, tuple[float, float]]) -> tuple[Words, ...]:
        said: list[Words] = []
        if "base_rate" in figures:
            all_, kept = figures["base_rate"]
            said.append(
                sentence(
                    "Without them {kept} churn; with them {all}.",
                    kept=share(kept),
                    all=share(all_),
                )
            )
        if "auc" in figures and np.isfinite(figures["auc"]).all():
            all_, kept = figures["auc"]
            said.append(
                sentence(
                    "The model's AUC is {kept:.3f} without them and {all:.3f} with them.",
                    kept=kept,
                    all=all_,
                )
            )
        return tuple(said)

    def _not_used(self) -> tuple[Words, ...]:
        return tuple(
            sentence(
                'Not used: "{rule}" would flag {share} of all people, so it says something of this '
                "log and not of robots.",
                rule=WORDS[name],
                share=share(part),
            )
            for name, part in self.unused.items()
        )

    def sections(self) -> list[TitledTable]:
        """The rules with their people, and the difference that these make."""
        head = sentence("rule"), sentence("threshold"), sentence("people"), sentence("by it alone")
        rows = tuple(
            (
                WORDS[str(row.rule)],
                sentence("{value:amount}", value=float(row.threshold)),
                sentence("{n:,}", n=row.people),
                sentence("{n:,}", n=row.alone),
            )
            for row in self.by_rule.itertuples()
        )
        by_rule = TitledTable(sentence("Rules"), Table(head, rows, frozenset({1, 2, 3})))
        names = sentence("figure"), sentence("everybody"), sentence("without the flagged")
        body = tuple(
            (
                FIGURES[str(r.figure)],
                self._figure(r.figure, r.everybody),
                self._figure(r.figure, r.without),
            )
            for r in self.difference.itertuples()
        )
        change = Table(names, body, frozenset({1, 2}))
        return [by_rule, TitledTable(sentence("What difference they make"), change)]

    def _figure(self, name: str, value: float) -> Words:
        if np.isnan(value):
            return UNKNOWN
        if name == "base_rate":
            return share(value)
        if name == "auc":
            return sentence("{value:.3f}", value=value)
        return money(value, self.currency if name == "money" else "")

    def displays(self) -> tuple[Display, ...]:
        """Acts a day against minutes of session, the flagged apart from the others."""
        return (TrafficDisplay(self.people),)

    def table(self) -> pd.DataFrame:
        """The frame `difference`."""
        return self.difference

    def to_dict(self) -> dict[str, Any]:
        """Everything, JSON-ready; of the people the flagged alone."""
        flagged = self.people[self.people["flagged"]]
        rules = [c for c in flagged if str(c).startswith("rule_")]
        return {
            "day": self.day,
            "rules": asdict(self.rules),
            "flagged": self.flagged,
            "by_rule": records(self.by_rule),
            "not_used": dict(self.unused),
            "difference": records(self.difference),
            "accounts": [
                {
                    "user_id": str(row["user_id"]),
                    "rules": [r.removeprefix("rule_") for r in rules if row[r]],
                }
                for _, row in flagged.iterrows()
            ],
            "sentences": [str(words) for words in self.sentences()],
        }

    def __repr__(self) -> str:
        return f"Traffic({self.flagged:,} of {len(self.people):,} accounts flagged at {self.day})"
