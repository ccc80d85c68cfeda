"""What columns and events mean, guessed from their names and types."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnlab.config.guessed import (
    fitting_preset,
    newest_of,
    place_of_log,
    receipts_of,
    roles_of,
    sample_of,
    shape_of,
    time_unit,
    zone_of,
)
from churnlab.errors import ConfigError
from churnlab.events.presets import PRESETS
from churnlab.schema.roles import STANDARD_ROLES

AT = pd.date_range("2026-03-01", periods=40, freq="h", tz="UTC")


def frame(**more: object) -> pd.DataFrame:
    base = {"CustomerID": np.arange(40) % 7, "InvoiceDate": AT, "Action": ["buy", "view"] * 20}
    return pd.DataFrame(base | more)


@pytest.mark.parametrize(
    ("columns", "chosen"),
    [
        ({}, {"user": "CustomerID", "time": "InvoiceDate", "event": "Action"}),
        ({"Price": 1.5, "event_id": range(40)}, {"amount": "Price", "event_id": "event_id"}),
        ({"InvoiceDate": AT.astype("datetime64[s, UTC]").astype("int64")}, {"time": "InvoiceDate"}),
        ({"InvoiceDate": AT.strftime("%Y-%m-%d %H:%M")}, {"time": "InvoiceDate"}),
        ({"price": "much"}, {"user": "CustomerID"}),
        ({"用户ID": range(40), "CustomerID": 1.5}, {"user": "用户ID"}),
    ],
)
def test_columns_are_guessed(columns: dict, chosen: dict) -> None:
    found = shape_of("x", frame(**columns), {})
    assert chosen.items() <= found.chosen.items() and set(chosen) <= found.guessed
    assert "amount" not in found.chosen or "amount" in chosen


def test_what_was_said_counts_and_must_be_there() -> None:
    sample = frame(who=range(40))
    found = shape_of("x", sample, {"user": "who"})
    assert found.chosen["user"] == "who" and "user" not in found.guessed
    with pytest.raises(ConfigError, match="did you mean 'who'"):
        shape_of("x", sample, {"user": "whoo"})
    with pytest.raises(ConfigError, match="--event COLUMN, of "):
        shape_of("x", sample.drop(columns="Action"), {})


def test_every_preset_is_known_by_its_columns() -> None:
    for name, preset in PRESETS.items():
        more = ["received_at"] if name == "segment_warehouse" else []
        columns = [v for o, v in preset.options.items() if o != "time_unit"] + more
        assert fitting_preset([*columns, "another"]) == name
    assert fitting_preset(["user_id", "ts", "event"]) is None


def test_roles_are_known_ones_and_each_event_has_one() -> None:
    events = ["Order Completed", "push-sent", "pushOpened", "like_received", "AppOpen", "视频浏览",
              "refund", "sign_up", "zzz", "badge_awarded"]  # fmt: skip
    found = roles_of(events)
    given = [event for events in found.values() for event in events]
    assert set(found) <= set(STANDARD_ROLES) and "zzz" not in given
    assert found["purchase"] == ["Order Completed"] and found["open"] == ["AppOpen"]
    assert found["push_sent"] == ["push-sent"] and found["push_opened"] == ["pushOpened"]
    assert receipts_of(events) == ["badge_awarded"]
    assert len(given) == len(set(given)) == 8


@pytest.mark.parametrize("ending", ["parquet", "csv", "json", "csv.gz"])
def test_files_of_every_kind_are_looked_into(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"log.{ending}"
    sample = frame(ecommerce=[{"revenue": 2.0}] * 40)
    if ending == "parquet":
        sample.to_parquet(file)
    elif ending == "json":
        sample.to_json(file, orient="records", lines=True, date_format="iso")
    else:
        sample.drop(columns="ecommerce").to_csv(file, index=False)
    found = sample_of(str(file))
    assert found is not None and len(found) == 40 and "CustomerID" in found
    assert ("ecommerce.revenue" in found) == (ending in ("parquet", "json"))


def test_a_folder_of_days_is_known_and_a_file_that_is_none_refused(tmp_path: Path) -> None:
    for day in ("2026-03-01", "2026-03-02"):
        frame().to_parquet(tmp_path / f"{day}.parquet")
    place = place_of_log(str(tmp_path))
    assert place == str(tmp_path / "{day}.parquet") and newest_of(place).endswith("02.parquet")
    frame().to_parquet(tmp_path / "more.parquet")
    assert place_of_log(str(tmp_path)) == str(tmp_path / "*.parquet")
    (tmp_path / "odd.parquet").write_bytes(b"no parquet")
    with pytest.raises(ConfigError, match="cannot be looked into"):
        sample_of(str(tmp_path / "odd.parquet"))
    with pytest.raises(ConfigError, match="files that exist"):
        sample_of(str(tmp_path / "nothing.csv"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="a folder of"):
        place_of_log(str(tmp_path / "empty"))
    assert sample_of("postgresql://host/app") is None


def test_the_zone_of_a_file_of_a_day() -> None:
    day = pd.Series(pd.date_range("2026-03-01 16:00", periods=24, freq="h", tz="UTC"))
    assert zone_of("2026-03-02.parquet", day) == "Etc/GMT-8"
    assert zone_of("2026-03-01.parquet", day) == "UTC"  # no zone fits
    assert zone_of("2026-03-02.parquet", day + pd.Timedelta(hours=8)) == "UTC"


def test_units_of_numbers_since_1970() -> None:
    now = 1_772_000_000
    assert [time_unit(pd.Series([now * 1000**k])) for k in range(4)] == ["s", "ms", "us", "ns"]
    assert time_unit(pd.Series([12])) is None and time_unit(pd.Series(["x"])) is None
