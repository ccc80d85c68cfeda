"""The templates of a package as messages for translators, extracted by Babel.

`python -m churnlab.language.messages` writes `locale/churnlab.pot` again.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from churnlab.language.catalogues import DOMAIN, FOLDER

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


def write(catalogue: Catalog, path: Path) -> None:
    """Write the messages to a .pot file, sorted, without dates and places in the code."""
    with path.open("wb") as file:
        write_po(file, catalogue, omit_header=True, no_location=True, sort_output=True, width=100)


if __name__ == "__main__":
    write(extracted(FOLDER.parents[1]), POT)
