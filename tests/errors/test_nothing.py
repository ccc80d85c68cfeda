"""Nothing to do: one line with the day on which there will be something, exit code 99."""

from __future__ import annotations

from churnlab.errors import ChurnlabError, NothingToDo


def test_too_early_names_the_day_from_which_it_goes() -> None:
    error = NothingToDo.from_too_early("2026-03-04", "2026-04-02", "2026-03-20", "2026-04-03")
    assert error.exit_code == 99 and isinstance(error, ChurnlabError)
    assert "grade it from 2026-04-03 on" in str(error) and "\n" not in str(error)
