"""The templates of a package as messages for translators, extracted by Babel.

`python -m churnlab.language.messages` writes `locale/churnlab.pot` again, and brings the catalogue
of every language up to date: templates that are new get an empty translation, those that the code
no longer has go.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from churnlab.language.catalogues import DOMAIN, ENGLISH, FOLDER, catalogue_path, languages

KEYWORDS = {"sentence": None, "template": None}
POT = FOLDER / f"{DOMAIN}.pot"
_METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext:babel_extract")]


def extracted(package: Path) -> Catalog:
    """Every literal template that code in the folder `package` gives to `sentence` or `template`.

    Text that a template of Jinja marks with `_("…")` is included.
    """
    found = Catalog(project=DOMAIN, fuzzy=False)
    keywords = {**KEYWORDS, "_": None}
    for _, _, message, comments, context in extract_from_dir(package, _METHODS, keywords=keywords):
        found.add(message, auto_comments=comments, context=context)
    return found


def write(catalogue: Catalog, path: Path, width: int = 100) -> None:
    """Write messages to a .pot or .po file, sorted, without dates and places in the code.

    Lines are broken at `width` columns; 0: nowhere.
    """
    with path.open("wb") as file:
        write_po(file, catalogue, omit_header=True, no_location=True, sort_output=True, width=width)


def updated(path: Path, templates: Catalog) -> Catalog:
    """The catalogue in a .po file with the translations of these templates and no others."""
    with path.open("rb") as file:
        known = {m.id: m.string for m in read_po(file)}
    found = Catalog(project=DOMAIN, fuzzy=False)
    for message in templates:
        if message.id:
            found.add(message.id, known.get(message.id, ""), flags=message.flags)
    return found


def untranslated(language: str) -> list[str]:
    """The templates in the catalogue of a language that nobody translated yet.

    >>> untranslated("en")
    []
    """
    if language == ENGLISH:
        return []
    with catalogue_path(language).open("rb") as file:
        return [str(m.id) for m in read_po(file) if m.id and not m.string]


if __name__ == "__main__":
    every = extracted(FOLDER.parents[1])
    write(every, POT)
    for other in languages():
        if other != ENGLISH:
            write(updated(catalogue_path(other), every), catalogue_path(other), width=0)
