"""Publication: only audited rows reach a sink."""

from __future__ import annotations

import pytest
from support.nightly import DAY, ORDER, frame

from churnlab.errors import AuditError
from churnlab.nightly.lists.publication import Publication


def test_rows_are_audited_before_any_sink_gets_them() -> None:
    assert len(Publication.of(frame(5), DAY, "r", {}, ORDER).table) == 5
    with pytest.raises(AuditError, match="risk is not a probability"):
        Publication.of(frame(2, risk=[2.0, 0.5]), DAY, "r", {}, ORDER)


def test_ids_are_text_or_whole_numbers() -> None:
    assert Publication.of(frame(2), DAY, "r", {}, ORDER).ids == "string"
    assert Publication.of(frame(2, user_id=[3, 1]), DAY, "r", {}, ORDER).ids == "int64"
