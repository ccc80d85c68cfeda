"""Templates extracted from code: nothing is lost, and the committed list is never stale."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import churnlab
from churnlab.language import catalogues
from churnlab.language.catalogues import ENGLISH, catalogue_path, languages
from churnlab.language.messages import POT, extracted, untranslated, updated, write

CODE = """
from churnlab.language.sentence import sentence, template

FEW = sentence("few")
LONG = sentence(
    "opened {opened:.0f} of {sent:.0f} "
    "pushes"
    " in {days} days",
    opened=1,
    days=2,
)
TABLE = {"acts": template("{value:.1f} acts")}
MADE = sentence(TABLE["acts"], value=1)
PLAIN = "not a sentence"
"""


def test_literals_of_sentence_and_template_are_found_also_over_several_lines(
    tmp_path: Path,
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "code.py").write_text(CODE)
    (tmp_path / "card.html.j2").write_text('<h1>{{ _("A card") }}</h1>')
    found = {m.id for m in extracted(tmp_path) if m.id}
    assert found == {
        "few",
        "opened {opened:.0f} of {sent:.0f} pushes in {days} days",
        "{value:.1f} acts",
        "A card",
    }


def test_the_committed_list_of_templates_is_that_of_the_code(tmp_path: Path) -> None:
    now = tmp_path / "now.pot"
    write(extracted(Path(churnlab.__file__).parent), now)
    assert POT.read_bytes() == now.read_bytes(), "run `make messages`"


def test_the_committed_catalogues_have_the_templates_of_the_code(tmp_path: Path) -> None:
    every = extracted(Path(churnlab.__file__).parent)
    for language in set(languages()) - {"en"}:
        now = tmp_path / f"{language}.po"
        write(updated(catalogue_path(language), every), now, width=0)
        assert catalogue_path(language).read_bytes() == now.read_bytes(), "run `make messages`"


def test_an_update_keeps_translations_and_drops_what_the_code_no_longer_has(
    tmp_path: Path,
) -> None:
    known = tmp_path / "known.po"
    known.write_text('msgid "few"\nmsgstr "少"\n\nmsgid "gone"\nmsgstr "没了"\n')
    (tmp_path / "code.py").write_text(CODE)
    found = {m.id: m.string for m in updated(known, extracted(tmp_path)) if m.id}
    assert found["few"] == "少" and "gone" not in found and found["{value:.1f} acts"] == ""


def test_every_template_has_a_translation_in_every_language() -> None:
    assert {language: untranslated(language) for language in languages()} == {"en": [], "zh": []}


def test_no_translation_counts_with_english_words() -> None:
    """A number with a word, such as {people:person|people}, would show the word in any language."""
    forms = re.compile(r"\{\w+:[A-Za-z ]+\|[A-Za-z ]+\}")
    for language in languages():
        if language != ENGLISH:
            with catalogue_path(language).open("rb") as file:
                catalogue = read_po(file)
            assert [m.id for m in catalogue if forms.search(str(m.string))] == []


def test_untranslated_templates_are_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = catalogues.catalogue_path("xx", tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text('msgid "few"\nmsgstr ""\n\nmsgid "many"\nmsgstr "x"\n')
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    assert untranslated("xx") == ["few"]
