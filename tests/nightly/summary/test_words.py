"""The words of a summary: one for each stage and reason, and a sentence for each cut."""

from __future__ import annotations

from churnlab.nightly import changes
from churnlab.nightly.summary.words import REASON_WORDS, STAGE_WORDS, left_out_words
from churnlab.schema.stages import STAGES


def test_every_reason_and_stage_has_its_words() -> None:
    known = (changes.NEW, changes.ACTIVE, changes.ABOVE, changes.CHURNED, changes.CUT)
    every = {*known, changes.OUTSIDE, *changes.BECAME.values(), *changes.BECAME_OR_ABOVE.values()}
    assert set(REASON_WORDS) == every and set(STAGE_WORDS) == {*STAGES, ""}
    assert [str(words) for words in REASON_WORDS.values()] == [*REASON_WORDS]


def test_each_cut_is_told_with_its_count() -> None:
    said = [str(words) for words in left_out_words({"stages": 0, "top": 2, "budget": 30}, 1234)]
    assert said == [
        "2 of 1,234 people are left out: the list ends after the first people",
        "30 of 1,234 people are left out: contacting them would cost more than the budget",
    ]
