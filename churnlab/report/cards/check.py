"""A card compared with the record that it was made from: every number, and where it comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from churnlab.language.catalogues import ENGLISH, languages, template_in
from churnlab.language.sentence import Sentence, Words, parts, sentence
from churnlab.report.cards.record import BRIEF, CardRecord
from churnlab.report.sourced import AS_DAY, as_shown, raw, sourced

_DIGITS = re.compile(r"\d+")
_NOT_TEXT = ("head", "style", "script", "svg")
_VOID = ("meta", "link", "input", "br", "hr", "img")
_SHOWN = 60  # characters of a card that a difference cites


def check_page(html: str, record: CardRecord) -> tuple[Words, ...]:
    """How a card in HTML differs from a record, a sentence each; empty where it does not.

    Each number has to stand in a mark that names a fact of the record, with the fact's value, and
    as that value is shown in the language of the page. Charts are drawn from the same record and
    are not read. The large figures and the rows of the slider must be there.

    >>> from churnlab.demo.example import tracker
    >>> from churnlab.report.cards.card import ModelCard
    >>> text = tracker().text(tracker().latest(), "card.json")
    >>> page = ModelCard.of(CardRecord.from_json(text)).html("zh")
    >>> check_page(page, CardRecord.from_json(text))
    ()
    >>> other = page.replace(">60</data>", ">90</data>", 1)
    >>> print(*check_page(other, CardRecord.from_json(text)))
    the card says '90' for promise.active_within, the record 60
    """
    read = _Reader()
    read.feed(html)
    read.close()
    facts = record.to_dict()
    found = [*read.stray, *(d for mark in read.marks for d in _differences(mark, facts, read))]
    named = {mark.path for mark in read.marks}
    missing = (path for path in _needed(record) if path not in named)
    lacking = [sentence("the card does not show the fact {path}", path=path) for path in missing]
    return (*found, *lacking)


def _needed(record: CardRecord) -> Iterator[str]:
    """The facts that a card has to show."""
    yield from ("name", "version", "people.on_list", "people.share", "told", "left", "reach")
    for share in BRIEF:
        place = record.reach.index(record.at(share))
        yield from (f"reach.{place}.people", f"reach.{place}.leavers")


@dataclass
class _Mark:
    """A part of a page that names a fact: its path, what it says, and the text in it."""

    path: str
    tag: str
    value: str = ""
    shown_as: str = ""
    text: str = ""
    own: str = ""


@dataclass
class _Reader(HTMLParser):
    """Reads the marks of a page, and the numbers that stand outside any."""

    marks: list[_Mark] = field(default_factory=list)
    stray: list[Words] = field(default_factory=list)
    language: str = ENGLISH
    open: list[tuple[str, _Mark | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element; one with a fact is a mark."""
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given.get("lang", ENGLISH)
        mark = None
        if "data-fact" in given:
            path, value = given["data-fact"], given.get("value", "")
            mark = _Mark(path, tag, value, given.get("data-as", ""))
            self.marks.append(mark)
        if tag not in _VOID:
            self.open.append((tag, mark))

    def handle_endtag(self, tag: str) -> None:
        """End the innermost open element of that name and all in it."""
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place][0] == tag:
                del self.open[place:]
                return

    def handle_data(self, data: str) -> None:
        """Text: of the innermost mark, or outside any."""
        marks = [mark for _, mark in self.open if mark is not None]
        for mark in marks:
            mark.text += data
        if marks:
            marks[-1].own += data
        elif not any(tag in _NOT_TEXT for tag, _ in self.open) and _DIGITS.search(data):
            text = " ".join(data.split())[:_SHOWN]
            self.stray.append(sentence("a number has no source: '{text}'", text=text))


def _differences(mark: _Mark, facts: Mapping[str, Any], read: _Reader) -> Iterator[Words]:
    """How a mark differs from its fact."""
    try:
        fact = _at(facts, mark.path)
    except (KeyError, IndexError, ValueError, TypeError):
        yield sentence("the record has no fact {path}", path=mark.path)
        return
    if mark.tag == "script":
        yield from _rows(mark, fact)
        return
    if isinstance(fact, Mapping) and "template" in fact:
        yield from _loose(mark, sourced(fact, mark.path), read.language)
        return
    shown = _shown(fact, mark.shown_as, read.language)
    if isinstance(fact, Mapping | list | None) or raw(fact) != mark.value:
        yield _differs(mark.path, mark.value, fact)
    elif mark.text != shown:
        yield _differs(mark.path, mark.text, shown)


def _shown(fact: Any, way: str, language: str) -> str:
    """A fact as a mark should show it."""
    if way == AS_DAY and isinstance(fact, str):
        return as_shown(sourced(fact), "", language)
    return as_shown(fact, way, language)


def _differs(path: str, said: str, fact: object) -> Words:
    return sentence(
        "the card says '{said}' for {path}, the record {fact}",
        said=said[:_SHOWN],
        path=path,
        fact=str(fact)[:_SHOWN],
    )


def _rows(mark: _Mark, fact: Any) -> Iterator[Words]:
    """The data of the slider against the record."""
    try:
        given = json.loads(mark.text)
    except ValueError:
        given = None
    if given != fact:
        yield sentence("the slider has other data than the record has in {path}", path=mark.path)


def _loose(mark: _Mark, said: Sentence, language: str) -> Iterator[Words]:
    """Numbers of a stored sentence that stand neither in its template nor in a mark inside it."""
    templates = {said.template, *(template_in(o, said.template) for o in languages())}
    known = {d for t in templates for text, _, _ in parts(t) for d in _DIGITS.findall(text)}
    for digits in _DIGITS.findall(mark.own):
        if digits not in known:
            yield _differs(mark.path, digits, said.text(language))


def _at(facts: Any, path: str) -> Any:
    """The fact at a path such as reach.4.leavers."""
    for name in path.split("."):
        facts = facts[int(name)] if isinstance(facts, list) else facts[name]
    return facts
