"""Made-up exports of GA4, Amplitude, Mixpanel, Segment and Snowplow, read end to end by a preset.

Three people over three days, the same events in each shape: what a frame of plain columns gives is
what each export gives.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from support.command import call
from support.databases import make_duckdb
from support.exports import EVENTS, SHAPES, ga4, rows, write

import churnlab as cl
from churnlab.errors import LogError

PLAIN = pd.DataFrame(EVENTS)
ZONE = {"timezone": "Asia/Shanghai"}


def plain(*, amount: bool, **options: Any) -> cl.EventLog:
    """The log of plain columns that an export is to equal."""
    named = {"user": "user", "time": "time", "event": "event", "event_id": "id"}
    money = {"amount": "amount"} if amount else {}
    return cl.EventLog.from_frame(PLAIN, **named, **money, **ZONE, **options)


def same(log: cl.EventLog, want: cl.EventLog) -> None:
    leave = ("source", "duplicates", "duplicates_dropped")
    told, wanted = ({k: v for k, v in x.describe().items() if k not in leave} for x in (log, want))
    assert told == wanted
    assert log.daily().digest == want.daily().digest


def wanted(name: str) -> cl.EventLog:
    if name == "mixpanel":  # whole seconds
        whole = PLAIN.assign(time=PLAIN["time"].dt.floor("s"))
        return cl.EventLog.from_frame(whole, user="user", time="time", event="event", **ZONE)
    return plain(amount=name == "ga4")


@pytest.mark.parametrize("name", SHAPES)
def test_an_export_is_read_by_its_preset(name: str, tmp_path: Path) -> None:
    log = cl.EventLog.read(write(name, tmp_path), preset=name, **ZONE)
    same(log, wanted(name))
    assert log.preset["time"] and log.counts["duplicates_dropped"] == (0 if name == "ga4" else 4)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("library", [pa.Table.from_pylist, pl.DataFrame, pd.DataFrame])
def test_frames_of_the_same_shape(name: str, library: Any) -> None:
    log = cl.EventLog.from_frame(library(rows(name)), preset=name, **ZONE)
    same(log, wanted(name))


def test_ga4_as_a_table(tmp_path: Path) -> None:
    """A table of DuckDB and one of Delta, nested as they are."""
    table = pa.Table.from_pylist(rows("ga4"))
    table = table.drop_columns("user_id")
    write_deltalake(tmp_path / "delta", table)
    make_duckdb(tmp_path / "ga4.duckdb", table)
    options = {"preset": "ga4", "measures": ["event_params.seconds"], **ZONE}
    for place, name in ((tmp_path / "delta", None), (tmp_path / "ga4.duckdb", "events")):
        log = cl.EventLog.read(place, table=name, **options)
        assert total(log) == sum(e["seconds"] for e in EVENTS)
        money = log.daily().describe()["money"]
        assert money == wanted("ga4").daily().describe()["money"] > 0
        with pytest.raises(LogError, match=r"has no column 'nothing.x' \(given as amount=\)"):
            cl.EventLog.read(place, table=name, **options, amount="nothing.x")


def test_ga4_as_json_lines(tmp_path: Path) -> None:
    def line(event: dict[str, Any]) -> str:  # BigQuery writes whole numbers of 64 bits as text
        row = ga4(event)
        row["event_timestamp"] = str(row["event_timestamp"])
        for param in row["event_params"]:
            param["value"] = {k: v for k, v in param["value"].items() if v is not None}
            if "int_value" in param["value"]:
                param["value"]["int_value"] = str(param["value"]["int_value"])
        return json.dumps(row)

    (tmp_path / "events_20260301.json").write_text("\n".join(map(line, EVENTS)))
    log = cl.EventLog.read(tmp_path / "events_20260301.json", preset="ga4", **ZONE)
    same(log, wanted("ga4"))
    measured = cl.EventLog.read(
        tmp_path / "events_20260301.json", preset="ga4", measures=["event_params.seconds"], **ZONE
    )
    assert total(measured) == sum(e["seconds"] for e in EVENTS)


def total(log: cl.EventLog) -> float:
    """The sum of the only measure of a log."""
    measure = log.daily().measures[0].column_name
    return float(log.daily().as_of().total(measure)) / 1e6


@pytest.mark.parametrize("library", [pa.Table.from_pylist, pl.DataFrame, pd.DataFrame])
def test_a_key_of_ga4s_parameters_is_looked_up(library: Any, tmp_path: Path) -> None:
    place = write("ga4", tmp_path)
    for key, want in (
        ("seconds", sum(e["seconds"] for e in EVENTS)),
        ("half", sum(e["seconds"] for e in EVENTS) / 2),
    ):
        options = {"preset": "ga4", "measures": [f"event_params.{key}"], **ZONE}
        assert total(cl.EventLog.read(place, **options)) == want
        assert total(cl.EventLog.from_frame(library(rows("ga4")), **options)) == want
    pages = cl.Measure.distinct("event_params.page_location", name="pages")
    log = cl.EventLog.from_frame(library(rows("ga4")), preset="ga4", measures=[pages], **ZONE)
    named = plain(amount=True, measures=[cl.Measure.distinct("page", name="pages")])
    assert log.daily().digest == named.daily().digest


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    place = write("ga4", tmp_path)
    with pytest.raises(LogError, match=r"has no column 'event_time' \(given as time=\)"):
        cl.EventLog.read(place, preset="amplitude", user="user_pseudo_id", **ZONE)
    for wrong in ("ecommerce.revenue", "user_pseudo_id.x", "nothing.x"):
        with pytest.raises(LogError, match=rf"has no column '{wrong}' \(given as amount=\)"):
            cl.EventLog.read(place, preset="ga4", amount=wrong, **ZONE)
        frame = pa.Table.from_pylist(rows("ga4"))
        with pytest.raises(LogError, match=rf"has no column '{wrong}' \(given as amount=\)"):
            cl.EventLog.from_frame(frame, preset="ga4", amount=wrong, **ZONE)


def test_the_part_of_a_day_beside_the_whole_day_is_refused(tmp_path: Path) -> None:
    place = write("ga4", tmp_path)
    (tmp_path / "events_intraday_20260301.parquet").write_bytes(
        (tmp_path / "events_20260301.parquet").read_bytes()
    )
    with pytest.raises(
        LogError, match="events_intraday_20260301.parquet holds events that .* more"
    ):
        cl.EventLog.read(place, preset="ga4", **ZONE)
    same(cl.EventLog.read(tmp_path / "events_2*.parquet", preset="ga4", **ZONE), wanted("ga4"))


def test_a_preset_in_the_configuration(tmp_path: Path) -> None:
    write("mixpanel", tmp_path)
    toml = '[log]\npath = "*.json.gz"\npreset = "mixpanel"\ntimezone = "Asia/Shanghai"\n'
    (tmp_path / "churnlab.toml").write_text(toml)
    shown = call("config", "--config", tmp_path / "churnlab.toml")
    assert 'user = "properties.distinct_id"' in shown and 'time_unit = "s"' in shown
    catalogue = call("features", "--config", tmp_path / "churnlab.toml", "--json")
    assert json.loads(catalogue)
