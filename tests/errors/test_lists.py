"""Errors of lists: one line each, with the exit code of their kind."""

from __future__ import annotations

import pytest

from churnlab.errors import (
    AuditError,
    ChurnlabError,
    GuardError,
    ListError,
    LockedError,
    OutputError,
    ScoringError,
    SinkError,
)


@pytest.mark.parametrize(
    "error, kind, code",
    [
        (ListError.from_none("out", None), ChurnlabError, 3),
        (ListError.from_newer("out", 9, 1), ChurnlabError, 3),
        (ListError.from_damaged("out/x.csv", "a\nb"), ChurnlabError, 3),
        (AuditError.from_columns(["risk"], []), GuardError, 5),
        (AuditError.from_rows("risk", "is missing in some rows"), GuardError, 5),
        (ScoringError.from_running("out"), LockedError, 6),
        (SinkError.from_other_bytes("out/x.csv"), OutputError, 7),
        (SinkError.from_unsure("out/x.csv", "no\nanswer"), OutputError, 7),
    ],
)
def test_each_is_one_line_with_a_code(error: ChurnlabError, kind: type, code: int) -> None:
    assert isinstance(error, kind) and error.exit_code == code
    assert "\n" not in str(error) and "; " in str(error)


def test_columns_that_are_lacking_and_odd_ones_are_named() -> None:
    assert "it lacks risk, when and has mood;" in str(
        AuditError.from_columns(["risk", "when"], ["mood"])
    )
    assert "it has mood;" in str(AuditError.from_columns([], ["mood"]))
