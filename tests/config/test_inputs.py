"""What a configuration names, opened: log, store, people, runs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from churnlab.activity.daily import DailyActivity
from churnlab.config.inputs import (
    open_activity,
    open_log,
    open_store,
    open_tracker,
    read_users,
)
from churnlab.config.tables import Config
from churnlab.errors import ConfigError, StoreError
from churnlab.store.activity_store import ActivityStore

LOG = {"path": "{day}.csv", "user": "who", "time": "at", "event": "what", "timezone": "UTC"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two days of events, a file a day, and a file of people."""
    for day, people in (("2026-03-01", ["ann", "bob"]), ("2026-03-02", ["ann"])):
        rows = pd.DataFrame({"who": people, "at": f"{day} 09:00", "what": "open"})
        rows.to_csv(tmp_path / f"{day}.csv", index=False)
    pd.DataFrame({"who": ["ann"], "age": [30]}).to_parquet(tmp_path / "people.parquet")
    return tmp_path


def config(folder: Path, store: str = "", **log: object) -> Config:
    return Config.of({"log": LOG | log, "store": {"folder": store}}, folder)


def test_the_log_is_read_from_all_its_days(folder: Path) -> None:
    assert open_log(config(folder)).describe()["events"] == 3
    activity = open_activity(config(folder))
    assert isinstance(activity, DailyActivity) and len(activity.users) == 2


def test_a_log_that_is_given_takes_the_place_of_the_files(folder: Path) -> None:
    log = open_log(config(folder))
    assert open_activity(config(folder / "nowhere"), log) is log.daily()


def test_a_store_is_read_whole_or_left_to_be_read_by_groups(folder: Path) -> None:
    with_store = config(folder, "store")
    with pytest.raises(StoreError, match="holds no activity store"):
        open_store(with_store)
    store = open_store(with_store, new=True)
    for day in ("2026-03-01", "2026-03-02"):
        store.append(day)
    whole = open_activity(with_store)
    assert isinstance(whole, DailyActivity) and len(whole.users) == 2
    assert isinstance(open_activity(with_store, by_groups=True), ActivityStore)


def test_a_store_without_a_folder_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"lacks folder in \[store\]"):
        open_store(config(folder))


def test_people_have_the_ids_of_the_log(folder: Path) -> None:
    activity = open_activity(config(folder))
    assert read_users(config(folder), activity) is None
    found = read_users(config(folder, users="people.parquet"), activity)
    assert found is not None and found["user_id"].tolist() == ["ann"]


def test_runs_are_tracked_in_the_folder_of_the_file(folder: Path) -> None:
    tracker = open_tracker(config(folder))
    assert (tracker.folder, tracker.experiment) == (folder / "churnlab-runs", "churnlab")
    assert tracker.kept == folder / "churnlab-output"


@pytest.mark.parametrize(
    "store, uri",
    [
        ("databricks", "databricks"),
        ("databricks://work", "databricks://work"),
        ("HTTP://host:5000", "http://host:5000"),
        ("sqlite:///runs.db", "sqlite:///{folder}/runs.db"),
    ],
)
def test_a_store_of_runs_may_be_an_address_of_mlflow(folder: Path, store: str, uri: str) -> None:
    tracker = open_tracker(Config.of({"log": LOG, "tracking": {"store": store}}, folder))
    assert tracker.folder is None and tracker.uri == uri.format(folder=folder)
