"""The commands about stages of life and tags: tiers, tags."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from churnlab.cli.options import CHURNLAB_TOML, AsJson, ConfigPath, Debug
from churnlab.cli.running import guarded, progress
from churnlab.cli.showing import show_results

if TYPE_CHECKING:
    import pandas as pd

    from churnlab.activity.protocol import Activity
    from churnlab.config.tables import Config
    from churnlab.schema.progress import Say

AsOf = Annotated[str, typer.Option("--as-of", help="The morning to look at, like 2026-08-29.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write a page, too.")]
Out = Annotated[
    Path | None, typer.Option("--out", help="Write who is in which, to a Parquet file.")
]


def tiers(
    as_of: AsOf,
    days: Annotated[int, typer.Option("--days", help="Days to the later look at moves.")] = 28,
    config: ConfigPath = CHURNLAB_TOML,
    out: Out = None,
    html: Html = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say who is a newcomer, growing, core, fading, silent or lost, and who moved."""
    with guarded(debug), progress() as say:
        from churnlab import retention
        from churnlab.errors.retention import ShortLogError
        from churnlab.language.sentence import sentence

        settings, activity = _opened(config, say)
        rules = settings.tiers.rules()
        if settings.tiers.from_log:
            rules = retention.tier_rules(activity, as_of, rules)
        found = retention.tiers(activity, as_of, rules, churn=settings.target.churn())
        results: list[retention.Tiers | retention.Moves] = [found]
        notes = []
        try:
            results.append(retention.moves(activity, as_of, days, rules))
        except ShortLogError as error:
            notes.append(sentence("No moves: {reason}", reason=str(error)))
        if out is not None:
            _write(out, found.frame())
        show_results(results, as_json, html, settings.lang, notes=notes)


def tags(
    as_of: AsOf,
    config: ConfigPath = CHURNLAB_TOML,
    out: Out = None,
    html: Html = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say who has which of the [[tags]] of the configuration, and how churn goes with them."""
    with guarded(debug), progress() as say:
        from churnlab import retention

        settings, activity = _opened(config, say)
        found = retention.tags(
            activity,
            as_of,
            [table.tag() for table in settings.tags],
            active_within=settings.snapshots.active_within,
            churn=settings.target.churn(),
        )
        if out is not None:
            _write(out, found.frame())
        show_results([found], as_json, html, settings.lang)


def _opened(path: Path, say: Say) -> tuple[Config, Activity]:
    """The configuration, and the daily rows of its log or its store."""
    from churnlab.config.inputs import open_counted
    from churnlab.config.tables import Config

    settings = Config.read(path)
    say("reading events")
    return settings, open_counted(settings)


def _write(path: Path, frame: pd.DataFrame) -> None:
    """Write who is in which group, whole or not at all."""
    from churnlab.schema.files import publish

    publish({path: lambda file: frame.reset_index().to_parquet(file, index=False)})
