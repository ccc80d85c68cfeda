"""What the first half of a card says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.card_records import least, record, whole

from churnlab.report.card_record import CardRecord, Costs
from churnlab.report.card_sections import DASH, chosen, earliest, figure, first_half, span
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


def test_it_says_what_happens_if_we_act() -> None:
    said = text(whole())
    assert "the riskiest 5% of a list, 50 people. Then we reach 24 of the 120 who leave" in said
    assert "We miss 96." in said and "at random would reach 6." in said
    assert "The best simple rule (base rate) would reach 21." in said
    assert said.count("| 1% |") == 1 and "| 30% | 300 | 120 |" in said


def test_money_is_shown_where_costs_are_known_alone() -> None:
    said = text(whole())
    assert "You said: a contact costs 1, an offer costs 5, and 20% of the leavers" in said
    top = whole().at(0.05)
    assert f"The gain, after costs, is {top.gain:,.0f}" in said
    none = text(record().with_costs(None))
    assert "No money is shown, for nobody has said what it costs" in none
    assert "gain after" not in none and "people kept" not in none


def test_costs_without_value_say_what_is_missing() -> None:
    bare = replace(least(), costs=Costs(contact=1, offer=1, success=0.5))
    assert "Set value_kept under [costs]" in text(bare).replace("\\[", "[").replace("\\_", "_")


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


def test_people_who_are_still_active_stand_beside_days_since_last_seen() -> None:
    said = text(whole())
    row = next(line for line in said.splitlines() if line.startswith("| seen in the last 7 days"))
    assert "74% \\[70%, 78%]" in row and "| 64% |" in row and "+10.0% \\[+5.0%, +15.0%]" in row
    assert "too few: 12 people" in said


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_missing_figure_is_a_dash(value: float | None) -> None:
    assert figure(value, ".0%") == DASH and span(value, value, value) == DASH
    assert str(span(0.5, value, value)) == "50%"
