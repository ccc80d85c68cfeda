"""Accidents of a night: each is planted into a small log, and the old list stands."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnlab.config.tables import Config
from churnlab.demo.datasets import Community
from churnlab.errors import ChurnlabError, GuardError
from churnlab.nightly.lists.read import read_list
from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.score import score

DAY = pd.Timedelta(days=1)
Events = pd.DataFrame


@dataclass(frozen=True)
class Night:
    """A trained job, its log, the day of tonight's list, and a folder with last night's."""

    config: Config
    community: Community
    day: pd.Timestamp
    folder: Path

    def score(self, events: Events | None = None, day: pd.Timestamp | None = None) -> RiskList:
        found = self.community if events is None else replace(self.community, events=events)
        tonight = score(self.config, self.day if day is None else day, log=found.log())
        assert isinstance(tonight, RiskList)
        return tonight

    def newest(self, change: Callable[[Events], Events]) -> Events:
        """The log with the newest day changed."""
        events = self.community.events
        new = events["ts"] >= self.day - DAY
        return pd.concat([events[~new], change(events[new])], ignore_index=True)


@pytest.fixture(scope="module")
def night(
    trained: tuple[Path, dict], community: Community, tmp_path_factory: pytest.TempPathFactory
) -> Night:
    day = community.events["ts"].max().normalize() + DAY
    folder = tmp_path_factory.mktemp("lists")
    found = Night(Config.read(trained[0]), community, day, folder)
    found.score(day=day - DAY).write(folder)
    return found


@pytest.fixture
def lists(night: Night, tmp_path: Path) -> Path:
    """A copy of the folder with last night's list."""
    return Path(shutil.copytree(night.folder, tmp_path / "lists"))


def renamed(role: str) -> Callable[[Events], Events]:
    return lambda day: day[~day["event"].eq(role)]


def moved(hours: int) -> Callable[[Events], Events]:
    return lambda day: day.assign(ts=day["ts"] + pd.Timedelta(hours=hours))


def doubled(day: Events) -> Events:
    return pd.concat([day, day.assign(ts=day["ts"] + pd.Timedelta(seconds=1))])


def priced(times: float) -> Callable[[Events], Events]:
    return lambda day: day.assign(amount=day["amount"] * times)


def other_ids(day: Events) -> Events:
    return day.assign(user_id="app:" + day["user_id"])


def a_robot(day: Events) -> Events:
    return pd.concat([day, *[day.head(1500).assign(user_id=day["user_id"].iloc[0])] * 2])


NEWEST_DAY = {
    "a tenth of a day": (lambda day: day.sample(frac=0.1, random_state=1), "volume_least all"),
    "the end of the day is missing": (lambda day: day[day["ts"].dt.hour < 12], "volume_least all"),
    "no event at all": (lambda day: day.head(0), "days_without_events"),
    "no push was sent": (renamed("push_sent"), "volume_least push_sent"),
    "no push was opened": (renamed("push_open"), "volume_least push_opened"),
    "no app was opened": (renamed("app_open"), "volume_least open"),
    "nobody was liked": (renamed("like_received"), "volume_least social_received"),
    "nobody likes": (renamed("like"), "volume_least social"),
    "eight hours earlier": (moved(-8), "hours_of_day"),
    "the zone of another land": (moved(-12), "hours_of_day"),
    "a doubled day": (doubled, "volume_most all"),
    "a robot": (a_robot, "volume_most all"),
    "prices in cents": (priced(100), "order_value"),
    "prices in thousands": (priced(0.001), "order_value"),
    "ids of another kind": (other_ids, "missing"),
}


@pytest.mark.parametrize("accident", NEWEST_DAY)
def test_an_accident_of_the_newest_day_keeps_the_old_list(
    night: Night, lists: Path, accident: str
) -> None:
    change, guard = NEWEST_DAY[accident]
    _refused(night.score(night.newest(change)), lists, guard)


def _refused(tonight: RiskList, lists: Path, guard: str) -> None:
    before = read_list(lists).manifest
    with pytest.raises(GuardError, match=f"is not published, the old one stands.*{guard}: ") as no:
        tonight.write(lists)
    assert "\n" not in str(no.value) and read_list(lists).manifest == before


def without_day(events: Events, day: pd.Timestamp) -> Events:
    return events[(events["ts"] < day) | (events["ts"] >= day + DAY)]


def half_the_people(events: Events, day: pd.Timestamp) -> Events:
    return events[events["user_id"].str[-1].isin(list("02468"))]


def twice_the_people(events: Events, day: pd.Timestamp) -> Events:
    return pd.concat([events, other_ids(events)])


WHOLE_LOG = {
    "a day is missing": (lambda e, day: without_day(e, day - 5 * DAY), "days_without_events"),
    "half of the people": (half_the_people, "people_least"),
    "everybody twice, by two ids": (twice_the_people, "people_most"),
}


@pytest.mark.parametrize("accident", WHOLE_LOG)
def test_an_accident_of_the_whole_log_keeps_the_old_list(
    night: Night, lists: Path, accident: str
) -> None:
    change, guard = WHOLE_LOG[accident]
    _refused(night.score(change(night.community.events, night.day)), lists, guard)


def test_a_day_that_the_model_learnt_from_is_refused(night: Night, tmp_path: Path) -> None:
    tonight = night.score(day=night.day - 60 * DAY)
    with pytest.raises(GuardError, match="among the days that the model learnt from"):
        tonight.write(tmp_path)
    assert not list(tmp_path.glob("list/as_of=*"))


def test_a_quiet_night_is_published_with_every_figure(night: Night, lists: Path) -> None:
    night.score().write(lists)
    manifest = read_list(lists).manifest
    names = {guard["name"] for guard in manifest.guards}
    assert names > {
        "approved", "review", "model_age", "learnt_days", "days_without_events", "set_aside",
        "volume_least all", "volume_most push_sent", "order_value", "hours_of_day", "missing",
        "unseen_categories", "mean_score", "psi_training", "psi_last", "people_least",
    }  # fmt: skip
    assert all(guard["passed"] or guard["level"] == "warn" for guard in manifest.guards)
    assert manifest.forced == ""
    assert manifest.compared_with == str((night.day - DAY).date())
    changes = pd.read_parquet(lists / "list" / manifest.files["changes"].path)
    before = read_list(lists, manifest.compared_with).frame["user_id"]
    came = changes["user_id"][changes["change"] == "enter"]
    left = changes["user_id"][changes["change"] == "exit"]
    now = read_list(lists).frame["user_id"]
    assert {*before} - {*left} | {*came} == {*now}
    assert not {*came} & {*before} and not {*left} & {*now}


def test_the_same_night_twice_gives_the_same_manifest(night: Night, lists: Path) -> None:
    night.score().write(lists)
    once = (lists / "list" / "latest.json").read_bytes()
    night.score().write(lists)
    assert (lists / "list" / "latest.json").read_bytes() == once


def test_a_forced_list_says_why(night: Night, lists: Path) -> None:
    tonight = night.score(night.newest(doubled))
    written = tonight.write(lists, "the doubled day is known")
    manifest = read_list(lists).manifest
    assert manifest.forced == "the doubled day is known" and manifest.as_of == tonight.as_of
    blocked = [g["name"] for g in manifest.guards if not g["passed"] and g["level"] == "block"]
    assert "volume_most all" in blocked
    assert any(note.startswith("volume_most all: ") for note in written.notes)


def test_a_renamed_category_and_another_zone_are_refused_before_a_score(
    night: Night, tmp_path: Path
) -> None:
    people = night.community.users
    renamed_tier = people.assign(channel=people["channel"].str.upper())
    renamed_tier.to_parquet(tmp_path / "users.parquet")
    log = night.config.log
    for changed in ({"users": str(tmp_path / "users.parquet")}, {"timezone": "UTC"}):
        config = night.config.model_copy(update={"log": log.model_copy(update=changed)})
        config._folder = night.config.folder
        with pytest.raises(ChurnlabError, match="channel|the time zone"):
            score(config, night.day)


def test_a_guard_without_limits_is_off(night: Night, lists: Path) -> None:
    tonight = night.score(night.newest(doubled))
    assert tonight.evidence is not None
    limits = tonight.evidence.limits.model_copy(update={"volume_most": []})
    replace(tonight, evidence=replace(tonight.evidence, limits=limits)).write(lists)
    assert not [g for g in read_list(lists).manifest.guards if "volume_most" in g["name"]]


def test_scores_far_from_the_training_block_only_where_they_have_just_moved(
    night: Night, lists: Path, tmp_path: Path
) -> None:
    tonight = night.score()
    assert tonight.evidence is not None
    strict = {"mean_score": [1.0, 1.0], "people_least": [], "people_most": []}
    limits = tonight.evidence.limits.model_copy(update=strict)
    few = np.full(10**6, 0.9)  # so many that chance reaches nowhere
    evidence = replace(tonight.evidence, limits=limits)
    last = read_list(lists)
    like = replace(last, frame=pd.DataFrame({"risk": few}))
    for before, level in ((None, "block"), (last, "block"), (like, "warn")):
        found = {g.name: g for g in evidence.guards(few, few, before)}
        assert found["psi_training"].level == found["mean_score"].level == level
        assert not found["psi_training"].passed
    other = replace(like, manifest=replace(last.manifest, run_id="another"))
    found = {g.name: g for g in evidence.guards(few, few, other)}
    assert found["psi_training"].level == "block"


def test_features_that_moved_since_last_night_warn_and_the_most_moved_is_named(
    night: Night, lists: Path
) -> None:
    def told(folder: Path) -> dict:
        guards = read_list(folder).manifest.guards
        return next(guard for guard in guards if guard["name"] == "features_moved")

    night.score().write(lists)
    assert told(lists)["figure"] == 0 and told(lists)["passed"]
    events = night.community.events
    social = events["event"].isin(["like", "comment", "post"])
    recent = events["ts"] >= night.day - 14 * DAY
    night.score(events[~(social & recent)]).write(lists, "a test")
    guard = told(lists)
    assert guard["figure"] > 0 and guard["level"] == "warn" and not guard["passed"]
    assert "features moved since" in guard["says"] and "most of all" in guard["says"]
