"""What outcomes, stages and facts are called."""

from __future__ import annotations

import pytest

from churnlab.language.sentence import in_language
from churnlab.winback.experiments.words import fact_words, group_words, outcome_words


@pytest.mark.parametrize(
    "words, en, zh",
    [
        (outcome_words("came_back"), "came back", "回流"),
        (outcome_words("day_1"), "active on day 1", "第1天活跃"),
        (outcome_words("gross"), "gross", "gross"),
        (fact_words("stage"), "stage", "阶段"),
        (fact_words("city"), "city", "city"),
        (group_words(""), "everybody", "所有人"),
        (group_words("silent 0-6 days"), "silent for 0 to 6 days", "沉默0至6天"),
        (group_words("silent 28+ days"), "silent for 28 days or more", "沉默28天及以上"),
        (group_words("core"), "core", "core"),
    ],
)
def test_names_in_both_languages(words: object, en: str, zh: str) -> None:
    assert (in_language(words, "en"), in_language(words, "zh")) == (en, zh)  # type: ignore[arg-type]
