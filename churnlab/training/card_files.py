"""The card of a logged run: read, written in any language, and checked against the run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from churnlab.config.inputs import open_registry, open_tracker
from churnlab.config.tables import Config
from churnlab.language.sentence import Words, sentence
from churnlab.model_registry.tracking import FACTS, Tracker
from churnlab.model_registry.versions import State
from churnlab.report.cards.card import ModelCard
from churnlab.report.cards.check import check_page
from churnlab.report.cards.record import Approval, CardRecord

RECORD = "card.json"
PAGE = "card.html"


@dataclass(frozen=True)
class WrittenCard:
    """The run of a card, and where its page, its Markdown and its record were written."""

    run_id: str
    card_html: Path
    card_markdown: Path
    card_json: Path


def card_of(tracker: Tracker, run_id: str) -> ModelCard:
    """The card of a logged run, from its record.

    Raises ModelError for a run without one, which an earlier churnlab logged.

    >>> from churnlab.demo.example import tracker
    >>> print(card_of(tracker(), tracker().latest()).title)
    Example: who is about to leave
    """
    return ModelCard.of(CardRecord.from_json(tracker.text(run_id, RECORD)))


def write_card(config: Config, run: str | None = None, language: str | None = None) -> WrittenCard:
    """Write the card of a run (None: the newest) into the output folder, in a language.

    Without `language` it is that of the configuration. Where [costs] says what it costs to act,
    money is shown by these costs, else by those of the training. Raises as `card_of`.

    >>> from churnlab.demo.example import trained_config
    >>> write_card(trained_config(), language="zh").card_html.name
    'card.html'
    """
    tracker = open_tracker(config)
    run_id = run or tracker.latest()
    card = ModelCard.of(_as_of_now(config, card_of(tracker, run_id).record, run_id))
    folder = config.path(config.output.folder)
    return WrittenCard(run_id, *card.save(folder, language or config.lang))


def check_card(tracker: Tracker, run_id: str) -> tuple[Words, ...]:
    """How the stored card of a run differs from the run, a sentence each; empty is right.

    The page is compared with the record, number by number, and the record with the metrics and the
    facts of the run.

    >>> from churnlab.demo.example import tracker
    >>> check_card(tracker(), tracker().latest())
    ()
    """
    record = CardRecord.from_json(tracker.text(run_id, RECORD))
    facts = json.loads(tracker.text(run_id, FACTS))
    logged = tracker.metrics(run_id)
    page = check_page(tracker.text(run_id, PAGE), record)
    return (*page, *_unlike_run(record, facts, logged))


def check_written(config: Config, run: str | None = None) -> tuple[Words, ...]:
    """How the stored card of a run, and the one in the output folder if any, differ from the run.

    Raises as `card_of`.
    """
    tracker = open_tracker(config)
    run_id = run or tracker.latest()
    stored = check_card(tracker, run_id)
    path = Path(config.path(config.output.folder)) / PAGE
    if not path.is_file():
        return stored
    record = _as_of_now(config, CardRecord.from_json(tracker.text(run_id, RECORD)), run_id)
    found = check_page(path.read_text("utf-8", errors="replace"), record)
    place = str(path)
    return (*stored, *(sentence("{place}: {found}", place=place, found=words) for words in found))


def _as_of_now(config: Config, record: CardRecord, run_id: str) -> CardRecord:
    """The record with money by the costs of the configuration, and with what was decided."""
    costs = config.costs.costs()
    priced = record if costs is None else record.with_costs(costs)
    version = open_registry(config).of_run(run_id)
    if version is None or version.state in (State.DRAFT, State.PENDING):
        return priced
    why = f"{version.override} ({version.despite})" if version.override else ""
    day = date.fromisoformat(version.at[:10])
    state, by, note = version.state.value, version.by, version.note
    approval = Approval(state=state, by=by, on=day, note=note, override=why)
    due = date.fromisoformat(version.review_due) if version.review_due else None
    return replace(priced, approval=approval, use=replace(priced.use, review=due))


def _unlike_run(
    record: CardRecord, facts: Mapping[str, object], logged: Mapping[str, float]
) -> Iterator[Words]:
    """How a record differs from the facts and the metrics of its run."""
    for name in ("name", "version", "simulated"):
        if getattr(record, name) != facts.get(name):
            yield _unlike(name, getattr(record, name), facts.get(name))
    figures = {
        "churned_predicted_mean": record.told,
        "churned_observed_mean": record.left,
        **record.metrics,
    }
    for name, value in figures.items():
        known = logged.get(name)
        if known is None or not math.isclose(value, known, rel_tol=1e-12, abs_tol=1e-15):
            yield _unlike(name, value, known)


def _unlike(name: str, said: object, logged: object) -> Words:
    return sentence(
        "the record says {said} for {name}, the run {logged}",
        said=str(said),
        name=name,
        logged=str(logged),
    )
