"""Sentences: templates and values, in English and in a made-up language."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from churnlab.errors import ConfigError
from churnlab.language import catalogues
from churnlab.language.sentence import in_language, sentence

TEMPLATE = "opened {opened:.0f} of {sent:,.0f} pushes ({share:.1%})"


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    catalog = Catalog(locale="de")
    catalog.add(TEMPLATE, "{sent:,.0f} Pushes, {opened:.0f} auf ({share:.1%})")
    catalog.add("inner {n:.0f}", "innen {n:.0f}")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "churnlab.po").open("wb") as file:
        write_po(file, catalog)
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    return "de"


def test_a_sentence_in_english_is_its_template() -> None:
    said = sentence(TEMPLATE, opened=1, sent=1900, share=0.256)
    assert str(said) == "opened 1 of 1,900 pushes (25.6%)"


def test_a_sentence_in_another_language(made_up: str) -> None:
    said = sentence(TEMPLATE, opened=1, sent=1900, share=0.256)
    assert said.text(made_up) == "1.900 Pushes, 1 auf (25,6\xa0%)"
    outer = sentence("{what}!", what=sentence("inner {n:.0f}", n=3))
    assert outer.text(made_up) == "innen 3!" and outer.text() == "inner 3!"
    assert in_language("a name", made_up) == "a name"


def test_an_unknown_language_is_refused(made_up: str) -> None:
    with pytest.raises(ConfigError, match="unknown language 'fr': there are: de, en"):
        sentence("x").text("fr")


@pytest.mark.parametrize("template", ["{nothing}", "{n:>10}", "{n", "{0}"])
def test_a_template_that_cannot_be_filled_is_refused(template: str) -> None:
    with pytest.raises(ConfigError):
        sentence(template, n=3).text()
