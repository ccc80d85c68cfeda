"""RiskList: tonight's list, put together from parts of the people and written whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from churnlab.events.addresses import local_folder
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words
from churnlab.nightly.changes import changes_between
from churnlab.nightly.chosen import NOT_APPROVED
from churnlab.nightly.guards.evidence import Evidence
from churnlab.nightly.lists.last import last_list
from churnlab.nightly.lists.manifest import LATEST
from churnlab.nightly.lists.publication import Publication
from churnlab.nightly.lists.publish import Publisher
from churnlab.nightly.lists.rehearsal import Rehearsal
from churnlab.nightly.lists.shelf import Shelf, shelf_of
from churnlab.nightly.ranking import BY_RISK, Ranked, Ranking
from churnlab.nightly.scoring import COLUMNS, Listing
from churnlab.nightly.summary.page import summary
from churnlab.nightly.summary.words import left_out_words
from churnlab.nightly.watching.blocked import blocked_kept
from churnlab.nightly.written import Written
from churnlab.schema.progress import bar, counted


@dataclass(frozen=True, eq=False)
class RiskList:
    """Tonight's list: one row a person, highest risk first unless [list] says else, ties by id.

    Columns of `frame`: user_id; risk (churn probability); tier, profit, control and treatment, see
    Ranking; stage, see `churnlab.schema.stages`; when (the day, like 2026-03-04, by which
    the person has more likely left than not; empty where the risk is below one half or the person
    is as silent as the churn label asks, so it is always after as_of); ltv (expected spend, missing
    without a value model); value_at_risk (risk times ltv); reason_1 to reason_3; theme (that of the
    first reason); as_of; run_id, model_name and model_version; approval ("approved", "not approved"
    for a trial, "no approval required" where none is asked for); approver.
    `model` has name, version, approval and approver once more. `notes` say who approved the model,
    and which events lie outside the log's observed days. `model_age` counts the days from
    the newest snapshot that the churn model learnt from to the day of the list. `scored` are
    the risks of everybody, of those below the cut too, rising; `left_out` counts those who are not
    on the list by what left them out, and `others` has user_id and stage of those of a stage that
    the list does not ask for. `evidence` is what the guards judge
    when the list is written; without it there are none. `language` is that of the reasons.
    """

    frame: pd.DataFrame
    as_of: str
    run_id: str
    notes: tuple[Words, ...] = ()
    model_age: int | None = None
    ranking: Ranking = BY_RISK
    scored: np.ndarray = field(default_factory=lambda: np.zeros(0))
    evidence: Evidence | None = None
    language: str = ENGLISH
    model: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    others: pd.DataFrame | None = None

    @classmethod
    def of(cls, parts: Iterable[pd.DataFrame], listing: Listing, run_id: str) -> RiskList:
        """Score and explain people a part at a time.

        `parts` are features, [people, features], on (user_id, snapshot); no more than one is kept
        in memory. No part, no row.
        """
        with bar("scoring and explaining people", None) as step:
            listed = [listing(X) for X in counted(parts, step, len)]
        scorer = listing.scorer
        return cls.together(listed, listing.ranking, scorer.as_of, run_id, scorer.model)

    @classmethod
    def together(
        cls,
        listed: Sequence[pd.DataFrame],
        ranking: Ranking,
        as_of: str,
        run_id: str,
        model: Mapping[str, str],
    ) -> RiskList:
        """The list of rows that were scored and explained: ranked and cut. No part, no row."""
        if not listed:
            return cls(pd.DataFrame(columns=list(COLUMNS)), as_of, run_id, model=model)
        ranked = ranking.ranked(listed)
        scored = np.concatenate([part["risk"].to_numpy() for part in listed])
        return cls(
            ranked.frame,
            as_of,
            run_id,
            ranking=ranking,
            scored=np.sort(scored),
            model=model,
            left_out=ranked.left_out,
            others=ranked.others,
        )

    def publication(self) -> Publication:
        """The audited rows, as every sink gets them; raises AuditError where they are no list."""
        model = {**self.model, "age_days": self.model_age}
        words = (*self.notes, *left_out_words(self.left_out, len(self.scored)))
        about = (self.as_of, self.run_id, model, self.ranking.to_dict(), words, self.language)
        return replace(Publication.of(self.frame, *about), left_out=self.left_out)

    def write(self, folder: str | Path, force: str = "", dry_run: bool = False) -> Written:
        """Publish the list in a folder, as Parquet and CSV, whole or not at all.

        A reader follows `list/latest.json`: `churnlab.read_list(folder)` does, and checks every
        file. The same list gives the same bytes. In the CSV a text that a spreadsheet could take
        for a formula gets a leading apostrophe. Raises OutputError when the folder cannot be
        written, ScoringError while another process writes there, AuditError for rows that are no
        list; then an older list is as it was. ConfigError for an address. A trial is published
        below `trial/`, so that it takes the place of no list.

        The guards of [guards] are judged against the last list in the folder. Who entered, left and
        moved since then is written beside the list, and a summary for people to read. Raises
        GuardError where a guard blocks, unless `force` says why it is published anyway; a trial is
        not blocked. A `dry_run` does all of it but the writing, and says where the files would be.
        """
        trial = self.model.get("approval") == NOT_APPROVED
        shelf = shelf_of(local_folder(folder, "the folder of the list"), trial)
        return self.publish(Rehearsal(shelf) if dry_run else shelf, folder, force)

    def publish(self, shelf: Shelf, folder: str | Path, force: str = "") -> Written:
        """Publish the list on the shelf of a folder or an address, as `write` does."""
        trial = self.model.get("approval") == NOT_APPROVED
        dry_run = isinstance(shelf, Rehearsal)
        with shelf.locked(), nullcontext() if dry_run else blocked_kept(folder):
            given = self._judged(folder, force, trial)
            manifest = Publisher(shelf).publish(given)
        files = {kind: shelf.name(file.path) for kind, file in manifest.files.items()}
        return Written(
            self.as_of,
            len(self.frame),
            self.run_id,
            {"list": shelf.name(LATEST), **files},
            (*given.notes, *_warnings(given)),
            self.model_age,
            trial=trial,
            left_out=given.left_out,
            publication=given,
        )

    def _judged(self, folder: str | Path, force: str, trial: bool) -> Publication:
        """The publication with its guards, the changes since the last list, and its summary."""
        given, last = self.publication(), None
        if self.evidence is not None:
            last = last_list(folder, self.as_of, trial)
            given = self.evidence.judged(given, self.scored, last, force, trial)
            if last is not None:
                changes = changes_between(last, self._ranked, self.as_of, self.evidence.seen)
                given = replace(given, changes=changes, compared_with=last.as_of)
        page = summary(given, None if last is None else last.frame)
        return replace(given, summary=page.html(self.language))

    @property
    def _ranked(self) -> Ranked:
        nobody = self.frame[["user_id", "stage"]].head(0)
        others = nobody if self.others is None else self.others
        return Ranked(self.frame, self.left_out, others, bool(self.ranking.stages))


def _warnings(given: Publication) -> list[str]:
    """What the guards that did not pass say."""
    return [f"{guard['name']}: {guard['says']}" for guard in given.guards if not guard["passed"]]
