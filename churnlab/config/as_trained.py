"""The configuration that a run was trained by, and whether a log still means the same."""

from __future__ import annotations

from dataclasses import replace

from churnlab.activity.protocol import Activity
from churnlab.config.tables import Config, FeaturesTable, TargetTable
from churnlab.errors import ConfigError
from churnlab.model_registry.tracking import TrainedRun


def as_trained(config: Config, trained: TrainedRun) -> Config:
    """The configuration with the target, the eligible people and the features of a run."""
    then = trained.about["config"]
    snapshots = replace(config.snapshots, active_within=then["snapshots"]["active_within"])
    return replace(
        config,
        target=TargetTable(**then["target"]),
        snapshots=snapshots,
        features=FeaturesTable(**then["features"]),
    )


def check_meaning(trained: TrainedRun, activity: Activity) -> None:
    """Refuses a log whose roles or zone are not those of the training: its features would mean something else."""
    if activity.timezone != trained.about["timezone"]:
        raise ConfigError.from_changed(
            "the time zone", trained.about["timezone"], activity.timezone
        )
    now = activity.roles.to_dict()
    for part, then in trained.about["roles"].items():
        if now[part] != then:
            raise ConfigError.from_changed(part, then, now[part])
