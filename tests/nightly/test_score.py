"""Scoring: the list of a night, blind to later events, refused for another log."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from support.command import call, train_and_approve, tree, write
from support.nightly import content
from support.stages import stages

from churnlab.config.tables import Config
from churnlab.demo import datasets
from churnlab.nightly.lists.contract import NAMES
from churnlab.nightly.lists.read import read_list
from churnlab.nightly.lists.shelf import shelf_of
from churnlab.nightly.score import score


def test_the_list_is_whole_sorted_and_the_same_twice(
    trained: tuple[Path, dict], community: datasets.Community
) -> None:
    config, result = trained
    last = community.events["ts"].max().normalize() + pd.Timedelta(days=1)
    said = json.loads(call("score", "--as-of", str(last.date()), "--config", config, "--json"))
    frame = pq.read_table(said["list_parquet"], page_checksum_verification=True).to_pandas()
    assert list(frame) == list(NAMES)
    assert set(frame["tier"]) <= {"high", "medium", "low"} and set(frame["control"]) == {"no"}
    assert len(frame) == said["people"] == frame["user_id"].nunique()
    assert (
        frame["risk"].between(0, 1).all()
        and frame["risk"].is_monotonic_decreasing
        and (frame["ltv"] >= 0).all()
    )
    assert frame["value_at_risk"].to_numpy() == pytest.approx(
        frame["risk"] * frame["ltv"], abs=1e-5
    )
    assert set(frame["model_version"]) == {result["version"]} and frame["reason_1"].iloc[0]
    when, silent = frame["when"], frame["stage"].isin(["silent", "gone"])
    assert ((when != "") == ((frame["risk"] >= 0.5) & ~silent)).all()
    ahead = (pd.to_datetime(when[when != ""]) - last).dt.days
    assert ((when != "") | silent).any() and ahead.between(1, 30).all()
    before = [Path(said[k]).read_bytes() for k in ("list_parquet", "list_csv")]
    call("score", "--as-of", str(last.date()), "--config", config)
    assert [Path(said[k]).read_bytes() for k in ("list_parquet", "list_csv")] == before
    assert not list(Path(said["list_csv"]).parent.glob(".*"))
    found = read_list(config.parent / "output")
    pd.testing.assert_frame_equal(found.frame, frame)
    assert found.model["version"] == result["version"] and found.as_of == str(last.date())


def test_the_list_goes_to_every_sink(trained: tuple[Path, dict], tmp_path: Path) -> None:
    config = Config.read(trained[0])
    other = trained[0].with_name("sinks.toml")
    exports = tmp_path / "exports"
    sink = f'\n[[sinks]]\nto = "{exports}"\nformats = ["excel"]\n'
    other.write_text(trained[0].read_text() + sink)
    said = json.loads(call("score", "--as-of", "2026-06-01", "--config", other, "--json"))
    assert said["sinks"] == [str(exports / "list" / "latest.json")]
    want = read_list(other.parent / config.output.folder, "2026-06-01").frame
    pd.testing.assert_frame_equal(read_list(exports).frame, want)


def test_a_second_score_ends_at_once(trained: tuple[Path, dict]) -> None:
    config, _ = trained
    before = tree(config.parent / "output")
    with shelf_of(config.parent / "output").locked():
        holder = Thread(target=lambda: said.append(_timed(config)))
        said: list[tuple[float, str]] = []
        holder.start()  # another thread holds nothing
        holder.join()
    (seconds, error) = said[0]
    assert "another `churnlab score` is writing to" in error and error.count("\n") == 1
    assert seconds < 1 and tree(config.parent / "output") == before


def _timed(config: Path) -> tuple[float, str]:
    began = time.monotonic()
    error = call("score", "--as-of", "2026-06-01", "--config", config, code=6)
    return time.monotonic() - began, error


def test_events_from_the_as_of_day_on_do_not_change_the_list(
    trained: tuple[Path, dict], community: datasets.Community
) -> None:
    config = Config.read(trained[0])
    day = community.events["ts"].max().normalize() - pd.Timedelta(days=20)
    past = community.events[community.events["ts"] < day]
    whole = score(config, day, log=community.log()).frame
    part = score(config, day, log=replace(community, events=past).log()).frame
    pd.testing.assert_frame_equal(whole, part)


def test_an_as_of_date_outside_the_log_is_refused(trained: tuple[Path, dict]) -> None:
    config, _ = trained
    before = tree(config.parent / "output")
    assert "no event before 2025-12-01" in call(
        "score", "--as-of", "2025-12-01", "--config", config, code=3
    )
    assert "the log ends on" in call("score", "--as-of", "2027-01-01", "--config", config, code=5)
    assert "is not a day" in call("score", "--as-of", "soon", "--config", config, code=2)
    assert tree(config.parent / "output") == before


def test_a_log_that_means_something_else_than_in_training_is_refused(
    trained: tuple[Path, dict], tmp_path: Path
) -> None:
    config, _ = trained
    text = (
        config.read_text()
        .replace('"events.parquet"', json.dumps(str(config.parent / "events.parquet")))
        .replace('"users.parquet"', json.dumps(str(config.parent / "users.parquet")))
    )
    text = text.replace('store = "runs"', f"store = {json.dumps(str(config.parent / 'runs'))}")
    other = tmp_path / "churnlab.toml"
    other.write_text(text.replace("Asia/Shanghai", "UTC"))
    assert "the time zone was Asia/Shanghai in training and is UTC now" in call(
        "score", "--as-of", "2026-06-01", "--config", other, code=2
    )
    other.write_text(text.replace('push_opened = ["push_open"]', 'push_opened = ["push_sent"]'))
    assert "roles was" in call("score", "--as-of", "2026-06-01", "--config", other, code=2)
    other.write_text(text.replace("churn_horizon = 30", "churn_horizon = 7"))
    assert json.loads(call("evaluate", "--config", other, "--cuts", "0", "--json"))["churned"][
        "mean"
    ] == pytest.approx(
        json.loads(call("evaluate", "--config", config, "--cuts", "0", "--json"))["churned"]["mean"]
    )
    assert content(tmp_path / "output") == {}


def elsewhere(config: Path, folder: Path, users: pd.DataFrame | None, end: str = "") -> Path:
    """The configuration of a run in another folder, with other attributes of people."""
    text = config.read_text().replace(
        'store = "runs"', f"store = {json.dumps(str(config.parent / 'runs'))}"
    )
    text = text.replace('"events.parquet"', json.dumps(str(config.parent / "events.parquet")))
    if users is None:
        text = text.replace('users = "users.parquet"\n', "")
    else:
        users.to_csv(folder / "users.csv", index=False)
        text = text.replace("users.parquet", "users.csv")
    (folder / "churnlab.toml").write_text(text.replace("[log.roles]", f"{end}\n[log.roles]"))
    return folder / "churnlab.toml"


def test_attributes_of_tonight_are_of_the_types_of_the_training(
    trained: tuple[Path, dict],
    community: datasets.Community,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    users, day = community.users, "2026-06-01"
    there = [c for c in users if c != "user_id"]
    assert there == ["channel", "age_band"]
    config = elsewhere(trained[0], tmp_path, users.assign(new="2026-01-01"))
    expected = score(Config.read(trained[0]), day).frame
    pd.testing.assert_frame_equal(score(Config.read(config), day).frame, expected)
    assert caplog.text.count("set aside") == 0
    some = users.assign(channel=users["channel"].where(users.index != 3, "radio"))
    config = elsewhere(trained[0], tmp_path, some)
    assert len(score(Config.read(config), day).frame) == len(expected)
    assert "attribute 'channel': 1 of 250 values are set aside" in caplog.text
    says = call(
        "score",
        "--as-of",
        day,
        "--config",
        elsewhere(trained[0], tmp_path, some, "bad_attributes = 0.0"),
        code=3,
    )
    assert "'channel' is not as in training in 1 of 250 values" in says and "'radio'" in says
    config = elsewhere(trained[0], tmp_path, users.assign(channel=range(250)))
    for command in (["score", "--as-of", day], ["evaluate", "--cuts", "0"]):
        says = call(*command, "--config", config, code=3)
        assert "in 250 of 250 values, more than the share 0.01" in says and says.count("\n") == 1
    for given in (users.drop(columns="channel"), None):
        config = elsewhere(trained[0], tmp_path, given)
        says = call("score", "--as-of", day, "--config", config, code=3)
        assert "that the run was trained with: 'channel'" in says and says.count("\n") == 1
    config = elsewhere(trained[0], tmp_path, users, "bad_attributes = 2.0")
    assert "bad_attributes is 2.0" in call("score", "--as-of", day, "--config", config, code=2)


def test_those_who_cancelled_are_not_on_the_list(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 160, 9000), "D")
    events = pd.DataFrame(
        {"user_id": [f"u{i:03d}" for i in rng.integers(0, 200, 9000)], "ts": days, "event": "open"}
    )
    ends = pd.Series(
        pd.Timestamp("2026-01-20") + pd.to_timedelta(rng.integers(0, 200, 200), "D"),
        index=[f"u{i:03d}" for i in range(200)],
    )
    ends = ends[ends < "2026-06-09"]
    events = events[events["ts"] < events["user_id"].map(ends).fillna(pd.Timestamp("2027-01-01"))]
    events = pd.concat(
        [events, pd.DataFrame({"user_id": ends.index, "ts": ends.to_numpy(), "event": "cancel"})]
    )
    toml = (
        '[log]\npath = "events.parquet"\nuser = "user_id"\ntime = "ts"\nevent = "event"\ntimezone = "UTC"\n[log.roles]\nopen = ["open"]\ncancel = ["cancel"]\n'
        '[target]\nchurn_horizon = 30\nterminal = "cancel"\n'
    )
    config = write(tmp_path / "job", events, None, toml)
    train_and_approve(config)
    words = ("score", "--as-of", "2026-06-10", "--config", config, "--force", "a test", "--json")
    said = json.loads(call(*words))
    listed = set(pd.read_parquet(said["list_parquet"])["user_id"])
    assert listed and not listed & set(ends.index)


def test_stages_are_those_of_the_raw_events_and_a_list_may_ask_for_some(
    trained: tuple[Path, dict], community: datasets.Community
) -> None:
    config, roles = Config.read(trained[0]), community.roles
    day = community.events["ts"].max().normalize() - pd.Timedelta(days=9)
    receipts = [name for role in ("push_sent", "social_received") for name in roles[role]]
    raw = community.events[["user_id", "ts", "event"]].itertuples(index=False, name=None)
    want = stages(raw, day.date(), config.target.churn_horizon, receipts)  # local times
    whole = score(config, day).frame
    assert dict(zip(whole["user_id"], whole["stage"], strict=True)) == {
        user: want[user] for user in whole["user_id"]
    }
    assert set(whole["stage"]) == {"", "fading", "lapsing"}  # active within the horizon
    other = trained[0].with_name("stages.toml")
    other.write_text(trained[0].read_text() + '\n[list]\nstages = ["fading", "gone"]\ntop = 3\n')
    words = ("--as-of", str(day.date()), "--config", other, "--json")  # after a list of all stages
    said = json.loads(call("score", *words, "--force", "fewer people are asked for"))
    asked = whole[whole["stage"].isin(["fading", "gone"])]
    got = pq.read_table(said["list_parquet"]).to_pandas()
    pd.testing.assert_frame_equal(got, asked.head(3).reset_index(drop=True))
    left = {"stages": len(whole) - len(asked), "top": len(asked) - 3, "budget": 0}
    assert said["left_out"] == left
    assert any(f"{left['stages']} of {len(whole)} people are left out" in n for n in said["notes"])
