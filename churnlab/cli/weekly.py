"""The command about a week: report."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from churnlab.cli.options import CHURNLAB_TOML, AsJson, ConfigPath, Debug
from churnlab.cli.running import guarded, progress
from churnlab.cli.showing import print_all, print_json


def report(
    week: Annotated[str, typer.Option("--week", help="The week, like 2026-W47.")],
    config: ConfigPath = CHURNLAB_TOML,
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder for page and tables; else [output].")
    ] = None,
    excel: Annotated[
        bool, typer.Option("--excel/--no-excel", help="Write the tables as Excel, too.")
    ] = True,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write the report of a week, as a page and as Excel; exit 99 while it is not over."""
    with guarded(debug), progress() as say:
        from churnlab.config.tables import Config
        from churnlab.language.sentence import in_language
        from churnlab.report import terminal
        from churnlab.schema.files import publish
        from churnlab.weekly.page import page
        from churnlab.weekly.report import weekly_report
        from churnlab.weekly.tables import as_dict
        from churnlab.weekly.top import top
        from churnlab.weekly.workbook import workbook

        settings = Config.read(config)
        found = weekly_report(settings, week, say=say)
        folder = out or Path(settings.path(settings.output.folder))
        say("writing the report")
        files = {folder / f"report_{found.week}.html": page(found).html(settings.lang).encode()}
        if excel:
            files[folder / f"report_{found.week}.xlsx"] = workbook(found, settings.lang)
        publish({path: partial(_put, data) for path, data in files.items()})
        written = {path.suffix.removeprefix("."): str(path) for path in files}
        if as_json:
            print_json({**as_dict(found), "written": written})
        else:
            told = (in_language(words, settings.lang) for words in top(found))
            print_all([*(f"- {line}" for line in told), terminal.lines(written)])


def _put(data: bytes, file: BinaryIO) -> object:
    return file.write(data)
