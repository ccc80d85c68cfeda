"""churnlab: from a behaviour log to who is about to leave, why, and what they are worth.

Everything is loaded when it is first used, so that `import churnlab` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from churnlab.kernels import cores as _cores
from churnlab.kernels import forks as _forks
from churnlab.kernels.loading import unsearched as _unsearched

_cores.sleep_while_waiting()
__version__ = "0.1.0"

_HOMES = {
    "EventLog": "events.event_log",
    "DailyActivity": "activity.daily",
    "ActivityStore": "store.activity_store",
    "Measure": "schema.measures",
    "Churn": "schema.targets",
    "LifetimeValue": "schema.targets",
    "TimeToChurn": "schema.targets",
    "Lapse": "schema.lapse",
    "Snapshots": "dataset.snapshots",
    "Dataset": "dataset.dataset",
    "build_dataset": "dataset.build",
    "iter_datasets": "dataset.build",
    "Feature": "features.builder",
    "FeatureBuilder": "features.builder",
    "FeatureSet": "features.feature_set",
    "ChurnClassifier": "estimators.classifier",
    "LTVRegressor": "estimators.regressor",
    "ChurnHazard": "estimators.hazard",
    "FormulaLTV": "estimators.baselines",
    "Evaluation": "evaluation.evaluation",
    "judge": "training.judging",
    "log": "training.logged",
    "card": "training.logged",
    "explain": "explanation.explanation",
    "Experiment": "winback.experiments.experiment",
    "NextTest": "winback.experiments.next_test",
    "Uplift": "winback.targeting.uplift",
    "Policy": "winback.targeting.policy",
    "stated_reasons": "winback.stated.reasons",
    "ModelCard": "report.cards.card",
    "Tracker": "model_registry.tracking",
    "Config": "config.tables",
    "train": "training.train",
    "registry": "training.approval",
    "score": "nightly.score",
    "read_list": "nightly.lists.read",
    "weekly_report": "weekly.report",
    "grade": "nightly.grading.grade",
    "watch": "nightly.watching.watch",
    "progress": "schema.progress",
    "ChurnlabError": "errors.base",
}
_MODULES = {
    "datasets": "demo.datasets",
    "metrics": "evaluation.metrics",
    "plots": "report.plots",
    "displays": "explanation.displays",
    "retention": "retention",
    "value": "value",
}
__all__ = ["__version__", *_HOMES, *_MODULES]

if TYPE_CHECKING:
    from churnlab import retention, value
    from churnlab.activity.daily import DailyActivity
    from churnlab.config.tables import Config
    from churnlab.dataset.build import build_dataset, iter_datasets
    from churnlab.dataset.dataset import Dataset
    from churnlab.dataset.snapshots import Snapshots
    from churnlab.demo import datasets
    from churnlab.errors import ChurnlabError
    from churnlab.estimators.baselines import FormulaLTV
    from churnlab.estimators.classifier import ChurnClassifier
    from churnlab.estimators.hazard import ChurnHazard
    from churnlab.estimators.regressor import LTVRegressor
    from churnlab.evaluation import metrics
    from churnlab.evaluation.evaluation import Evaluation
    from churnlab.events.event_log import EventLog
    from churnlab.explanation import displays
    from churnlab.explanation.explanation import explain
    from churnlab.features.builder import Feature, FeatureBuilder
    from churnlab.features.feature_set import FeatureSet
    from churnlab.model_registry.tracking import Tracker
    from churnlab.nightly.grading.grade import grade
    from churnlab.nightly.lists.read import read_list
    from churnlab.nightly.score import score
    from churnlab.nightly.watching.watch import watch
    from churnlab.report import plots
    from churnlab.report.cards.card import ModelCard
    from churnlab.schema.lapse import Lapse
    from churnlab.schema.measures import Measure
    from churnlab.schema.progress import progress
    from churnlab.schema.targets import Churn, LifetimeValue, TimeToChurn
    from churnlab.store.activity_store import ActivityStore
    from churnlab.training.approval import registry
    from churnlab.training.judging import judge
    from churnlab.training.logged import card, log
    from churnlab.training.train import train
    from churnlab.weekly.report import weekly_report
    from churnlab.winback.experiments.experiment import Experiment
    from churnlab.winback.experiments.next_test import NextTest
    from churnlab.winback.stated.reasons import stated_reasons
    from churnlab.winback.targeting.policy import Policy
    from churnlab.winback.targeting.uplift import Uplift


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(_module(_HOMES[name]), name)
    if name in _MODULES:
        return _module(_MODULES[name])
    raise AttributeError(f"module 'churnlab' has no attribute {name!r}")


def _module(path: str) -> Any:
    with _unsearched():
        return importlib.import_module(f"churnlab.{path}")


def __dir__() -> list[str]:
    return sorted(__all__)
