"""Comparison: all that an experiment says, in the order in which it should be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words
from churnlab.schema.views import view
from churnlab.winback.experiments.arms import STAGE, Arms
from churnlab.winback.experiments.balance import Balance, balance_of
from churnlab.winback.experiments.differences import Differences, differences_of
from churnlab.winback.experiments.effects import Effects, effects_of, example_arms


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """All that an experiment says: balance first, then effects, then for whom they differ.

    `effects` are those for everybody, `by_stage` those of each stage (None without stages),
    `differences` the tests over all groupings (None without any). `dropped` counts people who were
    left out, `costs_known` says whether the table has costs.
    """

    balance: Balance
    effects: Effects
    by_stage: Effects | None
    differences: Differences | None
    dropped: Mapping[str, int]
    costs_known: bool

    @property
    def randomised(self) -> bool:
        """Whether the differences are effects of the treatments."""
        return self.effects.randomised

    def words(self) -> tuple[Words, ...]:
        """What was found, a sentence each: effects, harm, groups, and what is unsure."""
        return tuple(view("winback.experiments.saying:sentences")(self))

    def plot(self, ax: Any = None, *, outcome: str | None = None, language: str = ENGLISH) -> Any:
        """Draw the effects by stage, or for everybody without stages, as an EffectsDisplay."""
        shown = self.effects if self.by_stage is None else self.by_stage
        return shown.plot(ax, outcome=outcome, language=language)

    def html(self, language: str = ENGLISH) -> str:
        """Sentences and tables for a page or a cell of a notebook."""
        return str(view("winback.experiments.shown:comparison")(self).html(language))

    def to_dict(self, language: str = ENGLISH) -> dict[str, Any]:
        """Everything as plain values, JSON-ready; `says` are the sentences in a language."""
        return {
            "randomised": self.randomised,
            "says": [str(w) if isinstance(w, str) else w.text(language) for w in self.words()],
            "balance": self.balance.to_dict(),
            **self.effects.to_dict(),
            "by_stage": [] if self.by_stage is None else self.by_stage.to_dict()["effects"],
            "differences": [] if self.differences is None else self.differences.to_dict()["rows"],
            "dropped": dict(self.dropped),
        }

    def __repr__(self) -> str:
        return f"Comparison({self.effects}, {self.balance})"

    def _repr_html_(self) -> str:
        return self.html()


def example() -> Comparison:
    """A comparison of a made-up experiment with 400 people, for examples.

    >>> len(example().words())
    5
    """
    arms = example_arms()
    return comparison_of(arms, balance_of(arms.known, arms.stage, arms.arm, arms.arms))


def comparison_of(experiment: Arms, balance: Balance) -> Comparison:
    """The comparison of an experiment whose balance is known."""
    return Comparison(
        balance,
        effects_of(experiment),
        effects_of(experiment, STAGE) if experiment.stage is not None else None,
        differences_of(experiment, experiment.groupings) if experiment.groupings else None,
        dict(experiment.dropped),
        experiment.costs is not None,
    )
