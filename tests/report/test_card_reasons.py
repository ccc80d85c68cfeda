"""What the second half of a card says."""

from __future__ import annotations

from dataclasses import replace

from support.card_records import least, record, whole

from churnlab.report.card_reasons import second_half
from churnlab.report.card_record import CardRecord, Use
from churnlab.report.document import markdown_parts


def text(given: CardRecord, language: str = "en") -> str:
    parts = (p for s in second_half(given.sourced()) for p in markdown_parts(s, 2, language))
    return "\n".join(parts).replace("\\", "")


def test_themes_stand_with_their_examples() -> None:
    assert "| social | 50% | No comment for 23 days |" in text(whole())
    assert "| social | 50% | No comment for 23 days |" in text(whole(), "zh")  # none in Chinese
    assert "Nobody asked the model for its reasons." in text(least())


def test_gaps_beyond_chance_are_named_in_sentences() -> None:
    said = text(whole())
    assert "channel, ads: it ranks 70% of pairs right. For everybody else, it is 83%." in said
    assert "channel, shop: it expected 10.0% to leave, and 20.0% left." in said
    assert "No group differs" in text(record(gaps=()))
    assert "no groups of people to compare" in text(least())


def test_value_says_in_words_where_it_is_behind() -> None:
    said = text(whole())
    assert "It is behind a simple rule here. mean absolute error: the model has 0.81" in said
    assert said.count("| behind |") == 1
    good = replace(whole().value, figures=whole().value.figures[:1])  # type: ignore[type-var]
    assert "In no measure is it behind" in text(record(value=good))
    assert "does not predict what people are worth" in text(least())


def test_use_owner_and_review() -> None:
    said = text(whole())
    assert "- Not for prices." in said and "Owner: Growth." in said
    assert "Next review: Dec 1, 2026." in said
    bare = text(record(use=Use()))
    assert "It has no owner yet." in bare and "No review is planned." in bare


def test_origin_doubts_and_all_measures() -> None:
    said = text(whole())
    assert "| events | 12,345 |" in said and "- Unsure: learnt from 150 rows only" in said
    assert "All measures of leaving" in said and "| AUC: " in said


def test_the_champion_is_compared_or_there_is_none() -> None:
    said = text(whole())
    assert "Both models scored the same 2,000 rows. The champion is version 7." in said
    assert "level, within chance" in said
    assert "No model is approved yet" in text(least())
