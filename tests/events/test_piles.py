"""Piles of events by day: nothing is lost, and nothing changes its order, in memory or on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from churnlab.errors import LogError
from churnlab.events.piles import Piles
from churnlab.events.spec import LogSpec
from churnlab.kernels import piles as kernel
from churnlab.kernels.jit import frozen
from churnlab.kernels.rollup import Slice
from churnlab.kernels.units import DAY_MICROS

SPEC = LogSpec(user="u", time="t", event="e", amount="a", timezone="UTC")
UTC = np.array([-(2**62)]), np.array([0])


def events(rng: np.random.Generator, count: int, days: int = 5, name: int = 3) -> Slice:
    return Slice(
        frozen(rng.integers(-(2**60), 2**60, count)),
        frozen(rng.integers(-2 * DAY_MICROS, days * DAY_MICROS, count)),
        frozen(np.full(count, name, np.int32)),
        frozen(rng.normal(size=count)),
        frozen(np.zeros(0, np.uint8)),
        frozen(np.zeros((count, 0), np.int64)),
        frozen(np.zeros(0, np.int32)),
    )


@pytest.mark.parametrize("memory", [10**8, 0])
def test_every_event_is_on_the_pile_of_its_day_in_its_order(memory: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    piles = Piles("the log", SPEC, memory, tmp_path)
    batches = [events(rng, count) for count in (30_000, 1, 20_000)]
    for batch in batches:
        piles.add(batch, *UTC)
    ids = np.concatenate([b.ids for b in batches])
    amounts = np.concatenate([b.amount for b in batches])
    day = np.concatenate([b.clock for b in batches]) // DAY_MICROS
    parts = piles.parts()
    assert sorted(parts) == sorted(set(day.tolist()))
    for at, found in parts.items():
        rows = np.concatenate([part.read() for part in found])
        assert [len(part.read()) for part in found] == [part.rows for part in found]
        assert (rows[:, 0] == ids[day == at]).all()
        assert (rows[:, 2].view(np.float64) == amounts[day == at]).all()
    piles.close()


def test_more_names_than_fit_are_refused(tmp_path: Path) -> None:
    crowd = events(np.random.default_rng(0), 10, name=kernel.NAMES)
    with pytest.raises(LogError, match="or more different values; give fewer names"):
        Piles("the log", SPEC, 0, tmp_path).add(crowd, *UTC)
