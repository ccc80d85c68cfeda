"""The commands before the first night: init, and doctor."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from churnlab.cli.options import CHURNLAB_TOML, AsJson, ConfigPath, Debug
from churnlab.cli.running import guarded, progress
from churnlab.cli.showing import print_all, print_json, show
from churnlab.cli.telling import lines
from churnlab.errors import ConfigError
from churnlab.language.printable import printable

User = Annotated[str | None, typer.Option("--user", help="The column of the person's id.")]
Time = Annotated[str | None, typer.Option("--time", help="The column of the event's time.")]
Event = Annotated[str | None, typer.Option("--event", help="The column of the event's name.")]
Amount = Annotated[str | None, typer.Option("--amount", help="The column of money spent.")]


def init(
    log: Annotated[
        str, typer.Argument(metavar="LOG", help="The files, the folder or the address of the log.")
    ],
    user: User = None,
    time: Time = None,
    event: Event = None,
    amount: Amount = None,
    preset: Annotated[
        str | None, typer.Option("--preset", help="A known export, such as ga4.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", help="Another key of [log], like timezone=Asia/Shanghai or table=events."
        ),
    ] = None,
    config: ConfigPath = CHURNLAB_TOML,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Look at a log and write a churnlab.toml to start from, with its guesses marked."""
    with guarded(debug):
        from churnlab.config.first_file import write_first
        from churnlab.schema.progress import silent

        if config.exists() and not force:
            raise ConfigError.from_exists(str(config))
        columns = {"user": user, "time": time, "event": event, "amount": amount}
        said = {name: column for name, column in columns.items() if column}
        ask = _ask if sys.stdin.isatty() and sys.stderr.isatty() else None
        found = write_first(log, config, said, preset, option or (), ask, silent)
        if as_json:
            print_json(found)
        else:
            show(found, False)


def _ask(question: str, guess: str, known: Sequence[str]) -> str:
    """The answer of somebody at a terminal; the guess where they give none."""
    print(f"  {', '.join(known)[:400]}", file=sys.stderr)
    return str(typer.prompt(question, default=guess, err=True))


def doctor(
    config: ConfigPath = CHURNLAB_TOML, as_json: AsJson = False, debug: Debug = False
) -> None:
    """Check all that a night needs, and change nothing; the exit code is that of the worst."""
    with guarded(debug):
        with progress() as say:
            from churnlab.nightly.doctor import examine
            from churnlab.report import terminal

            found = examine(config, datetime.now(UTC), say)
        if as_json:
            print_json(found.to_dict())
        else:
            found_all = found.to_dict()["findings"]
            rows = [(each["check"], each["state"], each["says"]) for each in found_all]
            print_all([terminal.table(("check", "state", "what was found"), rows)])
        told = lines()
        if told is not None:
            told.error = printable(found.worst)
        if not found.in_time:
            _end(found.code)
        raise typer.Exit(found.code)


def _end(code: int) -> None:
    """End at once: a check that was given up may hold the process for long."""
    sys.stdout.flush()
    told = lines()
    if told is not None:
        told.end(code)
    os._exit(code)
