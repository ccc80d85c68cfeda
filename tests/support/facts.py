"""Made-up facts of runs."""

from __future__ import annotations

from typing import Any

from churnlab.model_registry.run_facts import DatasetFacts, RunFacts, TargetFacts

DATASET = DatasetFacts("made up", "d" * 64, rows=2, people=1, columns=3, days=("2026-01-01",))


def made_up_facts(**changes: Any) -> RunFacts:
    """Facts of a run that was never trained, with some of them changed."""
    facts: dict[str, Any] = {
        "name": "made up",
        "version": "v1",
        "models": ("churned",),
        "dataset": DATASET,
        "timezone": "UTC",
        "active_within": 60,
        "target": TargetFacts(churn_horizon=30),
    }
    return RunFacts(**{**facts, **changes})
