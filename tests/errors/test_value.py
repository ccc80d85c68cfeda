"""Errors of costs: one line each, as bad input."""

from __future__ import annotations

from churnlab.errors import CostsError


def test_texts_name_what_was_given_and_what_to_give() -> None:
    found = [CostsError.from_negative("ads", -3.0), CostsError.from_bad_period("2026")]
    assert [error.exit_code for error in found] == [3, 3]
    assert str(found[0]) == "the cost -3.0 of channel 'ads' is no amount; give 0 or more"
    assert "'2026' of a cost is no day and no month" in str(found[1])
