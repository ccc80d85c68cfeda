"""A small trained example, made once a process: for the examples in docstrings."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from sklearn.dummy import DummyClassifier

from churnlab.config.inputs import open_tracker
from churnlab.config.tables import Config
from churnlab.dataset.build import build_dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.demo.datasets import ROLES, make_community
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.features.feature_set import FeatureSet
from churnlab.model_registry.tracking import Tracker
from churnlab.schema.targets import Churn
from churnlab.training.approval import registry
from churnlab.training.judging import Judged, judge
from churnlab.training.train import train


@cache
def trained_config() -> Config:
    """The configuration of a simulated community of 150 people, with one trained, approved run.

    Its files are in a temporary folder that is deleted when the process ends.

    >>> trained_config().name
    'Example'
    """
    folder = _folder()
    path = Path(folder.name)
    make_community(users=150, days=130, seed=1).events.to_parquet(path / "events.parquet")
    log = {
        "path": "events.parquet",
        "user": "user_id",
        "time": "ts",
        "event": "event",
        "timezone": "Asia/Shanghai",
        "roles": {role: list(names) for role, names in ROLES.items()},
        "simulated": True,
    }
    model = {"algorithm": "lightgbm", "when": False}
    features = {"builders": ["Tenure", "LoginIntervals"]}
    config = Config.of({"name": "Example", "log": log, "model": model, "features": features}, path)
    train(config)
    registry(config).approve(1, by="Example", now="2026-05-01", note="for the examples")
    return config


def tracker() -> Tracker:
    """The store of runs of `trained_config`.

    >>> tracker().load().facts.name
    'Example'
    """
    return open_tracker(trained_config())


@cache
def judged_example() -> Judged:
    """A small model of churn, judged on simulated people beside a rule of scikit-learn's.

    >>> list(judged_example().models)
    ['churned']
    """
    activity = make_community(users=150, days=130, seed=1).log().daily()
    days = list(range(activity.start + 40, activity.end - 30, 10))
    snapshots = Snapshots.at(activity, days, targets=[Churn(horizon=30)])
    features = FeatureSet.of(["Tenure", "LoginIntervals"])
    train, test = build_dataset(activity, snapshots, features).split(days[-1])
    y = train.y("churned")
    model = ChurnClassifier("lightgbm", n_estimators=20).fit(train.X, y)
    return judge(model, train, test, others={"prior": DummyClassifier().fit(train.X, y)})


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """The folder, kept by the cache until the process ends."""
    return tempfile.TemporaryDirectory(prefix="churnlab-example-")
