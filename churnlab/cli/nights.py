"""The commands of every night: update, score, and merge where a night is scored in shards."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from churnlab.cli.grading import Shadow, shadow_beside
from churnlab.cli.options import CHURNLAB_TOML, AsJson, ConfigPath, Debug, DryRun, ShardOf, Trial
from churnlab.cli.running import guarded, progress
from churnlab.cli.showing import print_json, show

AsOf = Annotated[
    str, typer.Option("--as-of", help="The day whose morning the list is for, like 2026-08-29.")
]
Force = Annotated[
    str, typer.Option("--force", help="Why to publish although a guard blocks; recorded.")
]


def score(
    as_of: AsOf,
    config: ConfigPath = CHURNLAB_TOML,
    run: Trial = None,
    force: Force = "",
    shadow: Shadow = None,
    shard: ShardOf = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write the list of a day: who is likely to leave, why, and what they are worth."""
    with guarded(debug), progress() as say:
        if shard:
            _score_shard(config, as_of, shard, run, dry_run, as_json)
            return
        from churnlab.nightly.lists.lock import only_scorer

        # before the heavy imports, so that a second one ends soon
        with nullcontext() if dry_run else only_scorer(config):
            from churnlab.config.tables import Config
            from churnlab.nightly.score import score as run_score
            from churnlab.nightly.sinks.opened import hand_over, open_sinks

            settings = Config.read(config)
            folder = settings.path(settings.output.folder)
            sinks = open_sinks(settings)
            risks = run_score(settings, as_of, run=run, say=say)
            say("publishing")
            written = hand_over(risks, risks.write(folder, force, dry_run), sinks, dry_run)
            beside = {} if dry_run else shadow_beside(settings, as_of, shadow, say)
            show(_told(written.to_dict() | beside, dry_run), as_json)


def _score_shard(
    config: Path, as_of: str, given: str, run: str | None, dry_run: bool, as_json: bool
) -> None:
    """Score one shard of the people and keep it for `merge`."""
    from churnlab.nightly.lists.lock import only_scorer
    from churnlab.nightly.shards.name import Shard

    shard = Shard.of(given)
    with nullcontext() if dry_run else only_scorer(config, shard.folder), progress() as say:
        from churnlab.config.tables import Config
        from churnlab.nightly.shards.kept import score_shard

        settings = Config.read(config)
        part = score_shard(settings, as_of, shard, run, say)
        folder = settings.path(settings.output.folder)
        kept = part.place(folder) if dry_run else part.write(folder)
        facts = part.facts
        told = {"as_of": facts.as_of, "shard": facts.shard, "people": facts.people}
        show(_told(told | {"run_id": facts.run_id, "kept": kept}, dry_run), as_json)


def merge(
    as_of: AsOf,
    config: ConfigPath = CHURNLAB_TOML,
    source: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            help="An output folder that has shards; as often as you like. Else that of the file.",
        ),
    ] = None,
    run: Trial = None,
    force: Force = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Make one list of all shards of a day, whole or not at all; exit 3 names what is missing."""
    with guarded(debug), progress() as say:
        from churnlab.nightly.lists.lock import only_scorer

        with nullcontext() if dry_run else only_scorer(config):
            from churnlab.config.tables import Config
            from churnlab.nightly.shards.kept import sweep_shards
            from churnlab.nightly.shards.merge import merge as run_merge
            from churnlab.nightly.sinks.opened import hand_over, open_sinks

            settings = Config.read(config)
            folder = settings.path(settings.output.folder)
            sinks = open_sinks(settings)
            folders = source or [Path(folder)]
            risks = run_merge(settings, as_of, folders, run, say)
            say("publishing")
            written = hand_over(risks, risks.write(folder, force, dry_run), sinks, dry_run)
            if not dry_run:
                sweep_shards(folders, risks.as_of)
            show(_told(written.to_dict(), dry_run), as_json)


def update(
    day: Annotated[str, typer.Option("--day", help="The day to roll up, like 2026-08-28.")],
    config: ConfigPath = CHURNLAB_TOML,
    since: Annotated[
        str | None,
        typer.Option("--since", help="Roll up every day from this one on, to begin a store."),
    ] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Accept a day without an event.")
    ] = False,
    wait: Annotated[
        float, typer.Option("--wait", help="Seconds to wait for another update to end.")
    ] = 0.0,
    force: Annotated[
        bool, typer.Option("--force", help="Put the day in although days before it are missing.")
    ] = False,
    compact: Annotated[
        bool,
        typer.Option("--compact", help="Fold days older than the look-back into one row a person."),
    ] = False,
    shard: ShardOf = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Bring the activity store up to date: roll up a day, in the place of what was there for it."""
    with guarded(debug), progress() as say:
        from churnlab.config.tables import Config
        from churnlab.nightly.shards.parts import with_shard
        from churnlab.nightly.update import rehearse
        from churnlab.nightly.update import update as run

        settings = with_shard(Config.read(config), shard)
        allowed = {"allow_empty": allow_empty, "allow_gap": force}
        if dry_run:
            updates = rehearse(settings, day, since, **allowed, say=say)
            done = [_told(each.to_dict(), dry_run) for each in updates]
        else:
            more = allowed | {"compact": compact}
            done = [u.to_dict() for u in run(settings, day, since, **more, wait=wait, say=say)]
        if as_json:
            print_json(done if since else done[0])
        else:
            show({"days": len(done), **done[-1]}, False)


def _told(result: dict[str, object], dry_run: bool) -> dict[str, object]:
    """A result; that of a rehearsal says that nothing was written."""
    return {"dry_run": "nothing was written", **result} if dry_run else result
