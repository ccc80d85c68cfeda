"""The command about what people are worth: high-value clusters, channels, automated traffic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from churnlab.cli.options import CHURNLAB_TOML, AsJson, ConfigPath, Debug
from churnlab.cli.running import guarded, progress
from churnlab.cli.showing import show_results

if TYPE_CHECKING:
    from churnlab.activity.daily import DailyActivity
    from churnlab.config.tables import Config
    from churnlab.schema.progress import Say
    from churnlab.value import ChannelValue, Traffic, ValueClusters

PARTS = ("clusters", "channels", "traffic")


def value(
    part: Annotated[
        str, typer.Argument(help="clusters, channels or traffic; without it, what the log allows.")
    ] = "",
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="The morning to look at, like 2026-08-29; else the last."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with pictures, too.")
    ] = None,
    config: ConfigPath = CHURNLAB_TOML,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say who is worth most and why, what channels bring for their cost, what looks automated."""
    with guarded(debug), progress() as say:
        from churnlab.config.inputs import open_activity
        from churnlab.config.tables import Config
        from churnlab.errors import ConfigError
        from churnlab.language.sentence import sentence
        from churnlab.schema.days import day_number

        if part and part not in PARTS:
            raise ConfigError.from_unknown("part of value", part, PARTS)
        settings = Config.read(config)
        settings = settings if as_of is None else settings.as_of(day_number(as_of))
        say("reading events")
        activity = open_activity(settings).daily()
        makers = {"clusters": _clusters, "channels": _channels, "traffic": _traffic}
        wanted = (part,) if part else _possible(settings, activity)
        found: list[Any] = [makers[name](settings, activity, say) for name in wanted]
        title = sentence("Value of people and channels")
        show_results(found, as_json, html, settings.lang, title)


def _possible(settings: Config, activity: DailyActivity) -> tuple[str, ...]:
    """The parts for which the log and the configuration have what they need."""
    from churnlab.config.inputs import people_of

    users = people_of(settings, activity, settings.value.users)
    money = ("clusters",) if activity.has_money else ()
    by_channel = activity.has_money and users is not None and settings.value.channel in users
    return (*money, *(("channels",) if by_channel else ()), "traffic")


def _clusters(settings: Config, activity: DailyActivity, say: Say) -> ValueClusters:
    from churnlab.config.inputs import read_users
    from churnlab.dataset.build import build_dataset
    from churnlab.dataset.snapshots import Snapshots
    from churnlab.value import clusters

    say("looking for clusters")
    snapshots = Snapshots.at(activity, [activity.end], settings.snapshots.active_within)
    data = build_dataset(activity, snapshots, settings.feature_set())
    return clusters(
        data,
        read_users(settings, activity),
        top=settings.value.top,
        seed=settings.model.seed,
        currency=settings.currency,
    )


def _channels(settings: Config, activity: DailyActivity, say: Say) -> ChannelValue:
    from churnlab.config.channels import channel_value

    say("adding up money by channel")
    return channel_value(settings, activity)


def _traffic(settings: Config, activity: DailyActivity, say: Say) -> Traffic:
    from churnlab.config.inputs import read_devices
    from churnlab.value import traffic

    say("looking for automated traffic")
    devices = read_devices(settings, activity)
    rules = settings.traffic.rules()
    return traffic(activity, devices=devices, rules=rules, currency=settings.currency)
