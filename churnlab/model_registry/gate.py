"""The gate: every reason why a version may not become the champion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from churnlab.evaluation.contenders import MODEL, label
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.metric_table import Metric, headline
from churnlab.evaluation.records import frame_from
from churnlab.language.sentence import Words, sentence
from churnlab.model_registry.run_facts import RunFacts
from churnlab.model_registry.versions import CHAMPION, State, Version


@dataclass(frozen=True)
class Candidate:
    """A version that asks to be the champion, its run's facts, and what is wrong with its card."""

    version: Version
    facts: RunFacts
    card: Sequence[Words] = ()

    def refusals(self, champion: Version | None, day: str) -> tuple[Words, ...]:
        """Why it may not be the champion on a day like 2026-03-04; empty where it may.

        `champion` is today's. A version is behind where the whole 95% interval of the paired
        difference, in the headline metric of a target, lies on the wrong side of 0.
        """
        return tuple(
            [
                *self._decided(),
                *self.card,
                *self._behind_baseline(),
                *self._behind_champion(champion),
                *self._overdue(day),
            ]
        )

    def _decided(self) -> Iterator[Words]:
        version = self.version
        if version.state == State.REJECTED:
            yield sentence(
                "{by} rejected it on {day}: {note}",
                by=version.by,
                day=version.at[:10],
                note=version.note,
            )
        if version.state == State.ARCHIVED:
            yield from version.ended()

    def _behind_baseline(self) -> Iterator[Words]:
        for target in self.facts.models:
            if target not in self.facts.evaluations:
                yield sentence("its {target} model was not judged", target=target)
                continue
            table = Evaluation.from_dict(self.facts.evaluations[target]).table
            main = headline(target)
            row = _best_other(table, main)
            if row is not None and _behind(row, main):
                yield sentence(
                    "its {metric} is behind the best baseline, {baseline}: "
                    "the difference is {difference}",
                    metric=main.label,
                    baseline=label(str(row["contender"])),
                    difference=_difference(row),
                )

    def _behind_champion(self, champion: Version | None) -> Iterator[Words]:
        if champion is None or champion.number == self.version.number:
            return
        beside = self.facts.champion
        if beside is None or beside.run_id != champion.run_id:
            yield sentence(
                "it was not judged beside version {number}, which is the champion now",
                number=champion.number,
            )
            return
        if beside.missing:
            yield sentence("it was not judged beside the champion: {why}", why=beside.missing)
        for target, rows in beside.tables.items():
            main = headline(target)
            table = frame_from(rows)
            found = table[(table["contender"] == CHAMPION) & (table["metric"] == main.name)]
            if _behind(found.iloc[0], main):
                yield sentence(
                    "its {metric} is behind the champion, version {number}: "
                    "the difference is {difference}",
                    metric=main.label,
                    number=champion.number,
                    difference=_difference(found.iloc[0]),
                )

    def _overdue(self, day: str) -> Iterator[Words]:
        if self.version.overdue(day):
            yield sentence("its review was due on {due}", due=self.version.review_due)


def _best_other(table: pd.DataFrame, main: Metric) -> pd.Series | None:
    """The row of the best baseline in a metric; None without one."""
    others = table[(table["contender"] != MODEL) & (table["metric"] == main.name)]
    others = others.dropna(subset=["value"])
    return None if others.empty else others.loc[main.best(others["value"])]


def _behind(row: pd.Series, main: Metric) -> bool:
    """Whether the whole interval of the model minus the contender is on the worse side of 0."""
    if main.higher_is_better:
        return bool(row["difference_high"] < 0)
    return bool(row["difference_low"] > 0)


def _difference(row: pd.Series) -> Words:
    return sentence(
        "{by:.3f} [{low:.3f}, {high:.3f}]",
        by=row["difference"],
        low=row["difference_low"],
        high=row["difference_high"],
    )
