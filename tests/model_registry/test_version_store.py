"""VersionStore: the lock on a server, which a killed process leaves behind for ten minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.small_runs import new_store

from churnlab.errors import LockedError, ModelError
from churnlab.model_registry import version_store
from churnlab.model_registry.address import Address
from churnlab.model_registry.reaching import Reach
from churnlab.model_registry.version_store import VersionStore


def test_a_lock_of_a_killed_process_ends_and_one_of_a_living_is_kept(
    tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version_store, "_PAUSE_SECONDS", 0.001)
    tracker = new_store(tmp_path / "runs", empty_database)
    database = Reach(Address.of(tracker.uri), "churnlab")  # by its address: no folder to lock
    assert database.address.folder is None
    now = datetime.now(UTC)
    with database.open() as store:
        versions = VersionStore(store, "churn")
        with versions.alone(database, now):
            with pytest.raises(LockedError, match="another decision about 'churn' is under way"):
                versions._take("churn (decision under way)", now)
            versions._take("churn (decision under way)", now + timedelta(minutes=11))
        with versions.alone(database, now):
            pass
        assert store.client.search_registered_models() == []


def test_nothing_that_was_put_forward(tmp_path: Path, empty_database: Path) -> None:
    tracker = new_store(tmp_path / "runs", empty_database)
    with tracker.reach.open() as store:
        versions = VersionStore(store, "churn")
        assert versions.all() == [] and versions.with_alias("champion") is None
        with pytest.raises(ModelError, match="there are: none"):
            versions.get(1)
