"""What the second half of a card says."""

from __future__ import annotations

from dataclasses import replace

from support.card_records import least, record, whole

from churnlab.report.cards.reasons import second_half
from churnlab.report.cards.record import CardRecord, Use
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
    assert '"ads" in channel: it ranks 70% of pairs right. For everybody else, it is 83%.' in said
    assert '"shop" in channel: it expected 10.0% to leave, and 20.0% left.' in said
    assert "No group differs" in text(record(gaps=()))
    assert "no groups of people to compare" in text(least())


def test_value_says_in_words_where_it_is_behind() -> None:
    said = text(whole())
    assert "behind a simple rule (base rate): mean absolute error, 0.81 against 0.75." in said
    assert said.count("| behind |") == 1
    good = replace(whole().value, figures=whole().value.figures[:1])  # type: ignore[type-var]
    assert "In no measure is it behind" in text(record(value=good))
    assert "does not predict what people are worth" in text(least())


def test_the_total_is_told_where_it_is_known() -> None:
    bias = replace(whole().value.figures[0], metric="total_bias", value=0.97)  # type: ignore[union-attr]
    for value, told in ((0.97, True), (float("nan"), False)):
        given = replace(whole().value, figures=(replace(bias, value=value),))  # type: ignore[type-var]
        said = text(record(value=given))
        assert ("In total, it expected 97% of what they then brought." in said) is told
        assert "nan" not in said


def test_use_owner_and_review() -> None:
    said = text(whole())
    assert "- Not for prices." in said and "Owner: Growth." in said
    assert "Next review: Dec 1, 2026." in said
    bare = text(record(use=Use()))
    assert "It has no owner yet." in bare and "No review is planned." in bare
    due = text(record(use=Use(review_days=30)))
    assert "within 30 days of its training, and of each approval." in due


def test_origin_doubts_and_all_measures() -> None:
    said = text(whole())
    assert "| events | 12,345 |" in said
    assert "All measures of leaving" in said and "| AUC: " in said


def test_the_champion_is_compared_or_there_is_none() -> None:
    said = text(whole())
    assert "Both models scored the same 2,000 rows. The champion is version 7." in said
    assert "level, within chance" in said
    assert "No model is approved yet" in text(least())


def test_the_same_people_in_several_groupings_are_named_once() -> None:
    one = whole().gaps[1]
    alike = (one, replace(one, grouping="age"), replace(one, grouping="income", value=0.3))
    said = text(record(gaps=alike))
    assert '- "shop" in channel, age: it expected 10.0% to leave, and 20.0% left.' in said
    assert said.count("it expected 10.0% to leave") == 2


def test_many_groups_are_folded_but_for_newcomers_and_those_named() -> None:
    first = whole().groups[0]
    many = tuple(
        replace(
            first, grouping="first seen" if i < 2 else "city", group=f"g{i}", left=0.1 * (i > 5)
        )
        for i in range(20)
    )
    gap = replace(whole().gaps[0], grouping="city", group="g7")
    said = text(record(groups=many, gaps=(gap,)))
    before, _, folded = said.partition("### All groups")
    assert before.count("| city: g") == 1 and before.count("| first seen: g") == 2
    assert folded.count("| city: g") == 18


def test_a_group_without_an_order_says_why() -> None:
    note = "churned is 0 in all 40 rows"
    odd = tuple(replace(whole().groups[0], note=note, left=left) for left in (0.0, 1.0, 0.2))
    said = text(record(groups=odd, gaps=()))
    assert all(words in said for words in ("nobody left", "everybody left", "too few people"))
