"""A made-up language, in which every sentence of the package differs from English.

    def test_the_card_speaks_another_language(tmp_path, monkeypatch):
        language = install(tmp_path, monkeypatch)          # a code such as "eo"
        said = card.html(language)
        assert not english_left(some_sentence, language)

`install` extracts every template of the package from its code (so a new one is included at once),
writes a made-up translation of each to `<folder>/eo/LC_MESSAGES/churnlab.po` and puts the folder
in the place of the package's catalogues until the test ends.

A translation begins with START, each of its words is spelled backwards and ends with END, and its
`{placeholders}` are as they were: `made_up("opened {n:.0f} pushes")` is `¡denepoŋ {n:.0f} sehsupŋ`.
Numbers and dates are those of Esperanto: 1 234,5 and 26 %. Text that is said as it was given (names
of roles, people, columns) stays as it is.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

import churnlab
from churnlab.language import catalogues
from churnlab.language.messages import extracted
from churnlab.language.sentence import Sentence, parts

LANGUAGE = "eo"
START = "¡"
END = "ŋ"
_PIECES = re.compile(r"(\{\{|\}\}|\{[^{}]*\})|([^\W\d_]+)")


@cache
def templates() -> tuple[str, ...]:
    """Every template in the code of the package, in English."""
    return tuple(m.id for m in extracted(Path(churnlab.__file__).parent) if m.id)


def made_up(template: str) -> str:
    """The made-up translation of a template.

    >>> made_up("opened {n:.0f} pushes")
    '¡denepoŋ {n:.0f} sehsupŋ'
    """
    return START + _PIECES.sub(lambda found: found[1] or found[2][::-1] + END, template)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make the language known to the package until the test ends, and return its code."""
    catalogue = Catalog(locale=LANGUAGE)
    for template in templates():
        catalogue.add(template, made_up(template))
    place = catalogues.catalogue_path(LANGUAGE, folder)
    place.parent.mkdir(parents=True)
    with place.open("wb") as file:
        write_po(file, catalogue)
    monkeypatch.setattr(catalogues, "FOLDER", folder)
    return LANGUAGE


def english_left(said: Sentence, language: str = LANGUAGE) -> list[str]:
    """Templates of a sentence, and of the sentences in it, that have no translation."""
    inner = [v for v in said.values.values() if isinstance(v, Sentence)]
    lost = (
        [] if catalogues.template_in(language, said.template) != said.template else [said.template]
    )
    assert parts(said.template)
    return lost + [one for value in inner for one in english_left(value, language)]
