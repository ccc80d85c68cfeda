"""Small models, and stores of runs that are made in no time."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from support.facts import made_up_facts

from churnlab.estimators.base import TreeModel
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import ChurnHazard
from churnlab.estimators.regressor import LTVRegressor
from churnlab.model_registry.tracking import Tracker

ROWS = pd.DataFrame(
    {"a": np.arange(60.0), "c": pd.Categorical(np.tile(["p", "q", "r"], 20))},
    index=pd.MultiIndex.from_arrays(
        [[f"u{i}" for i in range(60)], pd.to_datetime(["2026-01-01"] * 60)],
        names=["user_id", "snapshot"],
    ),
)


@cache
def small_models(seed: int = 0) -> dict[str, TreeModel]:
    """A model of churn and one of value, fitted on ROWS; each seed gives others."""
    y = (ROWS["a"] > 20 + 5 * seed).astype(float)
    return {
        "churned": ChurnClassifier("lightgbm", n_estimators=5, random_state=seed).fit(ROWS, y),
        "ltv": LTVRegressor("random_forest", n_estimators=5, random_state=seed).fit(ROWS, y * 10),
    }


@cache
def small_hazard() -> ChurnHazard:
    """A hazard of two weeks, fitted on ROWS."""
    left = np.where(ROWS["a"] > 30, 1.0, np.nan)
    labels = pd.DataFrame({"leaves_week": left, "known_weeks": 3.0}, index=ROWS.index)
    learner = ChurnClassifier("lightgbm", n_estimators=5)
    return ChurnHazard(2, learner=learner).fit(ROWS, labels)


def log_small(tracker: Tracker, seed: int = 0, **changes: Any) -> str:
    """Log the small models as a training, with some of what is logged changed."""
    given: dict[str, Any] = {
        "models": small_models(seed),
        "params": {"seed": seed},
        "metrics": {"churned_auc": 0.9},
        "catalogue": pd.DataFrame({"name": ["a"], "says": [f"a of seed {seed} is {{value}}"]}),
        "facts": made_up_facts(models=("churned", "ltv"), version=f"v{seed}"),
        "artifacts": {"card.md": f"# Card {seed}", "card.html": f"<p>Card {seed}</p>"},
    }
    return tracker.log_training(**{**given, **changes})


def new_store(folder: Path, empty_database: Path, **options: Any) -> Tracker:
    """A tracker of a new folder, with a database whose tables are there already."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(empty_database, folder / "mlflow.db")
    return Tracker(folder, **options)
