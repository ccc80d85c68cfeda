"""No secret in any text."""

from __future__ import annotations

import pytest
from support.databases import (
    CANARY,
)

from churnlab.events.database_table import driver_text


def test_secrets_are_masked_in_what_a_driver_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", CANARY)
    for text in (
        f"at {CANARY}!",
        f"conninfo password={CANARY}x host=h",
        f"PASSWORD = '{CANARY} y' z",
        f"postgresql://u:{CANARY}@h/d",
        f"?sslpassword={CANARY}&a=b",
    ):
        assert CANARY not in driver_text(OSError(text))
        monkeypatch.delenv("PGPASSWORD", raising=False)
        assert CANARY not in driver_text(OSError(text)) or text.startswith("at")
