"""Catalogues of templates, found by language."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.made_up_language import LANGUAGE, install, made_up, templates

from churnlab.errors import ConfigError
from churnlab.language import catalogues
from churnlab.language.catalogues import check_language, languages, locale_of, template_in
from churnlab.language.numbers import understood
from churnlab.language.sentence import names_in, parts


def test_english_is_the_templates_themselves() -> None:
    assert "en" in languages()
    assert template_in("en", "{value:.0f} days") == "{value:.0f} days"


def test_chinese_is_a_language_and_is_read_soon() -> None:
    assert languages() == ("en", "zh")
    begin = time.process_time()
    catalogues._translations.__wrapped__("zh", catalogues.FOLDER)
    assert time.process_time() - begin < 0.5  # seconds of work; about 0.01


def test_every_translation_of_the_package_can_be_filled_as_its_template_can() -> None:
    for language in set(languages()) - {"en"}:
        translations = catalogues._translations(language, catalogues.FOLDER)
        assert set(templates()) == set(translations)
        for template, translation in translations.items():
            if translation:
                assert set(names_in(translation)) <= set(names_in(template)), translation
                assert all(understood(spec) for _, name, spec in parts(translation) if name)


def test_a_folder_of_catalogues_is_a_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LANGUAGE not in languages()
    language = install(tmp_path, monkeypatch)
    assert languages() == ("en", language)
    assert len(templates()) > 100
    for template in templates():
        assert template_in(language, template) == made_up(template) != template


def test_a_template_that_the_catalogue_lacks_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = install(tmp_path, monkeypatch)
    assert template_in(language, "of your own: {value}") == "of your own: {value}"
    assert template_in(language, "") == ""


def test_a_language_without_a_catalogue_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown language 'xx'"):
        template_in("xx", "{value:.0f} days")
    with pytest.raises(ConfigError, match="unknown language 'xx': there are: en, zh"):
        check_language("xx")


def test_numbers_of_a_language_that_babel_does_not_know_are_english() -> None:
    assert str(locale_of("no-such-language")) == "en"
    assert str(locale_of("de")) == "de"
