"""What is logged long after the training: figures by day, and nothing of the run is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_runs import log_small, new_store

from churnlab.errors import ModelError
from churnlab.model_registry.later import log_later


def test_figures_of_several_days_stand_side_by_side(tmp_path: Path, empty_database: Path) -> None:
    tracker = new_store(tmp_path / "runs", empty_database)
    run = log_small(tracker)
    sums = tracker.verify(run)
    for day, value in ((20_600, 0.7), (20_601, 0.8), (20_600, 0.7)):
        log_later(tracker, run, day, {"graded": value}, {f"later/{day}.txt": str(value)})
    with tracker.reach.open() as store:
        found = store.client.get_metric_history(run, "graded")
    assert [(m.step, m.timestamp, m.value) for m in found] == [
        (20_600, 20_600 * 86_400_000, 0.7),
        (20_601, 20_601 * 86_400_000, 0.8),
    ]
    assert tracker.verify(run) == sums and tracker.latest() == run
    with pytest.raises(ModelError):
        log_later(tracker, "nobody", 1, {}, {})
    with pytest.raises(ModelError):
        log_later(type(tracker)(tmp_path / "none"), run, 1, {}, {})
