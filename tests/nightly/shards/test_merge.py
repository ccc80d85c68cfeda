"""Four shards merged are the one list, to the byte; what does not belong is named and refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from support.activity_store import write_days
from support.command import call
from support.nightly import content
from support.nights import job_by_day

import churnlab as cl
from churnlab.demo import datasets
from churnlab.nightly.shards.name import Shard
from churnlab.nightly.shards.parts import has

DAYS = ("2026-06-01", "2026-06-02")
CUT = """
[store]
folder = "store"

[[sinks]]
to = "exports"

[list]
sort = "value_at_risk"
top = 90
tiers = { first = 0.1, rest = 1.0 }
tiers_by = "share"
control = 0.2
"""


@pytest.fixture(scope="module")
def job(
    trained: tuple[Path, dict],
    community: datasets.Community,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A job with a store, whose list is cut, the list of a day, and all shards of the next."""
    folder = tmp_path_factory.mktemp("shards")
    config = job_by_day(folder, trained[0], community, CUT, DAYS[0])
    call("score", "--as-of", DAYS[0], "--config", config)
    for k in range(4):
        call("score", "--as-of", DAYS[1], "--shard", f"{k}/4", "--config", config)
    return config


@pytest.fixture
def mine(job: Path, tmp_path: Path) -> Path:
    """A copy of the job of its own."""
    shutil.copytree(job.parent, tmp_path / "job")
    return tmp_path / "job" / "churnlab.toml"


def shards(config: Path) -> Path:
    return config.parent / "output" / "shards"


def test_four_shards_are_the_one_list_to_the_byte(mine: Path, tmp_path: Path) -> None:
    shutil.copytree(mine.parent, tmp_path / "one")
    one = tmp_path / "one" / "churnlab.toml"
    merged = json.loads(call("merge", "--as-of", DAYS[1], "--config", mine, "--json"))
    call("score", "--as-of", DAYS[1], "--config", one)
    for place in ("output/list", "exports/list"):
        assert content(mine.parent / place) == content(one.parent / place)
    found = cl.read_list(mine.parent / "output")
    assert len(found.frame) == 90 == merged["people"] and found.manifest.compared_with == DAYS[0]
    assert set(found.frame["tier"]) == {"first", "rest"} and "yes" in set(found.frame["control"])
    before = content(mine.parent)
    call("merge", "--as-of", DAYS[1], "--config", mine)
    assert content(mine.parent) == before


def test_a_shard_has_its_people_alone_and_leaves_the_list(mine: Path) -> None:
    before = content(mine.parent / "output" / "list")
    words = ("score", "--as-of", DAYS[1], "--shard", "1/4", "--config", mine, "--json")
    said = json.loads(call(*words))
    assert said["shard"] == "1/4" and said["kept"].endswith("1-of-4/as_of=2026-06-02.shard")
    assert content(mine.parent / "output" / "list") == before
    listed = cl.read_list(mine.parent / "output", DAYS[0]).frame["user_id"]
    assert 0 < said["people"] < 100 and has(Shard(1, 4), listed.to_numpy(object)).any()


def test_shards_of_other_machines_are_merged_and_older_ones_are_swept(
    mine: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / "shards").mkdir(parents=True)
    for name in ("2-of-4", "3-of-4"):
        shutil.move(shards(mine) / name, other / "shards" / name)
    old = other / "shards" / "2-of-4" / "as_of=2026-05-01.shard"
    old.write_bytes(b"old")
    words = ("merge", "--as-of", DAYS[1], "--config", mine)
    assert "lacks the shards 2/4, 3/4" in call(*words, code=3)
    call(*words, "--from", mine.parent / "output", "--from", other)
    assert len(cl.read_list(mine.parent / "output").frame) == 90
    assert not old.exists() and len(list(other.rglob("*.shard"))) == 2


def test_what_does_not_belong_is_named_and_nothing_is_published(mine: Path, tmp_path: Path) -> None:
    before = content(mine.parent / "output" / "list")
    words = ("merge", "--as-of", DAYS[1], "--config", mine)
    file = f"as_of={DAYS[1]}.shard"
    one = shards(mine) / "1-of-4" / file
    kept = one.read_bytes()

    def refused(*more: object) -> str:
        said = call(*words, *more, code=3)
        assert content(mine.parent / "output" / "list") == before and said.count("\n") == 1
        return said

    one.write_bytes(kept[:1000] + b"x" + kept[1001:])
    assert f"{one} is no shard" in refused()
    one.unlink()
    assert "lacks the shards 1/4" in refused()
    one.write_bytes(kept)
    twice = tmp_path / "twice" / "shards" / "1-of-4"
    twice.mkdir(parents=True)
    shutil.copy(one, twice / file)
    said = refused("--from", mine.parent / "output", "--from", tmp_path / "twice")
    assert "the shard 1/4 is there twice" in said and str(twice / file) in said
    call("score", "--as-of", DAYS[1], "--shard", "0/3", "--config", mine)
    assert "the number of shards is" in refused()
    shutil.rmtree(shards(mine) / "0-of-3")
    shutil.copy(one, shards(mine) / "1-of-4" / "as_of=2026-06-03.shard")
    said = call("merge", "--as-of", "2026-06-03", "--config", mine, code=3)
    assert "its day is 2026-06-02, not 2026-06-03" in said
    assert "no shard of 2026-06-09" in call(
        "merge", "--as-of", "2026-06-09", "--config", mine, code=3
    )
    said = refused("--set", "list.top=80")
    assert "the digest of its configuration is" in said


def test_shards_with_logs_of_their_own_are_merged_into_the_same_list(
    job: Path, community: datasets.Community, tmp_path: Path
) -> None:
    text = job.read_text().replace("events/{day}", "events/{shard}/{day}")
    text = text.replace('"store"', '"store/{shard}"').replace('"users', f'"{job.parent}/users')
    config = tmp_path / "churnlab.toml"
    config.write_text(text)
    ids = community.events["user_id"].to_numpy(object)
    first = str(community.events["ts"].min().date())
    assert "--shard" in call("update", "--day", first, "--config", config, code=2)
    for k in range(2):
        mine = community.events[has(Shard(k, 2), ids)]
        write_days(tmp_path / "events" / str(k), mine, "Asia/Shanghai")
        words = ("--shard", f"{k}/2", "--config", config)
        call("update", "--since", first, "--day", DAYS[0], "--allow-empty", *words)
        call("score", "--as-of", DAYS[1], *words)
    call("merge", "--as-of", DAYS[1], "--config", config, "--force", "the first night")
    shutil.copytree(job.parent, tmp_path / "one")
    one = tmp_path / "one"
    shutil.rmtree(one / "output")
    call(
        "score", "--as-of", DAYS[1], "--config", one / "churnlab.toml", "--force", "the first night"
    )
    found, want = (cl.read_list(place / "output") for place in (tmp_path, one))
    pd.testing.assert_frame_equal(found.frame, want.frame)
    assert [g["figure"] for g in found.manifest.guards] == [
        g["figure"] for g in want.manifest.guards
    ]
