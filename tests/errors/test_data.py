"""Errors of frames."""

from __future__ import annotations

import pytest

from churnlab.errors import ChurnlabError, FrameError


@pytest.mark.parametrize(
    "error, text",
    [
        (
            FrameError.from_missing_columns("the frame", ["user_id"], ["usr_id"]),
            "the frame lacks 1 column(s): 'user_id'; did you mean 'usr_id'?",
        ),
        (
            FrameError.from_wrong_length("time", 3, 1200),
            "time has 3 values for 1,200 rows of X; give one a row",
        ),
    ],
)
def test_texts_give_both_sides_of_what_does_not_fit(error: ChurnlabError, text: str) -> None:
    assert text in str(error)


def test_of_many_missing_columns_five_are_named() -> None:
    text = str(FrameError.from_missing_columns("X", [f"c{i}" for i in range(9)], ["d"]))
    assert "lacks 9 column(s)" in text and "'c4'" in text and "'c5'" not in text
