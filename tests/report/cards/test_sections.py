"""What the first half of a card says."""

from __future__ import annotations

from dataclasses import replace

from support.card_records import least, record, whole

from churnlab.report.cards.record import CardRecord
from churnlab.report.cards.sections import chosen, earliest, first_half
from churnlab.report.document import markdown_parts


def text(given: CardRecord) -> str:
    parts = (p for s in first_half(given.sourced()) for p in markdown_parts(s, 2))
    return "\n".join(parts)


def test_it_says_who_is_scored_and_who_is_left_out() -> None:
    said = text(whole())
    assert "For each person who was active in the last 60 days" in said
    assert "To leave means: no act in the 30 days after the snapshot." in said
    assert "Left out: people who did nothing in the last 60 days." in said
    assert "**1,000** people on a list" in said and "**12.0%** of them leave" in said
    assert "**20%** of all who leave are in the riskiest 5% of a list" in said


def test_how_sure_is_said_of_a_hundred_people() -> None:
    said = text(whole())
    assert (
        "The riskiest group, 100 people: out of a hundred, it expected 33 to leave, and 33 left."
        in said
    )
    assert "The safest group, 100 people: it expected 0.4% to leave, and 0.2% left." in said
    names = [str(name) for name, _ in chosen(whole().levels)]
    assert names == ["The riskiest group", "A group in between", "The safest group"]
    assert chosen(()) == () and len(chosen(whole().levels[:1])) == 1


def test_how_early_is_the_longest_lead_that_is_better_than_chance() -> None:
    assert earliest(whole()).days == 14  # type: ignore[union-attr]
    blind = replace(whole().leads[2], found=0.05)
    assert earliest(record(leads=(*whole().leads[:2], blind))).days == 7  # type: ignore[union-attr]
    assert earliest(record(leads=whole().leads[:1])) is None


def test_whatever_was_not_measured_is_said() -> None:
    said = text(least())
    assert "how early: not measured" in said and "This was not measured." in said
    assert "The data do not say when people were last seen." in said


def test_a_log_too_short_to_look_further_ahead_is_said() -> None:
    few = text(record(leads=whole().leads[:1]))
    assert "Days further ahead were not measured." in few
    assert "Days further ahead" not in text(whole())


def test_people_who_are_still_active_stand_beside_days_since_last_seen() -> None:
    said = text(whole())
    row = next(line for line in said.splitlines() if line.startswith("| seen in the last 7 days"))
    assert "74% \\[70%, 78%]" in row and "| 64% |" in row and "+10% \\[+5%, +15%]" in row
    assert "too few: 12 people" in said


def test_doubts_stand_where_it_says_how_sure_it_is() -> None:
    assert "- Unsure: learnt from 150 rows only." in text(whole())
