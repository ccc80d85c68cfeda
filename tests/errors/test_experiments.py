"""Errors of the tables of experiments."""

from __future__ import annotations

import pytest

from churnlab.errors import FrameError
from churnlab.errors.experiments import ExperimentError as E


@pytest.mark.parametrize(
    "error, text",
    [
        (E.from_no_control(["a", "b"]), "there are 'a', 'b'; give control="),
        (E.from_no_control(map(str, range(12))), "'8', '9' …; give"),
        (E.from_unknown_control("No Mail", ["No E-Mail"]), "did you mean 'No E-Mail'?"),
        (E.from_one_arm("gift", 1200), "all 1,200 people are in the arm 'gift'"),
        (E.from_small_arm("gift", 12, 30), "'gift' has 12 people, fewer than 30"),
        (E.from_two_arms(2, "ann", ["a", "b"]), "the first like 'aaa' in 'a', 'b'; give"),
        (E.from_no_ids(3), "missing in 3 rows of the experiment; leave"),
        (E.from_bad_moment("time", 2, "x"), "no time in 2 rows, the first 'x'; give dates"),
        (E.from_late_treatment(2, 7), "treated after their outcome, the first like 9; correct"),
        (E.from_early_outcome(2, 7), "an outcome before their assignment, the first like 9; a"),
        (E.from_early_treatment(2, 7), "treated before they were assigned, the first like 9; give"),
        (E.from_open_window(4, 14, "A", "B", "C"), "those of A need events up to B, and the log"),
        (E.from_before_log(4, "A", "B"), "the first on A, the log on B; give"),
        (E.from_empty(), "has no row; give one"),
        (E.from_nobody_known(9, "ann"), "none of the 9 people of the experiment is in the log"),
        (E.from_strangers(4, 9, "ann"), "4 of 9 people of the experiment are not in the log"),
        (E.from_missing_costs(4, 9), "missing for 4 of 9 treated people; give 0"),
        (E.from_bad_number("spend", 4, "numbers"), "'spend' of the experiment is missing or no"),
        (E.from_later_column("spend"), "and as an outcome after it; name it once"),
        (E.from_odd_known("born", "moments"), "'born', known before the assignment, holds"),
        (E.from_bad_shares({"a": 1}, ["a", "b"]), "no plan for the arms 'a', 'b'; give"),
        (E.from_unbalanced("age", 0.3, 1e-9), "most in 'age' by 0.30 standard deviations"),
        (E.from_ratio("gift", 900, 1000, 1e-9), "900 people in 'gift' where 1,000 were planned"),
    ],
)
def test_each_is_one_line_that_says_what_to_do(error: E, text: str) -> None:
    assert text in str(error) and "\n" not in str(error) and "; " in str(error)
    assert isinstance(error, FrameError) and error.exit_code == 3
