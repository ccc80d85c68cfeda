"""The commands that look back at the lists: grade, watch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from churnlab.cli.options import CHURNLAB_TOML, AsJson, ConfigPath, Debug
from churnlab.cli.running import guarded, progress
from churnlab.cli.showing import print_all, print_json, show

if TYPE_CHECKING:
    from churnlab.config.tables import Config
    from churnlab.schema.progress import Say

Html = Annotated[Path | None, typer.Option("--html", help="Write the grade as a page, too.")]


Shadow = Annotated[
    int | None,
    typer.Option("--shadow", help="A version that scores beside the list, for grade to compare."),
]


def shadow_beside(settings: Config, as_of: str, shadow: int | None, say: Say) -> dict[str, str]:
    """Let a version score beside a list, by --shadow or [list]; what `score` prints of it."""
    number = settings.list.shadow if shadow is None else shadow
    if number is None:
        return {}
    from churnlab.nightly.shadow.challenger import keep_shadow

    return {"shadow": keep_shadow(settings, as_of, str(number), say)}


def grade(
    as_of: Annotated[str, typer.Option("--as-of", help="The day of the list, like 2026-08-29.")],
    config: ConfigPath = CHURNLAB_TOML,
    html: Html = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Compare a list with what its people did, once its horizon is over; exit 99 before."""
    with guarded(debug), progress() as say:
        from churnlab.config.inputs import open_tracker
        from churnlab.config.tables import Config
        from churnlab.nightly.grading import page as grading_page
        from churnlab.nightly.grading.grade import grade as run
        from churnlab.nightly.grading.kept import log_grade
        from churnlab.schema.files import write_text

        settings = Config.read(config)
        found = run(settings, as_of, say=say)
        kept = found.write(settings.path(settings.output.folder))
        log_grade(open_tracker(settings), found)
        if html is not None:
            write_text(html, grading_page.page(found).html(settings.lang))
        if as_json:
            print_json({"kept": kept, **found.to_dict()})
        else:
            print_all(grading_page.text(found, settings.lang))


def watch(
    config: ConfigPath = CHURNLAB_TOML,
    nights: Annotated[int, typer.Option("--nights", help="How many nights.")] = 28,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The last night; the newest by default.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The page to write; watch.html in the output folder."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON a night.")] = False,
    debug: Debug = False,
) -> None:
    """Show the last nights on one page: lists, scores, drift, guards, grades."""
    with guarded(debug):
        from churnlab.config.tables import Config
        from churnlab.nightly.watching.watch import watch as run

        settings = Config.read(config)
        found = run(settings, nights, as_of)
        for line in found.lines() if as_json else ():
            print(line)
        if out is not None or not as_json:
            page = out or Path(settings.path(settings.output.folder)) / "watch.html"
            written = found.write(page, settings.lang)
            if not as_json:
                show({"page": str(written), **found.counts()}, False)
