"""The one reading of the clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from churnlab.events import clock
from churnlab.events.spec import LogSpec


def test_now_is_a_moment_in_utc() -> None:
    assert clock.now().tzinfo is UTC


def test_the_moment_of_reading_is_that_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 3, 1, 9, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert LogSpec(user="u", time="t", event="e").read_at == moment
