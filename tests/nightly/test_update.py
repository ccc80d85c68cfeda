"""Bringing the store of a configuration up to date, a day or many at a time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from churnlab.config.inputs import open_activity, open_store
from churnlab.config.tables import Config
from churnlab.errors import ChurnlabError, ConfigError, GuardError, LogError, StoreError
from churnlab.nightly.update import update
from churnlab.schema.days import day_number, day_text


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A store that is not there yet, and files of three days; nobody came on the last."""
    for day, people in (
        ("2026-03-01", ["ann", "bob"]),
        ("2026-03-02", ["ann"]),
        ("2026-03-03", []),
    ):
        rows = pd.DataFrame({"who": people, "at": f"{day} 09:00", "what": "open"}, dtype=str)
        rows.to_csv(tmp_path / f"{day}.csv", index=False)
    log = {"path": "{day}.csv", "user": "who", "time": "at", "event": "what", "timezone": "UTC"}
    return Config.of({"log": log, "store": {"folder": "store", "lookback": 1}}, tmp_path)


def test_every_day_from_one_on_is_rolled_up(config: Config) -> None:
    said: list[str] = []
    done = update(config, "2026-03-02", "2026-03-01", say=said.append)
    assert [(d.day, d.people) for d in done] == [("2026-03-01", 2), ("2026-03-02", 1)]
    assert said == ["opening the store", "rolling up 2026-03-01", "rolling up 2026-03-02"]
    assert update(config, "2026-03-02")[0].replaced


def test_an_empty_day_is_refused_unless_it_is_allowed(config: Config) -> None:
    update(config, "2026-03-02", "2026-03-01")
    with pytest.raises(ChurnlabError, match="2026-03-03"):
        update(config, "2026-03-03")
    assert update(config, "2026-03-03", allow_empty=True)[0].rows == 0


def test_a_day_on_which_nothing_happened_needs_no_file(config: Config, tmp_path: Path) -> None:
    (tmp_path / "2026-03-02.csv").unlink()
    with pytest.raises(StoreError, match=r"no such file: .*2026-03-02.csv.*--allow-empty") as no:
        update(config, "2026-03-03", "2026-03-01")
    assert no.value.exit_code == 3
    done = update(config, "2026-03-03", "2026-03-01", allow_empty=True)
    assert [each.rows for each in done] == [2, 0, 0]
    (tmp_path / "2026-03-01.csv").unlink()
    with pytest.raises(LogError, match="no such file"):  # it had rows, and is not emptied
        update(config, "2026-03-01", allow_empty=True)
    (tmp_path / "2026-03-03.csv").unlink()
    with pytest.raises(LogError, match="no such file"):  # of no day: the path is wrong
        update(config, "2026-03-04", allow_empty=True)


def test_old_days_are_folded_when_asked_for(config: Config) -> None:
    update(config, "2026-03-02", "2026-03-01", compact=True)
    assert day_text(open_activity(config).kept_from) == "2026-03-02"


def test_days_that_run_backwards_are_refused(config: Config) -> None:
    with pytest.raises(ConfigError, match="--since is '2026-03-05'; give a day up to 2026-03-02"):
        update(config, "2026-03-02", "2026-03-05")


def test_a_day_after_a_gap_is_refused_unless_it_is_forced(config: Config) -> None:
    update(config, "2026-03-01")
    with pytest.raises(GuardError, match="missing, the first is 2026-03-02") as no:
        update(config, "2026-03-03", allow_empty=True)
    assert no.value.exit_code == 5
    assert open_store(config).days == (day_number("2026-03-01"),)
    update(config, "2026-03-03", allow_empty=True, allow_gap=True)
    update(config, "2026-03-02")  # the gap is closed
    assert update(config, "2026-03-03", allow_empty=True)[0].replaced
