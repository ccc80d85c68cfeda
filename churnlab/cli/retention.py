"""The commands about who comes back, and where people are lost: retention, funnel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from churnlab.cli.options import CHURNLAB_TOML, AsJson, ConfigPath, Debug
from churnlab.cli.running import guarded, progress
from churnlab.cli.showing import show_results

if TYPE_CHECKING:
    import pandas as pd

    from churnlab.activity.protocol import Activity
    from churnlab.config.tables import Config
    from churnlab.retention.funnels.funnel import Funnel
    from churnlab.retention.funnels.nodes import ChurnNodes
    from churnlab.schema.progress import Say

Html = Annotated[Path | None, typer.Option("--html", help="Write a page with pictures, too.")]


def retention(
    config: ConfigPath = CHURNLAB_TOML,
    html: Html = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say who comes back: retention by cohort, stickiness, new and returning people."""
    with guarded(debug), progress() as say:
        from churnlab import retention as room
        from churnlab.config.tables import Config

        settings = Config.read(config)
        activity, users = _opened(settings, say)
        found = room.overview(activity, users, **settings.retention.options())
        show_results(list(found), as_json, html, settings.lang)


def funnel(
    config: ConfigPath = CHURNLAB_TOML,
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Go by the moments of the log's events instead of days."),
    ] = False,
    html: Html = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say how far people come through steps, and where they stand before they leave."""
    with guarded(debug), progress() as say:
        from churnlab import retention as room
        from churnlab.config.tables import Config
        from churnlab.errors import ConfigError
        from churnlab.errors.retention import ShortLogError, StepError
        from churnlab.language.sentence import sentence

        settings = Config.read(config)
        if not settings.funnel.steps:
            raise ConfigError.from_lacking("[funnel]", "steps")
        activity, users = _opened(settings, say)
        results: list[room.Funnel | room.ChurnNodes] = [_walked(settings, activity, users, exact)]
        notes = []
        try:
            results.append(_nodes(settings, activity, users))
        except (ShortLogError, StepError) as error:
            notes.append(sentence("No churn nodes: {reason}", reason=str(error)))
        show_results(results, as_json, html, settings.lang, notes=notes)


def _nodes(settings: Config, activity: Activity, users: pd.DataFrame | None) -> ChurnNodes:
    """The churn nodes of [funnel]."""
    from churnlab import retention as room

    return room.churn_nodes(
        activity,
        settings.funnel.steps,
        users,
        registered=settings.retention.registered,
        silent=settings.funnel.silent,
        target=settings.target.churn(),
        active_within=settings.snapshots.active_within,
    )


def _opened(settings: Config, say: Say) -> tuple[Activity, pd.DataFrame | None]:
    """The daily rows of a log or its store, and the people of [retention], None without a file."""
    from churnlab.config.inputs import open_counted, people_of

    say("reading events")
    activity = open_counted(settings)
    users = people_of(settings, activity, settings.retention.users)
    say("counting people")
    return activity, users


def _walked(
    settings: Config, activity: Activity, users: pd.DataFrame | None, exact: bool
) -> Funnel:
    """The funnel of [funnel], from daily rows or from the log itself."""
    from churnlab import retention as room

    table = settings.retention
    told: dict[str, Any] = {
        "by": table.by,
        "registered": table.registered,
        "within": settings.funnel.within,
    }
    if not exact:
        return room.funnel(activity, settings.funnel.steps, users, **told)
    path = settings.path(settings.log.path).replace("{day}", "*")
    options = settings.log.options()
    return room.exact_funnel(path, settings.funnel.steps, users, **told, **options)
