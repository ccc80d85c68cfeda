"""churnlab: from a behaviour log to who is about to leave, why, and what they are worth.

Everything is loaded when it is first used, so that `import churnlab` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "EventLog": "events", "DailyActivity": "activity", "Snapshots": "snapshots", "Churn": "targets", "LifetimeValue": "targets",
    "TimeToChurn": "targets", "ChurnHazard": "estimators",
    "Feature": "features", "FeatureBuilder": "features", "FeatureSet": "features", "Dataset": "dataset", "build_dataset": "dataset",
    "iter_datasets": "dataset", "Measure": "spec", "ActivityStore": "stored",
    "ChurnClassifier": "estimators", "LTVRegressor": "estimators", "Evaluation": "evaluation", "explain": "explanation",
    "ModelCard": "card", "Tracker": "tracking", "Config": "config", "train": "training", "score": "scoring",
    "ChurnlabError": "errors",
}
_MODULES = ("datasets", "metrics", "plots")
__all__ = ["__version__", *_HOMES, *_MODULES]

if TYPE_CHECKING:
    from churnlab import datasets, metrics, plots
    from churnlab.activity import DailyActivity
    from churnlab.card import ModelCard
    from churnlab.config import Config
    from churnlab.dataset import Dataset, build_dataset, iter_datasets
    from churnlab.errors import ChurnlabError
    from churnlab.estimators import ChurnClassifier, ChurnHazard, LTVRegressor
    from churnlab.evaluation import Evaluation
    from churnlab.events import EventLog
    from churnlab.explanation import explain
    from churnlab.features import Feature, FeatureBuilder, FeatureSet
    from churnlab.scoring import score
    from churnlab.snapshots import Snapshots
    from churnlab.spec import Measure
    from churnlab.stored import ActivityStore
    from churnlab.targets import Churn, LifetimeValue, TimeToChurn
    from churnlab.tracking import Tracker
    from churnlab.training import train


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"churnlab.{_HOMES[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"churnlab.{name}")
    raise AttributeError(f"module 'churnlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
