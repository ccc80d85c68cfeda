"""Datasets a group of people at a time: the rows of the whole, and never all of them in memory."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import churnlab as cl
from churnlab.activity import blocks, rows
from churnlab.activity.memory import ReusedMemory
from churnlab.dataset import build
from churnlab.dataset.build import iter_datasets
from churnlab.errors import ChurnlabError, ConfigError, FrameError
from churnlab.features.feature_set import FeatureSet
from churnlab.kernels import cores

DAYS = ["2026-03-20", "2026-03-10", "2026-03-25"]
TARGETS = [
    cl.Churn(horizon=5, lead=1, terminal="cancel"),
    cl.LifetimeValue(horizon=4),
    cl.TimeToChurn(horizon=5, weeks=3, lead=1, terminal="cancel"),
]


@pytest.fixture(params=["numbers", "text"])
def activity(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> cl.DailyActivity:
    """Daily rows of 300 people, in pieces of 16."""
    for module in (blocks, rows):
        monkeypatch.setattr(module, "PIECE_BITS", 4)
    return log_of(request.param).daily()


def log_of(kind: str, late: bool = False) -> cl.EventLog:
    rng, n = np.random.default_rng(4), 9000
    who = rng.zipf(1.2, n) % 300
    at = np.datetime64("2026-03-01", "us") + np.sort(rng.integers(0, 31 * 86_400, n)).astype(
        "timedelta64[s]"
    )
    names = np.where(rng.random(n) < 0.02, "cancel", rng.choice(["open", "purchase", "social"], n))
    table = pa.table(
        {
            "u": who * 11 if kind == "numbers" else pa.array([f"user {w:04d}" for w in who]),
            "t": at,
            "e": names,
            "a": rng.gamma(2, 3, n).round(2),
            "arrived": at
            + (np.where(rng.random(n) < 0.2, rng.integers(0, 9 * 86_400, n), 1)).astype(
                "timedelta64[s]"
            ),
        }
    )
    return cl.EventLog.from_frame(
        table,
        user="u",
        time="t",
        event="e",
        amount="a",
        timezone="UTC",
        arrived="arrived" if late else None,
        roles={
            "open": ["open"],
            "purchase": ["purchase"],
            "social": ["social"],
            "cancel": ["cancel"],
        },
    )


def users_of(activity: cl.DailyActivity, share: float) -> pd.DataFrame:
    """Static attributes of some of the people: text with gaps, a number, a flag."""
    some = activity.users[np.random.default_rng(2).random(len(activity.users)) < share]
    n = np.arange(len(some))
    return pd.DataFrame(
        {
            "user_id": some,
            "channel": np.where(
                n % 5 == 0, None, np.char.add("ch", (n % 7).astype(str)).astype(object)
            ),
            "age": n * 1.5,
            "vip": n % 2 == 0,
        }
    )


def check(parts: list[cl.Dataset], whole: cl.Dataset) -> None:
    for name in ("X", "labels"):
        got, want = (
            pd.concat([getattr(p, name) for p in parts]).sort_index(),
            getattr(whole, name).sort_index(),
        )
        pd.testing.assert_frame_equal(got, want, check_exact=True, check_names=True)
    for part in parts:
        pd.testing.assert_frame_equal(part.catalogue, whole.catalogue)
        assert part.X.index.equals(part.labels.index) and len(part.X)


@pytest.mark.parametrize("size", [1, 2, 17, 10**6])
@pytest.mark.parametrize("with_users", [False, True])
def test_parts_are_the_rows_of_the_whole(
    activity: cl.DailyActivity, size: int, with_users: bool
) -> None:
    users = users_of(activity, 0.6) if with_users else None
    whole = cl.build_dataset(
        activity, cl.Snapshots.at(activity, DAYS, active_within=7, targets=TARGETS), users=users
    )
    parts = list(
        iter_datasets(activity, DAYS, active_within=7, targets=TARGETS, users=users, rows=size)
    )
    check(parts, whole)
    people = [p.X.index.get_level_values("user_id").unique() for p in parts]
    assert sum(map(len, people)) == len(
        pd.Index(np.concatenate([np.asarray(p) for p in people])).unique()
    )
    assert all(len(p.X) < size + len(DAYS) for p in parts)
    assert len(activity.rows.pieces()) >= 15 and (len(parts) > 15 or size == 10**6)


def test_parts_without_targets_and_with_a_terminal(activity: cl.DailyActivity) -> None:
    for terminal in (None, "cancel"):
        whole = cl.build_dataset(
            activity, cl.Snapshots.at(activity, ["2026-03-31", "2026-04-01"], terminal=terminal)
        )
        check(
            list(iter_datasets(activity, ["2026-03-31", "2026-04-01"], terminal=terminal, rows=50)),
            whole,
        )


def test_parts_that_are_let_go_lend_their_memory(
    activity: cl.DailyActivity, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Watched(ReusedMemory):
        def _block(self, size: int) -> np.ndarray:
            asked.append(len(self._free))
            return super()._block(size)

    monkeypatch.setattr(build, "ReusedMemory", Watched)
    wanted = FeatureSet.of(["Tenure"])
    parts = sum(1 for _ in iter_datasets(activity, DAYS, 7, features=wanted, rows=2))
    assert len(asked) == parts > 100
    assert asked.count(0) <= 4 * cores.allowed() + 4  # no block was free, so memory was fresh


def test_parts_of_a_log_with_late_events(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (blocks, rows):
        monkeypatch.setattr(module, "PIECE_BITS", 4)
    activity = log_of("text", late=True).daily()
    assert activity.late
    whole = cl.build_dataset(
        activity, cl.Snapshots.at(activity, DAYS, active_within=7, targets=TARGETS)
    )
    check(list(iter_datasets(activity, DAYS, active_within=7, targets=TARGETS, rows=40)), whole)


def test_parts_where_few_or_no_people_have_attributes(activity: cl.DailyActivity) -> None:
    few = users_of(activity, 1.0).iloc[[7, 250]]
    whole = cl.build_dataset(activity, cl.Snapshots.at(activity, DAYS, active_within=60), users=few)
    check(list(iter_datasets(activity, DAYS, active_within=60, users=few, rows=20)), whole)


@pytest.mark.parametrize(
    "options, match",
    [
        ({"rows": 0}, "rows is 0; give at least 1"),
        ({"active_within": 0}, "active_within is 0"),
        ({"days": ["2026-03-01"]}, "no event before 2026-03-01"),
        ({"days": ["2025-03-01"]}, "no event before 2025-03-01"),
        ({"targets": [cl.Churn(horizon=20)]}, "needs events up to"),
        ({"terminal": "cancl"}, "unknown role 'cancl': did you mean 'cancel'"),
    ],
)
def test_parts_that_cannot_be_are_refused_in_one_line(
    activity: cl.DailyActivity, options: dict[str, Any], match: str
) -> None:
    with pytest.raises(ChurnlabError, match=match) as caught:
        list(iter_datasets(activity, **{"days": DAYS, **options}))
    assert "\n" not in str(caught.value)


def test_attributes_of_strangers_alone_are_refused_in_parts_too(activity: cl.DailyActivity) -> None:
    stranger = "nobody" if activity.text_ids else 10**9
    users = pd.DataFrame({"user_id": [stranger], "age": [1.0]})
    with pytest.raises(FrameError, match="is of a person who is known"):
        list(iter_datasets(activity, DAYS, users=users, rows=20))


class Watched:
    """An activity that remembers which of its parts are still in memory."""

    def __init__(self, activity: cl.DailyActivity) -> None:
        self.activity, self.roles, self.has_money = activity, activity.roles, activity.has_money
        self.start, self.users = activity.start, activity.users
        self.made: list[weakref.ref] = []

    def jobs(self) -> Iterator[Callable[[], cl.DailyActivity]]:
        for job in self.activity.jobs():
            yield lambda job=job: self.watch(job())

    def watch(self, part: cl.DailyActivity) -> cl.DailyActivity:
        self.made.append(weakref.ref(part))
        return part

    def alive(self) -> int:
        gc.collect()
        return sum(r() is not None for r in self.made)


def test_parts_are_made_as_they_are_asked_for_and_let_go(activity: cl.DailyActivity) -> None:
    watched, threads = Watched(activity), os.cpu_count() or 1
    made, kept = [], []
    gc.freeze()  # what other tests left is not looked through each time
    for part in iter_datasets(watched, DAYS, active_within=60, rows=40):
        made.append(len(watched.made))
        kept.append(weakref.ref(part))
        assert watched.alive() <= 2 * threads + 2
        del part
    gc.collect()
    assert made[0] <= 2 * threads + 1 and made[-1] == len(activity.rows.pieces()) > 2 * threads + 2
    gc.unfreeze()
    assert sum(r() is not None for r in kept) <= 1 and "whole" not in vars(activity.rows)


# ------------------------------------------------------------------------------------------------------------ a new process


def test_whether_a_kernel_was_compiled_before(tmp_path: Path) -> None:
    code = (
        "import numpy as np\nfrom churnlab.kernels import windows\nfrom churnlab.kernels.jit import compiled\nprint(compiled(windows.gaps))\n"
        "windows.gaps(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64))\n"
        "print(compiled(windows.gaps), compiled(windows.totals))"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == ["False", "True", "False"]


def test_feature_sets_of_a_part_are_those_of_the_whole(activity: cl.DailyActivity) -> None:
    some = FeatureSet.of(["SpendDecline"])
    part = next(iter(iter_datasets(activity, DAYS, features=some)))
    assert list(part.X) == list(
        cl.build_dataset(activity, cl.Snapshots.at(activity, DAYS), features=some).X
    )
    with pytest.raises(ConfigError, match="unknown feature builder"):
        FeatureSet.of(["Spend"])
