"""Updates in memory: what they would do, and nothing on the disk."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from churnlab.errors import ConfigError, StoreError
from churnlab.store.activity_store import ActivityStore
from churnlab.store.rehearsed import rehearsed

COLUMNS = {"user": "who", "time": "at", "event": "what", "timezone": "UTC"}


def day(number: int, who: tuple[object, ...] = ("ann", "bob")) -> pd.DataFrame:
    at = pd.Timestamp(f"2026-03-0{number} 09:00")
    return pd.DataFrame({"who": list(who), "at": at, "what": "open"})


def tree(folder: Path) -> dict[str, bytes | None]:
    return {str(p): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def test_an_update_in_memory_says_what_the_real_one_does(tmp_path: Path) -> None:
    store = rehearsed(tmp_path / "store", **COLUMNS)
    first = store.append("2026-03-01", day(1))
    assert not list(tmp_path.iterdir())
    real = ActivityStore.create(tmp_path / "store", **COLUMNS)
    assert real.append("2026-03-01", day(1)) == first
    before = tree(tmp_path)
    store = rehearsed(tmp_path / "store", **COLUMNS)
    updates = [store.append(f"2026-03-0{n}", day(n, ("ann",))) for n in (1, 2)]
    assert [u.replaced for u in updates] == [True, False] and updates[0].changed == 1
    assert tree(tmp_path) == before
    found = store.folder.manifest
    assert [real.append(f"2026-03-0{n}", day(n, ("ann",))) for n in (1, 2)] == updates
    assert real.folder.manifest == found


def test_what_the_real_one_refuses_is_refused(tmp_path: Path) -> None:
    ActivityStore.create(tmp_path, **COLUMNS).append("2026-03-01", day(1))
    with pytest.raises(ConfigError, match="timezone"):
        rehearsed(tmp_path, **COLUMNS | {"timezone": "Asia/Tokyo"})
    store = rehearsed(tmp_path, **COLUMNS)
    with pytest.raises(StoreError, match="int64"):
        store.append("2026-03-02", day(2, (1, 2)))
