"""Progress messages."""

from __future__ import annotations

import pytest

from churnlab.schema.progress import silent


def test_silent_work_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    silent("reading events")
    assert capsys.readouterr() == ("", "")
