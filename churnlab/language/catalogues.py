"""gettext catalogues of templates, found by language.

English is the language of the templates themselves and needs no catalogue. Another language is a
file `locale/<language>/LC_MESSAGES/churnlab.po`, read by Babel once a process (about 10 ms).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import read_po

from churnlab.errors import ConfigError

FOLDER = Path(__file__).parent / "locale"
DOMAIN = "churnlab"
ENGLISH = "en"


def catalogue_path(language: str, folder: Path | None = None) -> Path:
    """Where the catalogue of a language is, in the package or in a folder of catalogues.

    >>> catalogue_path("zh").parts[-3:]
    ('zh', 'LC_MESSAGES', 'churnlab.po')
    """
    return (folder or FOLDER) / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, and English, sorted.

    >>> languages()
    ('en', 'zh')
    """
    found = FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")
    return tuple(sorted({ENGLISH, *(path.parents[1].name for path in found)}))


def template_in(language: str, template: str) -> str:
    """A template in another language; the template itself where the catalogue lacks it.

    Raises ConfigError for a language without a catalogue.

    >>> template_in("en", "{value:.0f} active days")
    '{value:.0f} active days'
    """
    return _translations(language, FOLDER).get(template) or template


def check_language(language: str) -> str:
    """The language itself; ConfigError, with those that there are, if it has no catalogue.

    >>> check_language("en")
    'en'
    """
    if language not in languages():
        raise ConfigError.from_unknown("language", language, languages())
    return language


def locale_of(language: str) -> Locale:
    """Babel's locale for numbers and dates; English for a language that Babel does not know."""
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(ENGLISH)


@cache
def _translations(language: str, folder: Path) -> Mapping[str, str]:
    """Template to translation; those that nobody translated yet have the empty text."""
    if language == ENGLISH:
        return {}
    check_language(language)
    with catalogue_path(language, folder).open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if not m.fuzzy}
