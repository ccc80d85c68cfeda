"""Facts of a night: counted again by hand, and nobody's id among them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnlab.config.tables import Config
from churnlab.demo.datasets import Community
from churnlab.evaluation.expected import expected_auc
from churnlab.nightly.lists.read import read_list
from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.score import score


@pytest.fixture(scope="module")
def tonight(trained: tuple[Path, dict], community: Community) -> RiskList:
    day = community.events["ts"].max().normalize() + pd.Timedelta(days=1)
    found = score(Config.read(trained[0]), day, log=community.log())
    assert isinstance(found, RiskList)
    return found


def test_they_are_what_the_list_and_the_log_say(
    tonight: RiskList, community: Community, tmp_path: Path
) -> None:
    tonight.write(tmp_path)
    found = read_list(tmp_path)
    night, frame = found.manifest.night, found.frame
    assert night["scored"] == len(tonight.scored) == len(frame)
    assert night["mean_risk"] == pytest.approx(frame["risk"].mean(), abs=1e-9)
    assert night["expected_auc"][0] == pytest.approx(
        expected_auc(frame["risk"].to_numpy()).value, abs=1e-9
    )
    assert 0.5 < night["expected_auc"][1] < night["expected_auc"][2] < 1
    for name in ("tier", "stage", "theme"):
        want = frame.groupby(frame[name].fillna(""))["risk"]
        assert {k: size for k, (size, _) in night[name].items()} == want.size().to_dict()
        for group, (_, mean) in night[name].items():
            assert mean == pytest.approx(want.mean()[group], abs=1e-9)
    days = community.events["ts"].dt.strftime("%Y-%m-%d").value_counts()
    for day, (events, usual) in night["events"].items():
        weeks = [str((pd.Timestamp(day) - pd.Timedelta(days=7 * w)).date()) for w in range(1, 9)]
        assert events == days[day] and usual == np.median([days[week] for week in weeks])
    assert len(night["events"]) == 3 and 0 < night["base_rate"] < 1
    assert night["missing"] and all(0 <= share <= 1 for share in night["missing"].values())
    told = json.dumps(dict(night))
    assert not [user for user in frame["user_id"] if user in told]


def test_a_cut_list_tells_how_many_were_scored(tonight: RiskList, tmp_path: Path) -> None:
    replace(tonight, frame=tonight.frame.head(20)).write(tmp_path)
    manifest = read_list(tmp_path).manifest
    assert manifest.people == 20 and manifest.night["scored"] == len(tonight.frame)
    assert sum(size for size, _ in manifest.night["tier"].values()) == 20
