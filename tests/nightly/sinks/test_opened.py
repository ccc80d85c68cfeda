"""The sinks of a configuration: each by its address, checked before scoring, all of them tried."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.nightly import frame

from churnlab.config.tables import Config
from churnlab.errors import ConfigError, OutputError, SinkError
from churnlab.nightly.lists.read import read_list
from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.sinks.delta import DeltaSink
from churnlab.nightly.sinks.files import FilesSink
from churnlab.nightly.sinks.opened import hand_over, open_sinks, sink_of
from churnlab.nightly.sinks.postgres import PostgresSink

LOG = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}


def test_an_address_says_which_sink() -> None:
    assert sink_of("lists", "", ["csv"]) == FilesSink("lists", ("csv",))
    assert sink_of("s3://bucket/lists", "", ["csv"]) == FilesSink("s3://bucket/lists", ("csv",))
    assert sink_of("delta+s3://bucket/lists", "", []) == DeltaSink("s3://bucket/lists")
    assert sink_of("postgres://host/app", "t", []) == PostgresSink("postgres://host/app", "t")
    with pytest.raises(ConfigError, match="unknown sink 'mysql://'"):
        sink_of("mysql://host/app", "", [])


def test_paths_are_relative_to_the_configuration(tmp_path: Path) -> None:
    config = Config.of(
        {"log": LOG, "sinks": [{"to": "exports"}, {"to": "delta:///lake"}]}, tmp_path
    )
    names = [sink.name for sink in open_sinks(config)]
    assert names == [f"{tmp_path}/exports/list", "Delta table /lake"]


def test_a_sink_that_cannot_be_written_is_found_before_scoring(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    config = Config.of({"log": LOG, "sinks": [{"to": "file"}]}, tmp_path)
    with pytest.raises(OutputError, match="file/list.*cannot be written"):
        open_sinks(config)


class Broken:
    """A sink that always fails."""

    name = "broken"

    def check(self) -> None:
        pass

    def write(self, given: object) -> str:
        raise SinkError.from_refused("broken", "no answer")


def test_one_sink_that_fails_does_not_keep_the_list_from_the_others(tmp_path: Path) -> None:
    tonight = RiskList(frame(5), "2026-03-04", "run")
    written = tonight.write(tmp_path / "out")
    assert hand_over(tonight, written, []) is written
    with pytest.raises(SinkError, match="broken cannot be written: no answer"):
        hand_over(tonight, written, [Broken(), FilesSink(str(tmp_path / "other"))])
    assert len(read_list(tmp_path / "other").frame) == 5
    approval = "not approved"
    trial = replace(tonight, frame=frame(4, approval=approval), model={"approval": approval})
    assert hand_over(trial, trial.write(tmp_path / "out"), [Broken()]).sinks == ()
    done = hand_over(tonight, written, [FilesSink(str(tmp_path / "other"))])
    assert done.to_dict()["sinks"] == [f"{tmp_path}/other/list/latest.json"]
