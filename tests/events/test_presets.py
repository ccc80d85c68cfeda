"""Presets: which options they fill, and who wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import churnlab as cl
from churnlab.config.tables import Config
from churnlab.errors import ConfigError, LogError
from churnlab.events import presets
from churnlab.events.presets import PRESETS, check_drafts, filled, preset_of
from churnlab.events.spec import NEEDED, LogSpec

AMPLITUDE = pd.DataFrame(
    {
        "user_id": ["ann", "bob", "bob"],
        "amplitude_id": [1, 2, 2],
        "event_time": ["2026-03-01 23:30:00.123456", "2026-03-02 01:00:00", "2026-03-02 01:00:00"],
        "event_type": ["session", "buy", "buy"],
        "$insert_id": ["i1", "i2", "i2"],
    }
)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_known_options(name: str) -> None:
    preset = preset_of(name)
    assert {*NEEDED} <= {*preset.options} and not {*preset.options} - {
        *LogSpec.of(preset=name).__dict__
    }
    spec = LogSpec.of(preset=name)
    assert spec.of_preset == preset.options and all(v is not None for v in preset.options.values())
    assert f"| `{name}` |" in str(presets.__doc__)


def test_a_given_option_wins_and_none_takes_one_away() -> None:
    assert filled({"user": "u"}) == {"user": "u"}
    for nothing in (None, ""):
        spec = LogSpec.of(preset="amplitude", user="amplitude_id", event_id=nothing)
        assert (spec.user, spec.event_id, spec.time) == ("amplitude_id", None, "event_time")
        assert spec.of_preset == {"time": "event_time", "event": "event_type"}
    with pytest.raises(ConfigError, match="unknown preset 'amplitud': did you mean 'amplitude'"):
        LogSpec.of(preset="amplitud")
    with pytest.raises(
        ConfigError, match=r"^user=, event= names no column of the log; .*: ga4, amp"
    ):
        LogSpec.of(time="t")


def test_times_without_a_zone_are_in_utc_whatever_the_zone_of_days(tmp_path: Path) -> None:
    naive = AMPLITUDE.assign(event_time=pd.to_datetime(AMPLITUDE["event_time"], format="ISO8601"))
    AMPLITUDE.to_csv(tmp_path / "log.csv", index=False)
    pq.write_table(pa.Table.from_pandas(naive), tmp_path / "log.parquet")
    zone = {"preset": "amplitude", "timezone": "Asia/Shanghai"}
    logs = [
        cl.EventLog.from_frame(AMPLITUDE, **zone),
        cl.EventLog.from_frame(naive, **zone),
        cl.EventLog.read(tmp_path / "log.csv", **zone, user="amplitude_id"),
        cl.EventLog.read(tmp_path / "log.parquet", **zone),
        cl.EventLog.from_frame(AMPLITUDE, **zone, event_id=None),
    ]
    for log in logs:
        counted = log.describe()
        assert counted["first_day"] == counted["last_day"] == "2026-03-02"  # 07:30 in Shanghai
    assert [log.describe()["events"] for log in logs] == [2, 2, 2, 2, 3]
    assert logs[0].preset == preset_of("amplitude").options and "event_id" not in logs[-1].preset
    assert (
        cl.EventLog.from_frame(AMPLITUDE, preset="amplitude").describe()["first_day"]
        == "2026-03-01"
    )
    assert (
        cl.EventLog.from_frame(
            AMPLITUDE.assign(u=1), user="u", time="event_time", event="event_type", timezone="UTC"
        ).preset
        == {}
    )


def test_people_who_never_logged_in_are_refused_above_the_share() -> None:
    frame = AMPLITUDE.assign(user_id=["ann", None, None])
    with pytest.raises(LogError, match="'user_id' .* in 2 of 3 rows, .* or raise bad_ids"):
        cl.EventLog.from_frame(frame, preset="amplitude", event_id=None)
    log = cl.EventLog.from_frame(frame, preset="amplitude", event_id=None, bad_ids=0.9)
    assert log.counts["bad_ids"] == 2


def test_a_configuration_takes_a_preset() -> None:
    given: dict[str, Any] = {"path": "events", "preset": "ga4", "amount": ""}
    config = Config.of({"log": given}, Path())
    assert config.log.user == "user_pseudo_id" and config.log.amount is None
    assert LogSpec.of(**config.log.options()) == LogSpec.of(preset="ga4", amount=None)
    assert 'preset = "ga4"' in config.to_toml() and 'time_unit = "us"' in config.to_toml()
    for wrong, said in (
        ({"path": "a"}, r"lacks user, time, event in \[log\]"),
        ({"path": "a", "preset": "g4"}, "unknown preset 'g4'"),
        ({"path": "a", "preset": 4}, "log.preset is 4|unknown preset"),
    ):
        with pytest.raises(ConfigError, match=said):
            Config.of({"log": wrong}, Path())
    assert Config.json_schema()["$defs"]["LogTable"]["required"] == ["path"]


def test_a_store_keeps_the_meaning_of_a_preset(tmp_path: Path) -> None:
    AMPLITUDE.to_csv(tmp_path / "log.csv", index=False)
    options = {"preset": "amplitude", "timezone": "Asia/Shanghai"}
    store = cl.ActivityStore.create(tmp_path / "store", log=tmp_path / "log.csv", **options)
    store.append("2026-03-02")
    again = cl.ActivityStore.open(tmp_path / "store", tmp_path / "log.csv", **options)
    log = cl.EventLog.read(tmp_path / "log.csv", **options)
    assert again.daily().digest == log.daily().digest


def test_a_part_of_a_day_is_refused_beside_the_whole_day() -> None:
    check_drafts(None, ["events_20260301.parquet", "events_intraday_20260301.parquet"])
    check_drafts("ga4", ["a/events_20260301/1.parquet", "a/events_intraday_20260302/1.parquet"])
    check_drafts("amplitude", ["events_20260301.json", "events_intraday_20260301.json"])
    with pytest.raises(
        LogError,
        match=r"^a/events_intraday_20260302/1.parquet holds events that a/events_20260302-0.parquet holds once more; leave it out",
    ):
        check_drafts("ga4", ["a/events_20260302-0.parquet", "a/events_intraday_20260302/1.parquet"])
