"""How easily English text reads: Flesch's formula."""

from __future__ import annotations

import re

_VOWELS = re.compile(r"[aeiouy]+")


def flesch(text: str) -> float:
    """206.8 - 1.015 words a sentence - 84.6 syllables a word; 60 is plain English.

    Lines that end without a stop, such as titles and cells, are left out.

    R. Flesch (1948), A new readability yardstick. A number counts as a word of one syllable.
    """
    whole = "\n".join(line for line in text.splitlines() if line.rstrip().endswith((".", "!", "?")))
    sentences = [s for s in re.split(r"[.!?](?:\s|$)", whole) if re.search(r"[A-Za-z]", s)]
    words = [w for s in sentences for w in re.findall(r"[A-Za-z']+|[\d.,%]*\d[\d.,%]*", s)]
    spoken = sum(syllables(word) for word in words)
    return 206.835 - 1.015 * len(words) / len(sentences) - 84.6 * spoken / len(words)


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end and a silent e before d or s."""
    low = word.lower()
    groups = len(_VOWELS.findall(low))
    silent = re.search(r"[^aeiouyl]e$|[^aeioutdy]ed$|[^aeiouysxzhcg]es$", low) is not None
    return max(1, groups - silent)
