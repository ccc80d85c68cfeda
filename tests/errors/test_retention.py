"""Errors of retention are one line each, with what to do."""

from __future__ import annotations

import pytest

from churnlab.errors import ChurnlabError
from churnlab.errors.retention import PeopleError, ShortLogError, StepError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PeopleError.from_many_groups("town", 900, 40), 3),
        (PeopleError.from_no_days("since", "soon"), 3),
        (PeopleError.from_no_frame(["channel"]), 3),
        (StepError.from_few(1), 2),
        (StepError.from_registration(2), 2),
        (StepError.from_unknown_step("opn", ["open"]), 2),
        (ShortLogError.from_window("a funnel within 30 days", 31, 20), 3),
    ],
)
def test_each_says_what_to_do(error: ChurnlabError, code: int) -> None:
    assert error.exit_code == code
    assert "; " in str(error) or "did you mean" in str(error)
    assert "\n" not in str(error)
