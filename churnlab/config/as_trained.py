"""The configuration that a run was trained by, and whether a log still means the same."""

from __future__ import annotations

from dataclasses import asdict

from churnlab.activity.protocol import Activity
from churnlab.config.sections import FeaturesTable, TargetTable
from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.model_registry.run_facts import RunFacts, TargetFacts


def target_facts(target: TargetTable) -> TargetFacts:
    """The keys of [target], as a run keeps them."""
    return TargetFacts.from_dict(target.model_dump())


def as_trained(config: Config, facts: RunFacts) -> Config:
    """The configuration with the targets, the eligible people and the features of a run."""
    roles = facts.target.roles
    target = asdict(facts.target) | {"roles": None if roles is None else list(roles)}
    eligible = {"active_within": facts.active_within}
    return config.model_copy(
        update={
            "target": TargetTable(**target),
            "snapshots": config.snapshots.model_copy(update=eligible),
            "features": FeaturesTable(builders=list(facts.features), look_back=facts.look_back),
        }
    )


def check_meaning(facts: RunFacts, activity: Activity) -> None:
    """Refuse a log whose roles or time zone are not those of the training.

    Its features would have the same names and another meaning. Raises ConfigError.
    """
    if activity.timezone != facts.timezone:
        raise ConfigError.from_changed("the time zone", facts.timezone, activity.timezone)
    now = activity.roles.to_dict()
    for part, then in facts.roles.items():
        if now[part] != then:
            raise ConfigError.from_changed(part, then, now[part])
