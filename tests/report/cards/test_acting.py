"""What a card says of acting: people reached, compared, and money."""

from __future__ import annotations

from dataclasses import replace

from support.card_records import least, record, whole

from churnlab.report.cards.acting import acting
from churnlab.report.cards.record import CardRecord, Costs
from churnlab.report.document import markdown_parts


def text(given: CardRecord) -> str:
    return "\n".join(markdown_parts(acting(given.sourced()), 2))


def test_it_says_what_happens_if_we_act() -> None:
    said = text(whole())
    assert "the riskiest 5% of a list, 50 people. Then we reach 24 of the 120 who leave" in said
    assert "We miss 96." in said and "at random would reach 6." in said
    assert "The best simple rule (base rate) would reach 21." in said
    assert said.count("| 1% |") == 1 and "| 30% | 300 | 120 |" in said


def test_money_is_shown_where_costs_are_known_alone() -> None:
    said = text(whole())
    assert "You said: a contact costs ¥1, an offer costs ¥5, and 20% of the leavers" in said
    top = whole().at(0.05)
    assert f"The gain, after costs, is ¥{top.gain:,.0f}" in said
    none = text(record().with_costs(None))
    assert "No money is shown, for nobody has said what it costs" in none
    assert "gain after" not in none and "people kept" not in none


def test_costs_without_value_say_what_is_missing() -> None:
    bare = replace(least(), costs=Costs(contact=1, offer=1, success=0.5))
    assert "Set value_kept under [costs]" in text(bare).replace("\\[", "[").replace("\\_", "_")


def test_it_says_where_acting_pays_most_or_that_it_does_not() -> None:
    best = max(whole().reach, key=lambda row: row.gain or 0)
    assert f"The gain is highest at {best.share:.0%} of a list: ¥{best.gain:,.0f}." in text(whole())
    dear = record().with_costs(Costs(contact=900, offer=5, success=0.1))
    assert "At these costs it does not pay to act" in text(dear)
