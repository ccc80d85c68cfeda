"""Chosen: the run that scores, and what its list says of its approval."""

from __future__ import annotations

from dataclasses import dataclass

from churnlab.config.inputs import open_registry, open_tracker
from churnlab.config.tables import Config
from churnlab.language.sentence import Sentence, sentence
from churnlab.model_registry.tracking import TrainedRun
from churnlab.model_registry.versions import Version
from churnlab.schema.days import day_number, day_text

APPROVED = "approved"
NOT_APPROVED = "not approved"
NOT_REQUIRED = "no approval required"


@dataclass(frozen=True)
class Chosen:
    """A run whose models score; `approval` stands in each row of its list, `notes` below it.

    `overdue` counts the days since its review was due, negative before; None where none is due.
    `registered` is the name of the registered model, `approver` who approved it; empty without.
    """

    trained: TrainedRun
    approval: str
    notes: tuple[Sentence, ...]
    overdue: int | None = None
    approver: str = ""
    registered: str = ""

    @property
    def name(self) -> str:
        """The name of the registered model, or of the configuration that trained the run."""
        return self.registered or self.trained.facts.name

    @classmethod
    def of(cls, config: Config, run: str | None, day: int) -> Chosen:
        """The run that may score a list for a day: the champion, or `run` as a trial.

        Where `[approval] required` is false, the newest run. Raises GuardError where no version is
        approved, ModelError where the store or a model cannot be read.
        """
        tracker = open_tracker(config)
        if not config.approval.required:
            note = sentence("no approval is required here: nobody may have looked at this model")
            return cls(tracker.load(run), NOT_REQUIRED, (note,))
        versions = open_registry(config)
        if run is None:
            champion = versions.scoring()
            return cls._approved(tracker.load(champion.run_id), champion, day)
        trained = tracker.load(run)
        current = versions.champion()
        if current is not None and current.run_id == trained.run_id:
            return cls._approved(trained, current, day)
        note = sentence("a trial: run {run} is not approved", run=trained.run_id)
        return cls(trained, NOT_APPROVED, (note,))

    @classmethod
    def _approved(cls, trained: TrainedRun, champion: Version, day: int) -> Chosen:
        due = champion.review_due
        overdue = day - day_number(due) if due else None
        notes = _notes(champion, day_text(day))
        return cls(trained, APPROVED, notes, overdue, champion.by, champion.model)


def _notes(champion: Version, day: str) -> tuple[Sentence, ...]:
    """Who approved a champion, in spite of what, and whether its review is overdue on a day."""
    notes = [champion.words(), *champion.in_spite()]
    if champion.overdue(day):
        notes.append(
            sentence(
                "its review was due on {due}: look at it again and approve it anew",
                due=champion.review_due,
            )
        )
    return tuple(notes)
