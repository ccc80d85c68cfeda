"""What the stages of life are called, in the order in which people are told of them."""

from __future__ import annotations

from churnlab.language.sentence import Words, sentence

ABSENT = ""
WORDS: dict[str, Words] = {
    "newcomer": sentence("newcomer"),
    "growing": sentence("growing"),
    "core": sentence("core"),
    "fading": sentence("fading"),
    "silent": sentence("silent"),
    "lost": sentence("lost"),
    ABSENT: sentence("not there yet"),
}
ORDER = tuple(name for name in WORDS if name != ABSENT)
