"""A signal and a metric are added in one file each, as CONTRIBUTING.md says: to a copy, for real."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import churnlab

SIGNAL = '''
"""Events in the evening."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Sum


@dataclass(frozen=True, kw_only=True)
class EveningHours(FeatureBuilder):
    """Events from 18 o'clock to midnight, `[t - 28d, t)`."""

    signal: ClassVar[str] = "evening"

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Events in the evening in 28 days."""
        yield Feature(
            "evening__events_sum__28d", Sum("evening")[0, 28], "events", "{value:.0f} in the evening"
        )
'''
USES_SIGNAL = """
import churnlab as cl

name = "evening__events_sum__28d"
people = cl.datasets.make_community(users=40, days=60, seed=0)
log = cl.EventLog.from_frame(people.events, user="user_id", time="ts", event="event",
                             roles=people.roles, timezone=people.timezone)
activity = log.daily()
snapshots = cl.Snapshots.at(activity, [activity.end], active_within=60)
every = cl.build_dataset(activity, snapshots)
alone = cl.build_dataset(activity, snapshots, cl.FeatureSet.of(["EveningHours"]))
print(cl.__file__)
print(name in every.X, name in set(every.catalogue["name"]))
print(list(alone.X), float(alone.X[name].sum()) > 0)
"""
METRIC = '''

@metric(
    "share_right",
    target="churned",
    better="higher",
    label=sentence("share right"),
    says=sentence("the share of people on the right side of one half"),
)
def share_right(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Share of rows on the right side of one half, in [0, 1]; higher is better."""
    return float(np.average((p >= 0.5) == (y >= 0.5), weights=_weights(y, w)))
'''
USES_METRIC = """
import numpy as np
import pandas as pd

import churnlab as cl

index = pd.MultiIndex.from_product([range(40), pd.to_datetime(["2026-01-01"])],
                                   names=["user_id", "snapshot"])
y = pd.Series(np.tile([0.0, 1.0], 20), index=index)
said = {"churnlab": np.tile([0.2, 0.9], 20), "base_rate": np.full(40, 0.4)}
table = cl.Evaluation.of(said, y, target="churned", draws=10).table
rows = table[table["metric"] == "share_right"].set_index("contender")
print(cl.__file__)
print(rows.loc["churnlab", "value"], rows.loc["base_rate", "value"])
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package; its compiled kernels come along."""
    return Path(shutil.copytree(Path(churnlab.__file__).parent, tmp_path / "copy" / "churnlab"))


def run(code: str, copy: Path) -> list[str]:
    """The lines that code prints which imports the copy."""
    env = {**os.environ, "PYTHONPATH": str(copy.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=copy.parent,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    where, *lines = done.stdout.splitlines()
    assert Path(where).parent == copy
    return lines


def test_a_signal_is_one_new_file(copy: Path) -> None:
    file = copy / "features" / "signals" / "evening.py"
    assert not file.exists()
    file.write_text(SIGNAL.lstrip())
    assert run(USES_SIGNAL, copy) == ["True True", "['evening__events_sum__28d'] True"]


def test_a_metric_is_one_function_in_one_file(copy: Path) -> None:
    file = copy / "evaluation" / "metrics.py"
    file.write_text(file.read_text() + METRIC)
    assert run(USES_METRIC, copy) == ["1.0 0.5"]
