"""The commands of `churnlab`, from `demo` to `config`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

import churnlab
from churnlab.cli.approvals import approve, models, reject, rollback
from churnlab.cli.beginning import doctor, init
from churnlab.cli.grading import grade, watch
from churnlab.cli.life import tags, tiers
from churnlab.cli.nights import merge, score, update
from churnlab.cli.options import CHURNLAB_TOML, AsJson, ConfigPath, Debug, DryRun, Run
from churnlab.cli.retention import funnel, retention
from churnlab.cli.running import Commands, end_at_once, guarded, keep_code, progress, stoppable
from churnlab.cli.showing import print_all, print_json, print_wide, show, show_part, show_review
from churnlab.cli.value import value
from churnlab.cli.weekly import report
from churnlab.cli.winback import winback
from churnlab.errors import ConfigError, GuardError

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Who is about to leave, why, and what they are worth: from a behaviour log to a reviewed "
    "model and tonight's list.",
    context_settings={"max_content_width": 110},
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(churnlab.__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)


def demo(
    out: Annotated[Path, typer.Option(help="The folder for data, runs, cards and lists.")] = Path(
        "churnlab-demo"
    ),
    users: Annotated[int, typer.Option(help="People in the simulated community.")] = 1500,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Run the main job on a simulated community and on the real CDNOW purchases."""
    with guarded(debug), progress() as say:
        from churnlab.demo.run import demo as run

        parts = []
        for part in run(out, users, say, now=datetime.now(UTC)):
            parts.append(part.to_dict())
            if not as_json:
                show_part(part)
        if as_json:
            print_json(parts)


def profile(
    config: ConfigPath = CHURNLAB_TOML,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the profile as a page, with pictures.")
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Look at the log before the work: people, days, roles, gaps, what was set aside."""
    with guarded(debug), progress() as say:
        from churnlab.config.inputs import open_log
        from churnlab.config.tables import Config
        from churnlab.schema.files import write_text

        settings = Config.read(config)
        say("reading events")
        found = open_log(settings).profile()
        if html is not None:
            write_text(html, found.html())
        print_json(found.to_dict()) if as_json else print_wide(found.text)


def train(
    config: ConfigPath = CHURNLAB_TOML,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Train models of churn and value, judge them, write the card and log the run."""
    with guarded(debug), progress() as say:
        from churnlab.config.tables import Config
        from churnlab.report import terminal
        from churnlab.training.train import rehearse
        from churnlab.training.train import train as run

        settings = Config.read(config)
        if dry_run:
            show({"dry_run": "nothing was written", **rehearse(settings, say).to_dict()}, as_json)
            return
        done = run(settings, say=say)
        result = done.to_dict()
        if as_json:
            print_json(result)
            return
        del result["metrics"]
        notes = terminal.notes(result.pop("notes", ()))
        print_all([*terminal.evaluations(done.evaluations), terminal.lines(result), *notes])


def evaluate(
    config: ConfigPath = CHURNLAB_TOML,
    run: Run = None,
    lead: Annotated[
        str | None,
        typer.Option(
            "--lead", help="Days of warning, like 0,7,14,30: say how early churn is known."
        ),
    ] = None,
    cuts: Annotated[
        int,
        typer.Option(
            "--cuts", help="Train again for each of the last so many cuts and judge there; 0: none."
        ),
    ] = 3,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Judge a run on the held-out days of the log as it is now, beside baselines; backtest it."""
    with guarded(debug), progress() as say:
        from churnlab.config.tables import Config
        from churnlab.report.document import as_markdown
        from churnlab.training.review import review, warning_time

        if cuts < 0:
            raise ConfigError.from_range("--cuts", cuts, "0 or more")
        settings = Config.read(config)
        if lead is not None:
            early = warning_time(settings, _days(lead), run, say=say)
            print(json.dumps(early.to_dict(), indent=1) if as_json else as_markdown(early))
            return
        found = review(settings, run, cuts, say=say)
        if as_json:
            print_json(found.to_dict())
        else:
            show_review(found)


def _days(given: str) -> list[int]:
    try:
        return [int(day) for day in given.split(",")]
    except ValueError as error:
        wanted = "days of warning, each 0 or more, like 0,7,14,30"
        raise ConfigError.from_range("--lead", given, wanted) from error


def card(
    config: ConfigPath = CHURNLAB_TOML,
    run: Run = None,
    lang: Annotated[
        str | None,
        typer.Option("--lang", help='The language, "en" or "zh"; else that of the configuration.'),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing: compare the card with the run, exit 5 on a difference."
        ),
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write the model card of a run into the output folder, or check it."""
    with guarded(debug):
        from churnlab.config.tables import Config
        from churnlab.training.card_files import check_written, write_card

        settings = Config.read(config)
        if not check:
            show({n: str(v) for n, v in asdict(write_card(settings, run, lang)).items()}, as_json)
        elif found := check_written(settings, run):
            raise GuardError.from_card(found)
        else:
            show({"check": "the card says what the run says"}, as_json)


def features(
    config: ConfigPath = CHURNLAB_TOML,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Write the features of that day.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The Parquet file to write them to.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the features that this log gives, or write them for one day."""
    with guarded(debug), progress() as say:
        from churnlab.config.tables import Config
        from churnlab.report import terminal
        from churnlab.training.preparation import features_at

        if (as_of is None) != (out is None):
            raise ConfigError.from_pair("--as-of", "--out")
        data = features_at(Config.read(config), as_of, say)
        if out is not None:
            rows = data.write(str(out))
            show({"rows": rows, "columns": len(data.catalogue), "written": str(out)}, as_json)
        elif as_json:
            print_json(data.catalogue.to_dict("records"))
        else:
            print_all([terminal.catalogue(data.catalogue)])


def warm(as_json: AsJson = False, debug: Debug = False) -> None:
    """Compile the kernels now, about a minute the first time, so that no command waits for it."""
    with guarded(debug), progress() as say:
        from churnlab.demo.warming import warm as run

        show(run(say).to_dict(), as_json)


def show_config(
    config: ConfigPath = CHURNLAB_TOML,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of churnlab.toml, for editors.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Print the configuration as it counts, and where each value comes from."""
    with guarded(debug):
        from churnlab.config import layers
        from churnlab.config.tables import Config

        if schema:
            print_json(Config.json_schema())
            return
        settings = Config.read(config)
        origin = Config.origins(config)
        if as_json:
            found = settings.to_dict()
            print_json(found | {"from": {key: origin(key) for key in layers.keys(Config)}})
        else:
            print(settings.to_toml(origin))


for _model in (demo, init, doctor, profile, features, train, evaluate, card):
    app.command()(_model)
for _night in (approve, reject, rollback, models, update, score, merge, grade, watch, report):
    app.command()(_night)
for _life in (tiers, tags, retention, funnel, value):
    app.command()(_life)
app.add_typer(winback, name="winback")
app.command("config")(show_config)
app.command()(warm)


def main() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may lack letters
            stream.reconfigure(errors="backslashreplace")
    try:
        with stoppable():
            try:
                app()
            except SystemExit as end:
                end_at_once(end.code)
                raise
    except SystemExit as end:
        keep_code(end.code)
        raise
