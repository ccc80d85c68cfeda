"""English words that are left in a text of the made-up language."""

from __future__ import annotations

import re
from html import unescape

from support import made_up_language

from churnlab.language.sentence import Sentence, Words


def english_words(text: str) -> set[str]:
    """The words that are not in the made-up language, in which each word ends with a mark."""
    words = re.findall(r"[^\W\d_]+", text)
    return {w.lower() for w in words if not w.endswith(made_up_language.END)}


def page_text(html: str) -> str:
    """The text of a page with descriptions of its pictures, without its style."""
    body = html[html.index("<body>") :]
    alts = " ".join(re.findall(r'alt="([^"]*)"', body))
    return unescape(re.sub(r"<[^>]*>", " ", body)) + " " + unescape(alts)


def as_given(words: Words) -> list[str]:
    """The text in a sentence that is said as it was given: names, and errors of the data."""
    if not isinstance(words, Sentence):
        return [words]
    inner = [v for v in words.values.values() if isinstance(v, str | Sentence)]
    return [text for value in inner for text in as_given(value)]
