"""The record of a card: there and back, money, and what is refused."""

from __future__ import annotations

import json
import math

import pytest
from support.card_records import COSTS, least, record, whole

from churnlab.errors import ModelError
from churnlab.report.cards.record import CardRecord, Costs, Reach

ROW = Reach(share=0.1, people=100, leavers=40, found=0.4, missed=60, random=10, value=50.0)


@pytest.mark.parametrize("given", [whole(), least()])
def test_a_record_is_the_same_after_json(given: CardRecord) -> None:
    text = json.dumps(given.to_dict(), allow_nan=False)
    again = CardRecord.from_json(text)
    assert again.to_dict() == given.to_dict()
    assert again.sourced().to_dict() == given.to_dict()


def test_every_value_of_a_sourced_record_knows_its_path() -> None:
    found = whole().sourced()
    assert found.at(0.05).leavers.path == "reach.4.leavers"  # type: ignore[attr-defined]
    assert found.promise.leaving.values["days"].path == "promise.leaving.values.days"


def test_money_is_counted_by_hand() -> None:
    priced = ROW.priced(Costs(contact=1, offer=5, success=0.25))
    # 100 contacts; offers to the 10 leavers who stay and to the 60 who would have stayed anyway
    assert priced.cost == pytest.approx(100 * 1 + (10 + 60) * 5)
    assert priced.kept == pytest.approx(10)
    assert priced.gain == pytest.approx(10 * 50 - 450)


def test_a_value_of_ones_own_takes_the_place_of_the_predicted_one() -> None:
    own = ROW.priced(Costs(contact=1, offer=5, success=0.25, value_kept=200))
    assert own.gain == pytest.approx(10 * 200 - 450)


def test_without_costs_or_without_value_there_is_no_money() -> None:
    assert ROW.priced(COSTS).priced(None).gain is None
    bare = Reach(share=0.1, people=100, leavers=40, found=0.4, missed=60, random=10)
    assert bare.priced(COSTS).gain is None
    assert record().with_costs(None).reach[0].cost is None


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"format": None},
        {"people": None},
        {"reach": [{"share": 0.1}]},
        {"made_on": "soon"},
        {"more": 1},
    ],
)
def test_another_format_or_shape_is_refused_in_one_line(change: dict) -> None:
    with pytest.raises(ModelError) as refused:
        CardRecord.from_dict({**whole().to_dict(), **change})
    assert "\n" not in str(refused.value)


def test_missing_figures_are_null() -> None:
    assert whole().to_dict()["strata"][2]["order"] is None
    assert math.isnan(CardRecord.from_dict(whole().to_dict()).strata[2].order)
