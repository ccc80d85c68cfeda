"""The channels of a configuration: who came by which, what they brought, and what they cost."""

from __future__ import annotations

from churnlab.activity.protocol import Activity
from churnlab.config.inputs import people_of, read_costs
from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.value import Arrivals, ChannelValue, channels


def channel_value(config: Config, activity: Activity) -> ChannelValue:
    """What each channel brought, as [value] says; errors of `value.channels`.

    ConfigError where the configuration names no file of people.

    >>> from pathlib import Path
    >>> log = {"path": "-", "user": "user_id", "time": "ts", "event": "event"}
    >>> channel_value(Config.of({"log": log}, Path()), None)
    Traceback (most recent call last):
    ...
    churnlab.errors.base.ConfigError: the configuration lacks users in [value]; add it
    """
    people = people_of(config, activity, config.value.users)
    if people is None:
        raise ConfigError.from_lacking("[value]", "users")
    return channels(
        activity.daily(),
        people,
        read_costs(config),
        ages=config.value.ages,
        arrivals=Arrivals(**config.value.arrivals()),
        currency=config.currency,
    )
