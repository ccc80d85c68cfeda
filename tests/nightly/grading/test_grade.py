"""Grades: every figure recounted from the raw events, and what cannot be graded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.graded import Happened, happened, job_beside, slow_auc

import churnlab as cl
from churnlab.config.tables import Config
from churnlab.demo.datasets import Community
from churnlab.errors import ListError, NothingToDo
from churnlab.nightly.grading.record import Grade
from churnlab.nightly.shadow.lists import ShadowScores

DAY, LATER = "2026-04-15", "2026-05-10"  # the value window of the first is over, of the second not
LIST = '\n[list]\ncontrol = 0.4\ncampaign = "spring"\n'


@pytest.fixture(scope="module")
def job(trained: tuple[Path, dict], tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A job with lists of two days, of which a share is held back."""
    config = Config.read(job_beside(trained[0], tmp_path_factory.mktemp("graded"), LIST))
    for day in (DAY, LATER):
        cl.score(config, day).write(config.path(config.output.folder), force="a test")
    return config


@pytest.fixture(scope="module")
def found(job: Config) -> Grade:
    return cl.grade(job, DAY)


@pytest.fixture(scope="module")
def rows(job: Config, community: Community) -> pd.DataFrame:
    """The list with what happened, by slow plain Python."""
    frame = cl.read_list(job.path(job.output.folder), DAY).frame
    then = happened(community.events, frame["user_id"], DAY, 30)
    later = happened(community.events, frame["user_id"], DAY, 60)
    return frame.assign(
        churned=[then[user].churned for user in frame["user_id"]],
        spent=[then[user].spent for user in frame["user_id"]],
        value=[later[user].spent for user in frame["user_id"]],
    )


def test_its_figures_are_those_of_the_raw_events(found: Grade, rows: pd.DataFrame) -> None:
    churned, risk = rows["churned"].tolist(), rows["risk"].tolist()
    assert found.people == found.known == len(rows) and 10 < sum(churned) < len(rows) - 10
    assert found.base_rate == pytest.approx(np.mean(churned), abs=1e-12)
    assert found.mean_risk == pytest.approx(np.mean(risk), abs=1e-12)
    assert found.auc.value == pytest.approx(slow_auc(churned, risk), abs=1e-12)
    assert found.auc.low <= found.auc.value <= found.auc.high
    assert found.metric("auc", "base_rate").value == 0.5
    assert found.ended == "2026-05-14" and found.error == pytest.approx(
        found.expected_auc.value - found.auc.value
    )


def test_each_group_is_recounted(found: Grade, rows: pd.DataFrame, community: Community) -> None:
    seen = set()
    first = community.events.groupby("user_id")["ts"].min()
    new = rows["user_id"].map(first) >= pd.Timestamp(DAY) - pd.Timedelta(days=59)
    channel = rows["user_id"].map(community.users.set_index("user_id")["channel"])
    by = rows.assign(
        channel=channel, **{"first seen": np.where(new, "under 60 days ago", "earlier")}
    )
    for row in found.groups.to_dict("records"):
        if row["group"] not in by:
            continue
        of = by[by[row["group"]].fillna("").replace("", "none") == row["value"]]
        seen.add(row["group"])
        assert row["people"] == len(of), row
        assert row["observed"] == pytest.approx(of["churned"].mean(), abs=1e-12)
        assert row["predicted"] == pytest.approx(of["risk"].mean(), abs=1e-12)
        assert row["observed_low"] < row["observed"] + 1e-12 < row["observed_high"] + 2e-12
    assert seen >= {"tier", "stage", "theme", "control", "channel", "first seen"}
    tiers = found.groups[found.groups["group"] == "tier"]["value"].tolist()
    assert tiers == [tier for tier in ("high", "medium", "low") if tier in tiers]


def test_calibration_and_money(found: Grade, rows: pd.DataFrame) -> None:
    assert found.calibration["rows"].sum() == len(rows) and len(found.calibration) == 10
    first = rows.sort_values("risk").head(int(found.calibration["rows"].iloc[0]))
    assert found.calibration["observed"].iloc[0] == pytest.approx(first["churned"].mean())
    money = found.money.set_index("value")
    assert money.loc["all", "expected"] == pytest.approx(rows["ltv"].sum(), abs=1e-3)
    assert money.loc["all", "spent"] == pytest.approx(rows["value"].sum(), abs=1e-3)
    assert money.loc["all", "low"] < money.loc["all", "spent"] < money.loc["all", "high"]
    for tier in money.index.drop("all"):
        of = rows[rows["tier"] == tier]
        assert money.loc[tier, "spent"] == pytest.approx(of["value"].sum(), abs=1e-3)
    assert found.money_from == ""


def test_contacted_people_stand_beside_the_control_group(found: Grade, rows: pd.DataFrame) -> None:
    held = rows["control"] == "yes"
    effect = found.effect.set_index("what")
    assert 30 < held.sum() < len(rows) - 30
    for what in ("churned", "spent"):
        contacted, control = rows.loc[~held, what].mean(), rows.loc[held, what].mean()
        row = effect.loc[what]
        assert row["contacted_people"] == (~held).sum() and row["control_people"] == held.sum()
        assert row["contacted"] == pytest.approx(contacted, abs=1e-4)
        gap = control - contacted if what == "churned" else contacted - control
        assert row["difference"] == pytest.approx(gap, abs=1e-4)
        assert row["low"] < row["difference"] < row["high"]


def test_no_id_is_in_what_is_kept_and_logged(found: Grade, rows: pd.DataFrame) -> None:
    told = json.dumps([found.to_dict(), found.metrics()], default=str)
    assert not [user for user in rows["user_id"] if f'"{user}"' in told]


def test_money_whose_window_is_not_over_says_when(job: Config) -> None:
    found = cl.grade(job, LATER)
    assert found.money.empty and found.money_from == "2026-07-09" and found.known > 0


def test_a_challenger_is_graded_on_the_same_people(
    job: Config, rows: pd.DataFrame, found: Grade
) -> None:
    folder = job.path(job.output.folder)
    risk = rows[["user_id"]].assign(risk=1 - rows["risk"])
    ShadowScores(risk, DAY, 7, "r7").write(folder)
    ShadowScores(risk.head(5), DAY, 8, "r8").write(folder)
    both = cl.grade(job, DAY)
    assert both.challengers == ("version 7",)
    assert both.metric("auc", "version 7").value == pytest.approx(1 - found.auc.value)
    gap = both.ahead("auc", "version 7")
    assert gap.value == pytest.approx(2 * found.auc.value - 1) and gap.low <= gap.value <= gap.high
    assert str(both.auc) == str(found.auc)
    assert any("version 8 is not graded" in str(note) for note in both.notes)


def test_what_cannot_be_graded(job: Config, community: Community) -> None:
    with pytest.raises(ListError, match="no list of 2026-04-16") as refused:
        cl.grade(job, "2026-04-16")
    assert refused.value.exit_code == 3
    short = community.events[community.events["ts"] < "2026-05-14"]
    log = replace(community, events=short, days=133).log()
    with pytest.raises(NothingToDo, match="ends on 2026-05-14 and the log on 2026-05-13; "
                       "grade it from 2026-05-15 on"):  # fmt: skip
        cl.grade(job, DAY, log=log)
    others = community.events.assign(user_id="x" + community.events["user_id"].astype(str))
    strangers = replace(community, events=others)
    with pytest.raises(ListError, match="nobody on the list of 2026-04-15 is in the log"):
        cl.grade(job, DAY, log=strangers.log())


def test_a_list_of_few_people_says_what_is_not_known(
    trained: tuple[Path, dict], tmp_path: Path, community: Community
) -> None:
    config = Config.read(job_beside(trained[0], tmp_path, "\n[list]\ntop = 12\n"))
    folder = config.path(config.output.folder)
    cl.score(config, DAY).write(folder, force="a test")
    some = cl.read_list(folder, DAY).frame["user_id"].tolist()[:2]
    kept = community.events[~community.events["user_id"].isin(some)]
    log = replace(community, events=kept).log()
    found = cl.grade(config, DAY, log=log)
    said = " ".join(map(str, found.notes))
    assert found.people == 12 and found.known == 10
    assert "cut to 12 of " in said and "2 people of the list are not in the log" in said
    assert "no control group" in said and "judged on 10 people only" in said
    assert "a guard blocked it: a test" in said
    assert found.groups["auc"].isna().all() and found.groups["note"].astype(bool).all()


def test_happened_counts_by_hand() -> None:
    """The slow truth itself, on six events."""
    days = ["2026-01-01", "2026-01-10", "2026-01-11", "2026-01-10", "2026-01-19", "2026-01-20"]
    events = pd.DataFrame(
        {
            "user_id": ["a", "a", "b", "c", "d", "e"],
            "ts": pd.to_datetime(days),
            "event": ["app_open", "push_sent", "purchase", "app_open", "purchase", "purchase"],
            "amount": [None, None, 5.0, None, 7.0, 9.0],
        }
    )
    found = happened(events, "abcde", "2026-01-10", 10)
    assert found == {
        "a": Happened(True, 0.0),
        "b": Happened(False, 5.0),
        "c": Happened(False, 0.0),
        "d": Happened(False, 7.0),
        "e": Happened(True, 0.0),
    }
    assert happened(events, "c", "2026-01-10", 9, lead=1)["c"].churned
    assert isinstance(found, Mapping)
