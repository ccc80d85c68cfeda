"""Errors of guards: one line that says what to do, exit code 5."""

from __future__ import annotations

import pytest

from churnlab.errors import GuardError


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (GuardError.from_no_champion("churn", 7), "churnlab approve --version 7 --by NAME"),
        (GuardError.from_unsigned("churn", 7, "Draft"), "nobody approved it, its state is Draft"),
        (GuardError.from_no_champion("churn", None), "train one with `churnlab train`, or score"),
        (GuardError.from_refused("churn", 7, ["a", "b"]), "is not approved: a; b; train again"),
        (GuardError.from_damaged("churn", 7, "card.html"), "it was changed: card.html"),
        (GuardError.from_card(["x"] * 9), "the card differs from its run: x; x"),
        (GuardError.from_scoring("churn", 7), "churnlab rollback"),
        (GuardError.from_overtaken("churn", 7, "8"), "and version 8 is"),
        (GuardError.from_nothing_before("churn"), "nothing was rolled back"),
    ],
)
def test_a_refusal_is_one_line_with_what_to_do(error: GuardError, says: str) -> None:
    assert error.exit_code == 5 and says in str(error) and "\n" not in str(error)
