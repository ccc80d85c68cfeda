"""Values that know which fact of a record they are, and words in HTML in which each is marked.

A number of a record, read through `sourced`, is still a number, and it has the path of its fact:
`contact.rows.4.leavers`. In HTML it stands in `<data value="24" data-fact="…">`, so that a page
can be compared with the record that it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from markupsafe import Markup, escape

from churnlab.language.catalogues import ENGLISH, template_in
from churnlab.language.numbers import shown
from churnlab.language.sentence import Sentence, Words, parts

LONGEST = 240  # characters of a name or a reason that are shown
AS_DAY = "day"  # how a mark says that its value is shown as a day, not as a text like one
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class _Sourced:
    """A value of a record with the path of its fact."""

    path: str


class Count(int, _Sourced):
    """A whole number of a record."""


class Number(float, _Sourced):
    """A number of a record."""


class Name(str, _Sourced):
    """A text of a record."""


class Moment(date, _Sourced):
    """A day of a record."""


class Said(Sentence, _Sourced):
    """A sentence of a record."""


def sourced(value: Any, path: str = "") -> Any:
    """JSON-like data whose numbers, texts and days know their paths.

    A stored sentence becomes a Sentence, a text such as 2026-03-01 a day. Texts are cleaned and cut
    as `as_shown` does.

    >>> found = sourced({"rows": [{"people": 12, "until": "2026-03-01"}]})["rows"][0]
    >>> found["people"] + 1, found["people"].path, str(found["until"])
    (13, 'rows.0.people', '2026-03-01')
    """
    if isinstance(value, Mapping):
        if "template" in value:
            return _said(value, path)
        return {k: sourced(v, _below(path, k)) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [sourced(v, _below(path, i)) for i, v in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    return _with_path(value, path)


def _said(stored: Mapping[str, Any], path: str) -> Said:
    """A stored sentence; its template has no path of its own, its values have one."""
    made = Said(stored["template"], sourced(stored.get("values", {}), f"{path}.values"))
    object.__setattr__(made, "path", path)
    return made


def _with_path(value: Any, path: str) -> Any:
    if isinstance(value, int):
        made: Any = Count(value)
    elif isinstance(value, float):
        made = Number(value)
    elif _DAY.fullmatch(value):
        made = Moment.fromisoformat(value)
    else:
        made = Name(as_shown(value, "", ENGLISH))
    made.path = path
    return made


def _below(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def marked(words: Words, language: str = ENGLISH) -> Markup:
    """Words in a language as HTML, with a mark around each value of a record.

    >>> rate = sourced({"share": 0.256})["share"]
    >>> print(marked(Sentence("{share:.0%} leave", {"share": rate})))
    <data value="0.256" data-fact="share" data-as=".0%">26%</data> leave
    """
    if not isinstance(words, Sentence):
        return _value(words, "", language)
    said = _filled(words, language)
    if isinstance(words, Said):
        return Markup('<span data-fact="{}">{}</span>').format(words.path, said)
    return said


def _filled(words: Sentence, language: str) -> Markup:
    """A template in a language with its values in their marks."""
    said = Markup("")
    for literal, name, spec in parts(template_in(language, words.template)):
        said += escape(literal)
        if name is not None:
            value = words.values[name]
            if isinstance(value, Sentence):
                said += marked(value, language)
            else:
                said += _value(value, spec, language)
    return said


def _value(value: object, spec: str, language: str) -> Markup:
    """A value as it is shown, in a mark where it comes from a record."""
    text = as_shown(value, spec, language)
    if not isinstance(value, _Sourced) or not text:
        return escape(text)
    mark = Markup('<data value="{}" data-fact="{}" data-as="{}">{}</data>')
    return mark.format(raw(value), value.path, AS_DAY if isinstance(value, date) else spec, text)


def as_shown(value: object, spec: str, language: str) -> str:
    r"""A value in words, without signs that do not show or turn the direction; a long text is cut.

    >>> as_shown("a\u202eb", "", "en"), len(as_shown("x" * 999, "", "en"))
    ('a b', 240)
    """
    text = " ".join(UNSEEN.sub(" ", shown(value, spec, language)).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def raw(value: object) -> str:
    """A value as a mark holds it: every digit of a number, a day as 2026-03-01, a text as shown.

    >>> raw(0.25), raw(date(2026, 3, 1)), raw("ads")
    ('0.25', '2026-03-01', 'ads')
    """
    if isinstance(value, float):
        return float.__repr__(value)
    return as_shown(value, "", ENGLISH) if isinstance(value, str) else str(value)
