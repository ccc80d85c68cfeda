"""Versions that wait for approval, with figures that are good or bad, made in no time."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from support.facts import made_up_facts
from support.small_runs import log_small

from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.records import records
from churnlab.model_registry.registry import Registry
from churnlab.model_registry.run_facts import ChampionFacts, RunFacts
from churnlab.model_registry.versions import Version

PEOPLE = 200
NOW = "2026-01-10"  # earlier than any test runs, so that no review is due


def _said(noise: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.clip(_truth() * 0.6 + 0.2 + rng.normal(0, noise, PEOPLE), 0.001, 0.999)


def _truth() -> np.ndarray:
    return (np.arange(PEOPLE) % 4 == 0).astype(float)


@cache
def evaluation(target: str, ours: float, theirs: float, other: str = "recency") -> Evaluation:
    """An evaluation of noisy predictions: the more noise, the worse."""
    users = [f"u{i}" for i in range(PEOPLE)]
    index = pd.MultiIndex.from_product(
        [users, pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
    )
    y = pd.Series(_truth(), index=index)
    said = {"churnlab": _said(ours), other: _said(theirs)}
    return Evaluation.of(said, y, target=target, draws=50)


def facts(ours: float = 0.1, baseline: float = 0.9, **changes: Any) -> RunFacts:
    """The facts of a run whose models are better than the baselines, or worse."""
    judged = {
        "churned": evaluation("churned", ours, baseline),
        "ltv": evaluation("ltv", ours, baseline, "spend_rate"),
    }
    evaluations = {target: found.to_dict() for target, found in judged.items()}
    given = {"models": ("churned", "ltv"), "evaluations": evaluations}
    return made_up_facts(**{**given, **changes})


def beside(champion: Version, ours: float = 0.1, theirs: float = 0.9) -> ChampionFacts:
    """The facts of a run that was judged beside a champion."""
    table = records(evaluation("churned", ours, theirs, "champion").table)
    return ChampionFacts(champion.number, champion.run_id, "v0", "2025-12-01", {"churned": table})


def waiting(registry: Registry, seed: int = 0, **changes: Any) -> Version:
    """A new version that waits; its figures are good unless they are changed."""
    about = changes.pop("facts", None) or facts()
    run = log_small(registry.tracker, seed, facts=about, **changes)
    return registry.submit(run)
