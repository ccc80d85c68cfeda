"""Sentence: a template and its values, put together only when a language is chosen."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from churnlab.errors import ConfigError
from churnlab.language.catalogues import ENGLISH, template_in
from churnlab.language.numbers import shown


@dataclass(frozen=True)
class Column:
    """A value of a sentence that differs from row to row: that of the column with this name.

    Without a row, a sentence shows the name in braces.

    >>> str(sentence("opened {opened:.0f} pushes", opened=Column("push__opened_sum__14d")))
    'opened {push__opened_sum__14d:.0f} pushes'
    """

    name: str

    def __format__(self, spec: str) -> str:
        return f"{{{self.name}:{spec}}}" if spec else f"{{{self.name}}}"


@dataclass(frozen=True)
class Sentence:
    """A sentence for people: an English template and the values that it names.

    The template is the id under which a catalogue holds its translations. A value may be a number,
    a date, text (a name that is said as it was given), a Column or another Sentence.

    >>> opened = sentence("opened {opened:.0f} of {sent:.0f} pushes", opened=1, sent=9)
    >>> str(opened)
    'opened 1 of 9 pushes'
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str = ENGLISH) -> str:
        """The sentence in a language.

        Raises ConfigError for an unknown language, or for a template that names a value which is
        not there or shows it in an unknown format.

        >>> sentence("{share:.0%} of pushes opened", share=0.256).text("en")
        '26% of pushes opened'
        """
        said = []
        for literal, name, spec in parts(template_in(language, self.template)):
            said.append(literal)
            if name is None:
                continue
            if name not in self.values:
                raise ConfigError.from_unknown("name in a sentence", name, self.values)
            said.append(_value(self.values[name], spec, language))
        return "".join(said)

    def __str__(self) -> str:
        return self.text()

    def __hash__(self) -> int:
        return hash(self.template)

    def to_dict(self) -> dict[str, Any]:
        """Template and values as plain JSON values; `from_dict` reads them back.

        >>> sentence("{n:.0f} of {all}", n=Column("a__b__all"), all=7).to_dict()
        {'template': '{n:.0f} of {all}', 'values': {'n': {'column': 'a__b__all'}, 'all': 7}}
        """
        values = {name: _plain(value) for name, value in self.values.items()}
        return {"template": self.template} | ({"values": values} if values else {})

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Sentence:
        """The sentence that `to_dict` wrote down.

        >>> Sentence.from_dict({"template": "{n} days", "values": {"n": 7}}).text()
        '7 days'
        """
        values = {name: _from_plain(v) for name, v in written.get("values", {}).items()}
        return cls(written["template"], values)


Words: TypeAlias = Sentence | str


def sentence(template: str, /, **values: object) -> Sentence:
    """A Sentence. Babel finds templates as the first argument of this call: write a literal there.

    >>> sentence("active on {value:.0f} of {days} days", value=3, days=7).text()
    'active on 3 of 7 days'
    """
    return Sentence(template, values)


def template(text: str) -> str:
    """The same text, marked for Babel as a template that a `sentence(…)` elsewhere is made of.

    >>> template("{value:.0f} acts in {days} days")
    '{value:.0f} acts in {days} days'
    """
    return text


def in_language(words: Words, language: str = ENGLISH) -> str:
    """A sentence in a language; plain text, such as a name, as it is.

    >>> in_language(sentence("{n:,.0f} people", n=1900)), in_language("cdnow")
    ('1,900 people', 'cdnow')
    """
    return words.text(language) if isinstance(words, Sentence) else words


@lru_cache(maxsize=8192)
def parts(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """A template taken apart: text, then the name of the value that follows it and its format.

    The last part may be text alone, with None for the name. Raises ConfigError for a template that
    has anything in braces but a name and a format.

    >>> parts("{value:.0f} acts")
    (('', 'value', '.0f'), (' acts', None, ''))
    """
    try:
        found = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ConfigError.from_sentence(template) from error
    for _, name, spec, conversion in found:
        if name == "" or conversion or "{" in (spec or ""):
            raise ConfigError.from_sentence(template)
    return tuple((literal, name, spec or "") for literal, name, spec, _ in found)


def names_in(template: str) -> tuple[str, ...]:
    """The names of the values of a template, in order.

    >>> names_in("opened {opened:.0f} of {sent:.0f} pushes")
    ('opened', 'sent')
    """
    return tuple(name for _, name, _ in parts(template) if name is not None)


def _plain(value: object) -> object:
    if isinstance(value, Column):
        return {"column": value.name}
    return value.to_dict() if isinstance(value, Sentence) else value


def _from_plain(value: Any) -> object:
    if not isinstance(value, dict):
        return value
    return Column(value["column"]) if "column" in value else Sentence.from_dict(value)


def _value(value: object, spec: str, language: str) -> str:
    if isinstance(value, Sentence):
        return value.text(language)
    return format(value, spec) if isinstance(value, Column) else shown(value, spec, language)
