"""Registry: versions of a model, put forward, approved by a person, rejected, rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from html import escape
from typing import TypeAlias

import pandas as pd

from churnlab.errors import ConfigError, GuardError, ModelError
from churnlab.language.sentence import Words, sentence
from churnlab.model_registry.gate import Candidate
from churnlab.model_registry.tracking import TOGETHER, Tracker
from churnlab.model_registry.version_store import VersionStore
from churnlab.model_registry.versions import (
    CHALLENGER,
    CHAMPION,
    LONGEST_NOTE,
    State,
    Version,
    due_after,
    frame,
    model_name,
    moment,
    person,
    shortened,
)

CARD = "card.html"
REVIEW_DAYS = 90
CardCheck: TypeAlias = Callable[[Tracker, str], Sequence[Words]]


def nothing_more(tracker: Tracker, run_id: str) -> Sequence[Words]:
    """A check of a card that finds nothing, beyond what every approval verifies."""
    return ()


@dataclass(frozen=True)
class _Decision:
    """Who decided, when, and what they say, as it is noted."""

    by: str
    at: str
    note: str

    @classmethod
    def of(cls, by: str, now: object, note: object) -> _Decision:
        """ConfigError for a blank name and for what is no moment."""
        at = moment(now).isoformat(timespec="seconds")
        return cls(person(by), at, shortened(str(note), LONGEST_NOTE))

    @property
    def day(self) -> str:
        """The day of the decision in UTC, like 2026-03-04."""
        return moment(self.at).astimezone(UTC).date().isoformat()

    def tags(self) -> dict[str, str]:
        """The tags by, at and note."""
        return vars(self)


@dataclass(frozen=True)
class Registry:
    """The versions of one registered model in a store of runs.

    The state of a version is PendingReview, Approved, Rejected or Archived, and Draft where nobody
    put it forward. The alias `champion` names the version that scores, `challenger` the newest
    that waits. Who decided, when and why are tags of the version.

    `model` is the model's name, `review_days` the days after which a version must be looked at
    again, `check` gives the differences between a card and its run, in words. Every method raises
    ModelError where the store cannot be reached.

    >>> import churnlab as cl
    >>> from churnlab.demo.example import trained_config  # a small community, trained once
    >>> registry = cl.registry(trained_config())
    >>> registry.versions().set_index("version").loc[1, ["state", "by"]].tolist()
    ['Approved', 'Example']
    """

    tracker: Tracker
    model: str
    review_days: int = REVIEW_DAYS
    check: CardCheck = nothing_more

    def __post_init__(self) -> None:
        if model_name(self.model) != self.model:
            wanted = "a name without quotes and without / : ` % and \\"
            raise ConfigError.from_range("model", self.model, wanted)

    def submit(self, run_id: str) -> Version:
        """Put a run forward as a new version in state PendingReview, and make it the challenger.

        >>> from churnlab.demo.example import tracker
        >>> Registry(tracker(), "second").submit(tracker().latest()).state.value
        'PendingReview'
        """
        model_id = self.tracker.model_ids(run_id).get(TOGETHER)
        if model_id is None:
            raise ModelError.from_nothing_to_put_forward(run_id)
        with self._versions() as versions:
            made = versions.create(run_id, model_id, {"state": State.PENDING})
            versions.note(made, review_due=due_after(made.trained, self.review_days))
            versions.point(CHALLENGER, made)
            return versions.get(made.number)

    def versions(self) -> pd.DataFrame:
        """One row a version, the newest first: state, aliases, who decided what and when, why.

        >>> from churnlab.demo.example import tracker
        >>> Registry(tracker(), "nobody").versions().empty
        True
        """
        return frame(self.all())

    def all(self) -> list[Version]:
        """Every version, the newest first.

        >>> from churnlab.demo.example import tracker
        >>> Registry(tracker(), "nobody").all()
        []
        """
        with self._versions() as versions:
            return versions.all()

    def champion(self) -> Version | None:
        """The version that scores; None where none is approved.

        >>> from churnlab.demo.example import tracker
        >>> Registry(tracker(), "nobody").champion() is None
        True
        """
        return _champion(self.all()) if self.tracker.address.holds_runs() else None

    def scoring(self) -> Version:
        """The version that scores; GuardError where none is approved.

        The alias alone, set by MLflow's own tools on a version that nobody approved, is not enough.

        >>> from churnlab.demo.example import tracker
        >>> Registry(tracker(), "other").scoring()
        Traceback (most recent call last):
        ...
        churnlab.errors.guard.GuardError: no version of 'other' is approved, so nothing was ...
        """
        versions = self.all()
        found = _champion(versions)
        if found is None:
            waiting = [v.number for v in versions if v.state in (State.PENDING, State.DRAFT)]
            raise GuardError.from_no_champion(self.model, max(waiting, default=None))
        if found.state != State.APPROVED:
            raise GuardError.from_unsigned(self.model, found.number, found.state.value)
        return found

    def of_run(self, run_id: str) -> Version | None:
        """The newest version of a run; None where it was not put forward.

        >>> from churnlab.demo.example import tracker
        >>> Registry(tracker(), "nobody").of_run("r1") is None
        True
        """
        return next((version for version in self.all() if version.run_id == run_id), None)

    def approve(
        self, version: int | str, *, by: str, now: object, note: str = "", override: str = ""
    ) -> Version:
        """Make a version the champion; the former one is archived.

        `by` is the name of the person who decides, `now` the moment, `note` what they say. Raises
        GuardError for a version whose card is missing, changed or differs from its run, that is
        behind the champion or the best baseline beyond the 95% interval, that was not judged
        beside today's champion, was rejected or archived, or whose review is overdue; unless
        `override` says why. The sha256 of the card is kept with the decision. Of two decisions at
        once one is made whole before the other looks.

        >>> from churnlab.demo.example import tracker
        >>> registry = Registry(tracker(), "third")
        >>> waiting = registry.submit(tracker().latest())
        >>> registry.approve(1, by="Mei", now="2026-03-04", note="read").words().text()
        'version 1 of third, approved by Mei on 2026-03-04, review due 2026-06-02'
        """
        decision, why = _Decision.of(by, now, note), shortened(override, LONGEST_NOTE)
        with self._deciding(decision) as versions:
            found, champion = versions.get(version), versions.with_alias(CHAMPION)
            card, problems = self._card(found)
            candidate = Candidate(found, self.tracker.facts(found.run_id), problems)
            refusals = candidate.refusals(champion, decision.day)
            if refusals and not why:
                raise GuardError.from_refused(self.model, found.number, refusals)
            why = why if refusals else ""
            despite = shortened("; ".join(map(str, refusals)), LONGEST_NOTE)
            versions.note(found, **decision.tags(), card=card, override=why, despite=despite)
            due, before = due_after(decision.day, self.review_days), _before(found, champion)
            versions.note(found, review_due=due, before=before, state=State.APPROVED)
            took_over = sentence("version {number} took over", number=found.number)
            return self._enthroned(versions, found, champion, decision, str(took_over))

    def reject(self, version: int | str, *, by: str, now: object, note: str = "") -> Version:
        """Say that a version must not score, and why; GuardError for the champion.

        >>> from churnlab.demo.example import tracker
        >>> registry = Registry(tracker(), "fourth")
        >>> waiting = registry.submit(tracker().latest())
        >>> registry.reject(1, by="Mei", now="2026-03-04", note="too few people").state.value
        'Rejected'
        """
        decision = _Decision.of(by, now, note)
        with self._deciding(decision) as versions:
            found = versions.get(version)
            if found.is_champion:
                raise GuardError.from_scoring(self.model, found.number)
            versions.note(found, **decision.tags(), state=State.REJECTED)
            if CHALLENGER in found.aliases:
                versions.unpoint(CHALLENGER)
            return versions.get(found.number)

    def rollback(self, *, by: str, now: object, note: str = "") -> Version:
        """Make the champion before the present one the champion again; the present is archived.

        Raises GuardError where no earlier champion is known.

        >>> from churnlab.demo.example import tracker
        >>> Registry(tracker(), "nobody").rollback(by="Mei", now="2026-03-04")
        Traceback (most recent call last):
        ...
        churnlab.errors.guard.GuardError: no earlier champion of 'nobody' is known, so nothing ...
        """
        decision = _Decision.of(by, now, note)
        with self._deciding(decision) as versions:
            champion = versions.with_alias(CHAMPION)
            if champion is None or not champion.before:
                raise GuardError.from_nothing_before(self.model)
            earlier = versions.get(champion.before)
            self.tracker.verify(earlier.run_id)
            versions.note(earlier, state=State.APPROVED)
            why = decision.note or str(sentence("rolled back"))
            return self._enthroned(versions, earlier, champion, decision, why)

    def _enthroned(
        self,
        versions: VersionStore,
        found: Version,
        former: Version | None,
        decision: _Decision,
        why: str,
    ) -> Version:
        """The version after the alias was moved to it; the alias is what counts."""
        versions.point(CHAMPION, found)
        if former is not None and former.number != found.number:
            ended = {"ended_by": decision.by, "ended_at": decision.at, "ended_note": why}
            versions.note(former, **ended, state=State.ARCHIVED)
        if CHALLENGER in found.aliases:
            versions.unpoint(CHALLENGER)
        now = versions.with_alias(CHAMPION)
        if now is None or now.number != found.number:
            there = "none" if now is None else str(now.number)
            raise GuardError.from_overtaken(self.model, found.number, there)
        return now

    def _card(self, found: Version) -> tuple[str, list[Words]]:
        """The sha256 of a version's card ("" without one), and what is wrong with it.

        Raises GuardError where any file of the run was changed: no reason can override that.
        """
        try:
            sums = self.tracker.verify(found.run_id)
        except ModelError as error:
            self.champion()  # where the store is down, this says so instead
            raise GuardError.from_damaged(self.model, found.number, str(error)) from error
        if CARD not in sums:
            return "", [str(ModelError.from_not_of_run(CARD, f"run {found.run_id}", sums))]
        try:
            return sums[CARD], list(self.check(self.tracker, found.run_id))
        except ModelError as error:  # a part of the card is missing, or cannot be read
            return sums[CARD], [str(error)]

    @contextmanager
    def _versions(self) -> Iterator[VersionStore]:
        with self.tracker.reach.open() as store:
            yield VersionStore(store, self.model)

    @contextmanager
    def _deciding(self, decision: _Decision) -> Iterator[VersionStore]:
        now = moment(decision.at)
        with self._versions() as versions, versions.alone(self.tracker.reach, now):
            yield versions

    def _repr_html_(self) -> str:
        table = self.versions()[["version", "state", "aliases", "by", "at", "note", "review_due"]]
        return f"<p>{escape(self.model)}</p>{table.to_html(index=False, escape=True)}"


def _champion(versions: Sequence[Version]) -> Version | None:
    return next((version for version in versions if version.is_champion), None)


def _before(found: Version, champion: Version | None) -> str:
    """The number of the champion before a version, which renewing its own approval leaves."""
    if champion is None:
        return ""
    return found.before if champion.number == found.number else str(champion.number)
