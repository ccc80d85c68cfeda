"""ModelCard: what a product manager reads before a model may score, rendered from one record."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path

from markupsafe import Markup, escape

from churnlab.events.addresses import local_folder
from churnlab.language.catalogues import ENGLISH, check_language
from churnlab.language.sentence import Sentence, Words, in_language, sentence
from churnlab.report.cards.reasons import TERMS, second_half
from churnlab.report.cards.record import CardRecord
from churnlab.report.cards.sections import first_half
from churnlab.report.document import EMPTY, Section, block_in, escaped, markdown_parts
from churnlab.report.rendering import environment
from churnlab.report.sourced import as_shown, marked
from churnlab.schema.files import write_text

SIMULATED = sentence(
    "Simulated data: these figures show that the method works, not how well it does on real people."
)
NOT_APPROVED = sentence("Nobody has approved this model yet.")


@dataclass(frozen=True, eq=False)
class ModelCard:
    """A model card: one page for someone who knows no statistics, from the record of a run.

    >>> from churnlab.demo.example import tracker
    >>> card = ModelCard.of(CardRecord.from_json(tracker().text(tracker().latest(), "card.json")))
    >>> card.markdown().splitlines()[0]
    '# Example: who is about to leave'
    """

    record: CardRecord

    @classmethod
    def of(cls, record: CardRecord) -> ModelCard:
        """The card of a record."""
        return cls(record.sourced())

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The questions that the card answers, in order."""
        return (*first_half(self.record), *second_half(self.record))

    @property
    def title(self) -> Words:
        """The name of the model and what it is about."""
        return sentence("{name}: who is about to leave", name=self.record.name)

    @property
    def subtitle(self) -> Words:
        """The version and the day up to which there were data."""
        return sentence(
            "Model card · version {version} · made from data before {day}",
            version=self.record.version,
            day=self.record.made_on,
        )

    def banners(self) -> tuple[Words, ...]:
        """What is said above all else: simulated data, who approved it, what was overridden."""
        return (*([SIMULATED] if self.record.simulated else []), *_decision(self.record))

    def html(self, language: str = ENGLISH) -> str:
        """One page of HTML in a language, which needs nothing but itself.

        Raises ConfigError for a language without a catalogue.

        >>> from churnlab.demo.example import tracker
        >>> text = tracker().text(tracker().latest(), "card.json")
        >>> "<script" in ModelCard.of(CardRecord.from_json(text)).html()
        True
        """
        check_language(language)
        page = environment().get_template("card.html.j2")
        return page.render(
            card=self,
            language=language,
            say=partial(marked, language=language),
            plain=partial(_plain, language=language),
            tip=partial(_tip, language=language),
            data=_data,
            empty=EMPTY,
            block_in=block_in,
            script=_script(),
            allowed=_digest(str(_script())),
        )

    def markdown(self, language: str = ENGLISH) -> str:
        """The card in Markdown, in a language; a chart is named only.

        >>> from churnlab.demo.example import tracker
        >>> text = tracker().text(tracker().latest(), "card.json")
        >>> "## What it predicts" in ModelCard.of(CardRecord.from_json(text)).markdown()
        True
        """
        check_language(language)
        title, subtitle, *banners = (
            escaped(in_language(words, language))
            for words in (self.title, self.subtitle, *self.banners())
        )
        head = [f"# {title}", subtitle, *(f"> **{banner}**" for banner in banners)]
        body = (part for s in self.sections for part in markdown_parts(s, 2, language))
        return "\n\n".join([*head, *body]) + "\n"

    def json(self) -> str:
        """The record as JSON, from which the card can be made again in any language.

        >>> from churnlab.demo.example import tracker
        >>> text = tracker().text(tracker().latest(), "card.json")
        >>> ModelCard.of(CardRecord.from_json(text)).json() == text
        True
        """
        written = json.dumps(self.record.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
        return written + "\n"

    def files(self, language: str = ENGLISH) -> dict[str, str]:
        """The texts of card.html, card.md and card.json by name.

        >>> from churnlab.demo.example import tracker
        >>> text = tracker().text(tracker().latest(), "card.json")
        >>> sorted(ModelCard.of(CardRecord.from_json(text)).files())
        ['card.html', 'card.json', 'card.md']
        """
        return {
            "card.html": self.html(language),
            "card.md": self.markdown(language),
            "card.json": self.json(),
        }

    def save(self, folder: str | Path, language: str = ENGLISH) -> tuple[Path, Path, Path]:
        """Write card.html, card.md and card.json, each whole or not at all; returns their paths.

        Raises OutputError when the folder cannot be written, ConfigError for an address.

        >>> import tempfile
        >>> from churnlab.demo.example import tracker
        >>> text = tracker().text(tracker().latest(), "card.json")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     paths = ModelCard.of(CardRecord.from_json(text)).save(folder, "zh")
        >>> [path.name for path in paths]
        ['card.html', 'card.md', 'card.json']
        """
        texts = self.files(language)
        place = local_folder(folder, "the folder of the card")
        html, markdown, record = (write_text(place / n, text) for n, text in texts.items())
        return html, markdown, record

    def _repr_html_(self) -> str:
        style = "width:100%;height:46rem;border:0"
        page = escape(self.html())
        return f'<iframe sandbox="allow-scripts" srcdoc="{page}" style="{style}"></iframe>'


def _decision(record: CardRecord) -> tuple[Words, ...]:
    """Who decided, and why a refusal was overridden."""
    decided = record.approval
    if decided is None:
        return (NOT_APPROVED,)
    template = sentence("Approved by {by} on {on}.", by=decided.by, on=decided.on)
    if decided.state == "Rejected":
        template = sentence("Rejected by {by} on {on}.", by=decided.by, on=decided.on)
    note = [sentence("Note: {note}", note=decided.note)] if decided.note else []
    why = (
        [sentence("Approved against a check. Why: {why}", why=decided.override)]
        if decided.override
        else []
    )
    return (template, *note, *why)


def _plain(words: Words, language: str) -> str:
    """Words without marks, for attributes."""
    return as_shown(in_language(words, language), "", language)


def _tip(words: Words, language: str) -> str:
    """The meaning of a heading that is a term, in a language; "" for others."""
    if not isinstance(words, Sentence):
        return ""
    found = [says for term, says in TERMS if str(term) == words.template]
    return in_language(found[0], language) if found else ""


def _data(rows: object) -> Markup:
    """Data as JSON inside a page."""
    return Markup(json.dumps(rows, allow_nan=False).replace("<", "\\u003c"))  # noqa: S704


@cache
def _script() -> Markup:
    source = environment().loader.get_source(environment(), "card.js")  # type: ignore[union-attr]
    return Markup(source[0])  # noqa: S704


def _digest(script: str) -> str:
    """How a page's policy names the one script that may run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
