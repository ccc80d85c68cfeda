"""Errors of stores and written output."""

from __future__ import annotations

import pytest

from churnlab.errors import (
    ConfigError,
    GuardError,
    LockedError,
    StoreError,
)


def test_a_guard_is_not_a_configuration() -> None:
    error = GuardError.from_stale("2026-03-09", "2026-03-01")
    assert not isinstance(error, ConfigError)
    assert "the log ends on 2026-03-01, days before 2026-03-09 are missing" in str(error)


def test_a_locked_store_is_caught_as_an_error_of_the_store() -> None:
    with pytest.raises(StoreError, match="another update of here is running") as caught:
        raise LockedError.from_locked("here")
    assert caught.value.exit_code == 6
