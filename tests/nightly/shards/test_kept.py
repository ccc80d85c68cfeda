"""The file of a shard: read as it was written, or refused."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.faults import FAULTS, damaged
from support.nightly import frame

from churnlab.errors import ShardError
from churnlab.language.sentence import sentence
from churnlab.nightly.shards.kept import ShardFacts, ShardPart, read_shards, sweep_shards


def part(shard: str = "1/4", as_of: str = "2026-03-04") -> ShardPart:
    notes = (sentence("{n} days", n=7), "a note")
    told = ({"version": "v1"}, 20_000, {"events": 3}, {"2026-03-03": {"events": 3}}, ())
    facts = ShardFacts(1, shard, as_of, "run1", "digest", False, 12, notes, 3, *told)
    seen = {
        "sums": [pd.DataFrame({"all": [1, 2]}, index=[5, 6])],
        "new": [pd.Series([4], index=["ann"])],
        "lapsed": [np.array(["bob"], object), np.array([], object)],
        "bins": [np.arange(6).reshape(2, 3)],
        "people": [pd.Index(["ann", "eve"])],
    }
    return ShardPart(facts, frame(12, as_of), seen)


def test_a_shard_is_read_as_it_was_written(tmp_path: Path) -> None:
    given = part()
    path = given.write(tmp_path)
    assert path == given.place(tmp_path) and path.endswith("1-of-4/as_of=2026-03-04.shard")
    ((where, found),) = read_shards([tmp_path], "2026-03-04")
    assert where == path and found.facts == given.facts
    pd.testing.assert_frame_equal(found.rows, given.rows, check_dtype=False)
    pd.testing.assert_frame_equal(found.seen["sums"][0], given.seen["sums"][0])
    assert found.seen["new"][0].to_dict() == {"ann": 4}
    assert [len(each) for each in found.seen["lapsed"]] == [1, 0]
    assert (found.seen["bins"][0] == given.seen["bins"][0]).all()
    assert list(found.seen["people"][0]) == ["ann", "eve"]
    assert given.to_bytes() == part().to_bytes()


def test_any_damage_is_seen() -> None:
    data, chance = part().to_bytes(), random.Random(0)
    for _ in range(300 if FAULTS else 40):
        with pytest.raises(ShardError, match="x is no shard"):
            ShardPart.parse(damaged(data, chance), "x")


def test_older_shards_are_swept_and_those_of_the_day_stay(tmp_path: Path) -> None:
    for day in ("2026-03-03", "2026-03-04", "2026-03-05"):
        part(as_of=day).write(tmp_path)
    sweep_shards([tmp_path], "2026-03-04")
    left = sorted(path.name for path in tmp_path.rglob("*.shard"))
    assert left == ["as_of=2026-03-04.shard", "as_of=2026-03-05.shard"]
