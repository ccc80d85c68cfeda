"""Errors of histories."""

from __future__ import annotations

import pytest

from churnlab.errors import HistoryError


@pytest.mark.parametrize(
    "error, text",
    [
        (
            HistoryError.from_unobserved("churned", "2026-03-01", "2026-03-30", "2026-03-20"),
            "churned at 2026-03-01 needs events up to 2026-03-30, and the log ends on 2026-03-20",
        ),
        (
            HistoryError.from_empty_split("2026-03-01", "2026-01-01", "2026-02-01", 30),
            "snapshots run from 2026-01-01 to 2026-02-01 and labels reach 30 days ahead",
        ),
    ],
)
def test_texts_give_the_days_that_do_not_fit(error: HistoryError, text: str) -> None:
    assert text in str(error)
