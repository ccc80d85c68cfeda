"""Figures that are logged to a run long after its training, one step a day."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from churnlab.model_registry.tracking import Tracker

_DAY_MS = 86_400_000


def log_later(
    tracker: Tracker, run_id: str, day: int, metrics: Mapping[str, float], texts: Mapping[str, str]
) -> None:
    """Log metrics of a day to a finished run, and texts by their path among its artifacts.

    `day` counts days since 1970-01-01; it is the step, and its midnight in UTC the time, so that
    nothing depends on a clock. What was logged for the day before stays, and the same figures again
    change nothing. Nothing that the run's manifest names is touched. Raises ModelError where the
    store cannot be reached or does not have the run.

    >>> from churnlab.demo.example import tracker
    >>> run_id = tracker().latest()
    >>> log_later(tracker(), run_id, 20_600, {"grade_example": 0.7}, {"grades/example.txt": "0.7"})
    >>> tracker().metrics(run_id)["grade_example"]
    0.7
    """
    with tracker.reach.open() as store, tempfile.TemporaryDirectory() as folder:
        run = store.run(run_id)
        for name, text in texts.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        for name, value in metrics.items():
            store.client.log_metric(run.run_id, name, value, day * _DAY_MS, day)
        store.log_files(run, Path(folder))
