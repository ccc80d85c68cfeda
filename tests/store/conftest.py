"""A folder of three days, child processes, and small row groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.children import Children
from support.store_folder import (
    FIRST,
    MEANING,
    days_of,
)

from churnlab.store import row_writer, sample
from churnlab.store.folder import StoreFolder


@pytest.fixture
def store(tmp_path: Path) -> StoreFolder:
    made = StoreFolder.create(tmp_path / "store", MEANING)
    made.replace(days_of(1), {FIRST: {"events": 7}})
    return made


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children()
    yield made
    made.stop()


@pytest.fixture
def more_children() -> Iterator[Children]:
    made = Children()
    yield made
    made.stop()


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_writer, "GROUP_ROWS", 7)
    monkeypatch.setattr(sample, "SAMPLE", 16)
