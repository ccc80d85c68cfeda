"""Errors of costs: one line each, as bad input."""

from __future__ import annotations

from churnlab.errors.value import AmountsError, CostsError


def test_texts_name_what_was_given_and_what_to_give() -> None:
    found = [
        CostsError.from_no_amount_of("ads", "€300"),
        CostsError.from_bad_period("2026"),
        CostsError.from_no_channel(2),
        AmountsError.from_no_number("a"),
    ]
    assert [error.exit_code for error in found] == [3, 3, 3, 3]
    assert str(found[0]).startswith("the cost '€300' of channel 'ads' is no amount; give a number")
    assert "'2026' of a cost is no day, week or month" in str(found[1])
    assert "missing in 2 rows of cost" in str(found[2]) and "first is 'a'" in str(found[3])
