"""Errors of models."""

from __future__ import annotations

from churnlab.errors import ModelError


def test_a_long_reason_is_one_short_line() -> None:
    text = str(ModelError.from_store("sqlite", "a\n" * 500))
    assert "\n" not in text and len(text) < 420
