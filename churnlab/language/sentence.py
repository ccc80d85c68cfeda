"""Sentence: a template and its values, put together only when a language is chosen."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from churnlab.errors import ConfigError
from churnlab.language.catalogues import ENGLISH, template_in
from churnlab.language.numbers import shown


@dataclass(frozen=True)
class Sentence:
    """What is said to people: an English template and the values that it names.

    The template is the id under which a catalogue holds its translations. A value may be a number,
    a date, text (a name that is said as it was given) or another Sentence.

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
        """
        try:
            return _Writer(language).vformat(template_in(language, self.template), (), self.values)
        except (KeyError, IndexError, ValueError) as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError.from_sentence(self.template) from error

    def __str__(self) -> str:
        return self.text()


Words: TypeAlias = Sentence | str


def sentence(template: str, /, **values: object) -> Sentence:
    """A Sentence. Templates are extracted from calls of this name, so they are literal text here."""
    return Sentence(template, values)


def in_language(words: Words, language: str = ENGLISH) -> str:
    """A sentence in a language; plain text, such as a name, as it is."""
    return words.text(language) if isinstance(words, Sentence) else words


class _Writer(string.Formatter):
    """Fills a template: numbers and dates as the language writes them, inner sentences too."""

    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: object, format_spec: str) -> str:
        """One value of a template."""
        if isinstance(value, Sentence):
            return value.text(self.language)
        plain = value.item() if isinstance(value, np.generic) else value
        return shown(plain, format_spec, self.language)
