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
        (PeopleError.from_strangers("ann", 12), 3),
        (PeopleError.from_no_registration(), 3),
        (StepError.from_few(1), 2),
        (StepError.from_short_window(1, 2, 3), 2),
        (StepError.from_no_event("opn", ["open", "opn"]), 2),
        (StepError.from_registration(2), 2),
        (StepError.from_unknown_step("opn", ["open"]), 2),
        (ShortLogError.from_window("a funnel within 30 days", 31, 20), 3),
        (ShortLogError.from_past("a tier on the morning of 2026-05-02", 56, 1), 3),
        (ShortLogError.from_after_end("2026-05-02", "2026-04-30"), 3),
        (ShortLogError.from_move("2026-05-02", "2026-04-30"), 3),
        (ShortLogError.from_nodes("2026-05-02", "2026-05-31", "2026-05-10"), 3),
        (ShortLogError.from_short_for_nodes(30, 1), 3),
    ],
)
def test_each_says_what_to_do(error: ChurnlabError, code: int) -> None:
    assert error.exit_code == code
    assert "; " in str(error) or "did you mean" in str(error)
    assert "\n" not in str(error)
