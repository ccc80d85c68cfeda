"""watch: a table, lines of JSON and a page of the last nights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.nightly import content
from support.nights import DAYS, odd_week

import churnlab as cl
from churnlab.errors import ConfigError, OutputError
from churnlab.nightly.watching.watch import COLUMNS


def test_a_row_a_night_and_nothing_is_changed(tmp_path: Path) -> None:
    before = content(odd_week(tmp_path))
    found = cl.watch(tmp_path, nights=7)
    frame = found.frame().set_index("as_of")
    assert list(frame.reset_index()) == list(COLUMNS) and frame.index.tolist() == list(DAYS)
    assert frame.loc[DAYS[0], ["people", "auc", "expected_auc"]].tolist() == [20, 0.875, 0.8]
    assert frame.loc[DAYS[1], ["entered", "left", "psi_last"]].tolist() == [3, 2, 0.2]
    assert np.isnan(frame.loc[DAYS[2], "people"])
    assert frame.loc[DAYS[3], "failed"] == "volume_least push_sent"
    assert found.counts() == {"published": 2, "warned": 1, "forced": 1, "blocked": 1, "missing": 1,
                              "damaged": 1}  # fmt: skip
    assert repr(found) == "Nights(7 nights, 2026-03-01 to 2026-03-07)"
    assert content(tmp_path) == before


def test_lines_are_json_without_ids(tmp_path: Path) -> None:
    lines = list(cl.watch(odd_week(tmp_path), nights=7).lines())
    nights = [json.loads(line) for line in lines]
    assert [night["as_of"] for night in nights] == list(DAYS)
    assert nights[0]["grade"]["estimate_error"] == pytest.approx(0.025)
    assert nights[1]["night"]["changes"]["exit"] == {"churned": 2}
    assert nights[1]["guards"][0]["figure"] == 0.2 and nights[2] == {
        "as_of": DAYS[2],
        "state": "missing",
    }
    frame = cl.read_list(tmp_path, DAYS[0]).frame
    assert not [u for u in frame["user_id"] if len(u) > 3 and u in "".join(lines)]


def test_the_page_is_written_whole(tmp_path: Path) -> None:
    found = cl.watch(odd_week(tmp_path / "job"), nights=7, until=DAYS[5])
    path = found.write(tmp_path / "watch.html")
    assert path.read_text() == found.html() and len(found.nights) == 7
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        found.write(tmp_path / "file" / "watch.html")


def test_wrong_calls(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nights is 0"):
        cl.watch(tmp_path, nights=0)
    with pytest.raises(ConfigError, match="is not a day"):
        cl.watch(odd_week(tmp_path), until="soon")
