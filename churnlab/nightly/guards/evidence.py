"""Evidence: what the guards know of a night, and the list before it, when a list is published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from churnlab.activity.protocol import Activity
from churnlab.config.inputs import known_attributes
from churnlab.config.sections import GuardsTable
from churnlab.features.known_attributes import Misfit
from churnlab.nightly.chosen import Chosen
from churnlab.nightly.guards.drift import feature_guard
from churnlab.nightly.guards.guard import Guard, refuse
from churnlab.nightly.guards.intake import attributes, missing, repeats, set_aside
from churnlab.nightly.guards.model import model_guards
from churnlab.nightly.guards.scores import against_last, against_training, psi_since
from churnlab.nightly.guards.volume import Days
from churnlab.nightly.guards.witness import Witness
from churnlab.nightly.lists.publication import Publication
from churnlab.nightly.lists.read import PublishedList
from churnlab.nightly.watching.facts import night_facts
from churnlab.schema.days import day_number


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was seen while a list was made: the log, its attributes, the model, the limits."""

    seen: Witness
    activity: Activity
    chosen: Chosen
    misfits: tuple[Misfit, ...]
    limits: GuardsTable

    def guards(
        self, listed: np.ndarray, scored: np.ndarray, last: PublishedList | None
    ) -> tuple[Guard, ...]:
        """Every guard of a list after the `last` one.

        `listed` are the risks on it, `scored` those of everybody.
        """
        facts, limits = self.chosen.trained.facts, self.limits
        days = self._days(last)
        found = [
            *model_guards(self.chosen, self.seen.day, limits),
            *days.guards(limits),
            *set_aside(self.activity, days.checked, limits),
            *repeats(self.activity, days.checked, limits),
            *attributes(self.misfits, known_attributes(self.chosen.trained), limits),
            *missing(self.seen.missing_shares, facts, limits),
            *against_training(scored, facts, limits, self._slow(listed, last)),
        ]
        if last is not None:
            found += against_last(listed, _risks(last), last.as_of, limits)
            found += self._features_moved(last)
        return tuple(found)

    def _slow(self, listed: np.ndarray, last: PublishedList | None) -> bool:
        """Whether the scores are like those of the last list, which the same models made."""
        limit = self.limits.psi_last
        if last is None or not limit or last.manifest.run_id != self.chosen.trained.run_id:
            return False
        return psi_since(listed, _risks(last)) <= limit[0]

    def night(
        self, given: Publication, scored: np.ndarray, last: PublishedList | None
    ) -> dict[str, Any]:
        """What the manifest keeps of the night; `scored` are the risks of everybody."""
        base = self.chosen.trained.facts.learnt().means.get("churned")
        missing = self.seen.missing_shares
        return night_facts(given.table, scored, self._days(last), missing, base)

    def _days(self, last: PublishedList | None) -> Days:
        new = 3 if last is None else self.seen.day - day_number(last.as_of)
        return Days(self.seen.by_day, self.activity.start, new)

    def _features_moved(self, last: PublishedList) -> list[Guard]:
        """The guard of single features, where the same models made both lists."""
        if last.manifest.run_id != self.chosen.trained.run_id:
            return []
        seen, limit = self.seen, self.limits.feature_psi
        then = last.features
        return list(feature_guard(seen.feature_counts, then, seen.edges, last.as_of, limit))

    def judged(
        self,
        given: Publication,
        scored: np.ndarray,
        last: PublishedList | None,
        force: str,
        trial: bool,
    ) -> Publication:
        """A publication with its guards; `scored` are the risks of everybody.

        Raises GuardError where a guard blocks it, unless `force` says why it is published anyway,
        or it is a `trial`, which takes the place of no list.
        """
        guards = self.guards(given.table["risk"].to_numpy(), scored, last)
        night, told = self.night(given, scored, last), tuple(g.to_dict() for g in guards)
        if not (force or trial):
            refuse(guards, given.as_of, {"as_of": given.as_of, "guards": told, "night": night})
        counts = self.seen.feature_counts
        words = tuple(guard.says for guard in guards)
        return replace(
            given, guards=told, guard_words=words, forced=force, night=night, features=counts
        )


def _risks(last: PublishedList) -> np.ndarray:
    return last.frame["risk"].to_numpy(np.float64)
