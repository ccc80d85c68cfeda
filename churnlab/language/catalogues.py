"""gettext catalogues of templates, found by language.

English is the language of the templates themselves and needs no catalogue. Another language is a
folder `<language>/LC_MESSAGES` with `churnlab.mo`, as `pybabel compile` writes it.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

from babel import Locale, UnknownLocaleError

from churnlab.errors import ConfigError

FOLDER = Path(__file__).parent / "locale"
DOMAIN = "churnlab"
ENGLISH = "en"


def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, and English, sorted."""
    compiled = FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return tuple(sorted({ENGLISH, *(path.parents[1].name for path in compiled)}))


def template_in(language: str, template: str) -> str:
    """A template in another language; the template itself where the catalogue lacks it.

    Raises ConfigError for a language without a catalogue.

    >>> template_in("en", "{value:.0f} active days")
    '{value:.0f} active days'
    """
    return _catalogue(language, FOLDER).gettext(template) if template else template


def locale_of(language: str) -> Locale:
    """Babel's locale for numbers and dates; English for a language that Babel does not know."""
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(ENGLISH)


@cache
def _catalogue(language: str, folder: Path) -> NullTranslations:
    if language == ENGLISH:
        return NullTranslations()
    try:
        return translation(DOMAIN, folder, [language])
    except OSError as error:
        raise ConfigError.from_unknown("language", language, languages()) from error
