"""The list that tonight's is compared with."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.nightly import published, tonight

from churnlab.errors import ListError
from churnlab.nightly.lists.last import last_day, last_list


def test_the_newest_list_before_a_day(tmp_path: Path) -> None:
    assert last_list(tmp_path, "2026-03-04") is None
    for day in ("2026-03-01", "2026-03-03", "2026-03-05"):
        published(tmp_path, tonight(5, day))
    found = last_list(tmp_path, "2026-03-05")
    assert found is not None and found.as_of == "2026-03-03" and len(found.frame) == 5
    assert last_day(tmp_path, "2026-03-03") == "2026-03-01"
    assert last_day(tmp_path, "2026-03-01") is None
    assert last_day(tmp_path, "2026-03-06", trial=True) is None


def test_a_list_of_long_ago_is_not_compared(tmp_path: Path) -> None:
    published(tmp_path, tonight(5, "2026-03-01"))
    assert last_day(tmp_path, "2026-04-26") == "2026-03-01"
    assert last_day(tmp_path, "2026-04-27") is None


def test_a_damaged_list_is_named(tmp_path: Path) -> None:
    manifest = published(tmp_path, tonight(5, "2026-03-01"))
    (tmp_path / "list" / manifest.files["list_parquet"].path).unlink()
    with pytest.raises(ListError, match="it is missing"):
        last_list(tmp_path, "2026-03-02")
