"""Errors of trials: one line each, what was given and what to do."""

from __future__ import annotations

import pytest

from churnlab.errors import ChurnlabError, TrialError


@pytest.mark.parametrize(
    "error, says",
    [
        (TrialError.from_length("the cost", (3,), (2,)), "(3,)"),
        (TrialError.from_unusable("the outcome", 2, 9), "2 of 9 people"),
        (TrialError.from_arm("gft", ["gift"]), "did you mean 'gift'"),
        (TrialError.from_propensity("gift", 0.0, 0.5), "from 0 to 0.5"),
        (TrialError.from_chances(0.9), "0.9"),
        (TrialError.from_no_control(3, 50), "3 people were given nothing"),
        (TrialError.from_no_arm("gift: 12", 50), "gift: 12"),
        (TrialError.from_no_cost(["gift"]), "'gift'"),
        (TrialError.from_cost("gift", -1.0), "costs -1"),
        (TrialError.from_few_people(9, 5), "9 people"),
    ],
)
def test_each_is_one_line_that_names_what_was_given(error: ChurnlabError, says: str) -> None:
    assert error.exit_code == 3
    assert "\n" not in str(error) and says in str(error)
    assert any(mark in str(error) for mark in ("; ", ": "))
