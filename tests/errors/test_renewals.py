"""Errors of renewals."""

from __future__ import annotations

import pytest

from churnlab.errors import FrameError
from churnlab.errors.renewals import RenewalsError


@pytest.mark.parametrize(
    "error, text",
    [
        (RenewalsError.from_no_answer(["user_id", "renewal"]), "columns user_id, renewal; give"),
        (RenewalsError.from_two_answers("pay"), "both Lapse(role='pay') and the column 'renewed'"),
        (RenewalsError.from_open(1200), "missing in 1,200 rows; give 0 or 1, or unobserved"),
        (RenewalsError.from_bad_answer(2.0, 3), "is 2.0 in 3 rows; give 0 or 1"),
        (RenewalsError.from_no_ids(2), "'user_id' of the renewals is missing in 2 rows"),
        (RenewalsError.from_none_left(0, {}), "left of 0 renewals (the frame is empty)"),
        (RenewalsError.from_none_left(9, {"too late": 7, "open": 2}), "(too late: 7; open: 2)"),
    ],
)
def test_each_is_one_line_that_says_what_to_do(error: RenewalsError, text: str) -> None:
    assert text in str(error) and "\n" not in str(error) and "; " in str(error)
    assert isinstance(error, FrameError) and error.exit_code == 3
