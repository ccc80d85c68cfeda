"""The command line: `churnlab demo | train | evaluate | card | score | update | features | config`.

The only module that prints. Results go to stdout, progress and errors to stderr. Exit codes:
0 done, 2 usage or configuration, 3 bad input, 4 model or store of runs, 5 a guard said no,
6 another update is running, 7 the output cannot be written; 1 is a bug of ours.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import churnlab
from churnlab.errors import ChurnlabError, ConfigError
from churnlab.errors.secrets import HidingStream, in_short

if TYPE_CHECKING:
    from churnlab.demo.run import Shown as Part
    from churnlab.report.terminal import Shown
    from churnlab.schema.progress import Say
    from churnlab.training.review import Review

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Who is about to leave, why, and what they are worth: from a behaviour log to a reviewed "
    "model and tonight's list.",
)

ConfigPath = Annotated[Path, typer.Option("--config", help="The churnlab.toml to work from.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Run = Annotated[str | None, typer.Option("--run", help="A run id; the newest run by default.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the whole trace of an error.")]
CHURNLAB_TOML = Path("churnlab.toml")
PIPE_WIDTH = 160  # columns of a table that is not shown in a terminal


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


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The folder for data, runs, cards and lists.")] = Path(
        "churnlab-demo"
    ),
    users: Annotated[int, typer.Option(help="People in the simulated community.")] = 1500,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Run the main job on a simulated community and on the real CDNOW purchases."""
    with _guarded(debug), _progress() as say:
        from churnlab.demo.run import demo as run

        parts = []
        for part in run(out, users, say):
            parts.append(part.to_dict())
            if not as_json:
                _show_part(part)
        if as_json:
            _print_json(parts)


@app.command()
def train(
    config: ConfigPath = CHURNLAB_TOML, as_json: AsJson = False, debug: Debug = False
) -> None:
    """Train models of churn and value, judge them, write the card and log the run."""
    with _guarded(debug), _progress() as say:
        from churnlab.config.tables import Config
        from churnlab.report import terminal
        from churnlab.training.train import train as run

        done = run(Config.read(config), say=say)
        result = done.to_dict()
        if as_json:
            _print_json(result)
            return
        del result["metrics"]
        _print([*terminal.evaluations(done.evaluations), terminal.lines(result)])


@app.command()
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
    with _guarded(debug), _progress() as say:
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
            _print_json(found.to_dict())
        else:
            _show_review(found)


def _days(given: str) -> list[int]:
    try:
        return [int(day) for day in given.split(",")]
    except ValueError as error:
        wanted = "days of warning, each 0 or more, like 0,7,14,30"
        raise ConfigError.from_range("--lead", given, wanted) from error


@app.command()
def card(
    config: ConfigPath = CHURNLAB_TOML,
    run: Run = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write the model card of a run into the output folder."""
    with _guarded(debug):
        from churnlab.config.inputs import open_tracker
        from churnlab.config.tables import Config
        from churnlab.schema.files import write_text

        settings = Config.read(config)
        tracker = open_tracker(settings)
        run_id = run or tracker.latest()
        folder = Path(settings.path(settings.output.folder))
        html = write_text(folder / "card.html", tracker.text(run_id, "card.html"))
        markdown = write_text(folder / "card.md", tracker.text(run_id, "card.md"))
        result = {"run_id": run_id, "card_html": str(html), "card_markdown": str(markdown)}
        _show(result, as_json)


@app.command()
def score(
    as_of: Annotated[
        str, typer.Option("--as-of", help="The day whose morning the list is for, like 2026-08-29.")
    ],
    config: ConfigPath = CHURNLAB_TOML,
    run: Run = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write the list: everybody eligible, highest risk first, with reasons."""
    with _guarded(debug), _progress() as say:
        from churnlab.config.tables import Config
        from churnlab.nightly.score import score as run_score

        settings = Config.read(config)
        risks = run_score(settings, as_of, run=run, say=say)
        _show(risks.write(settings.path(settings.output.folder)).to_dict(), as_json)


@app.command()
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
    compact: Annotated[
        bool,
        typer.Option("--compact", help="Fold days older than the look-back into one row a person."),
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Bring the activity store up to date: roll up a day, in the place of what was there for it."""
    with _guarded(debug), _progress() as say:
        from churnlab.config.tables import Config
        from churnlab.nightly.update import update as run

        settings = Config.read(config)
        updates = run(
            settings, day, since, allow_empty=allow_empty, compact=compact, wait=wait, say=say
        )
        done = [each.to_dict() for each in updates]
        if as_json:
            _print_json(done if since else done[0])
        else:
            _show({"days": len(done), **done[-1]}, False)


@app.command()
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
    with _guarded(debug), _progress() as say:
        from churnlab.config.tables import Config
        from churnlab.report import terminal
        from churnlab.training.preparation import features_at

        if (as_of is None) != (out is None):
            raise ConfigError.from_pair("--as-of", "--out")
        data = features_at(Config.read(config), as_of, say)
        if out is not None:
            rows = data.write(str(out))
            _show({"rows": rows, "columns": len(data.catalogue), "written": str(out)}, as_json)
        elif as_json:
            _print_json(data.catalogue.to_dict("records"))
        else:
            _print([terminal.catalogue(data.catalogue)])


@app.command("config")
def show_config(
    config: ConfigPath = CHURNLAB_TOML,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of churnlab.toml, for editors.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Print the configuration as it was read, with the defaults of what it does not say."""
    with _guarded(debug):
        from churnlab.config.tables import Config

        if schema:
            _print_json(Config.json_schema())
            return
        settings = Config.read(config)
        if as_json:
            _print_json(settings.to_dict())
        else:
            print(settings.to_toml())


@contextmanager
def _guarded(debug: bool) -> Iterator[None]:
    """Turn an error into one line and the exit code of its kind; hide secrets in all output."""
    try:
        with _without_secrets():
            yield
    except (typer.Exit, KeyboardInterrupt):
        raise
    except Exception as error:
        with _without_secrets():
            if debug:
                traceback.print_exc()
            text, code = _in_one_line(error)
            print(f"churnlab: {text}", file=sys.stderr)
        raise typer.Exit(code) from error


@contextmanager
def _without_secrets() -> Iterator[None]:
    """Hide passwords and keys in what this process prints, by whatever library.

    Results on stdout keep words such as `token=`: they may be a column's or an event's.
    """
    out = HidingStream(sys.stdout, logins_alone=True)
    with redirect_stdout(out), redirect_stderr(HidingStream(sys.stderr)):
        yield


def _in_one_line(error: Exception) -> tuple[str, int]:
    """An error's text and exit code."""
    if isinstance(error, ChurnlabError):
        return str(error), error.exit_code
    what = f"{type(error).__name__}: {in_short(str(error))}"
    return f"a bug of ours: {what}; run with --debug and report it", 1


@contextmanager
def _progress() -> Iterator[Say]:
    """Progress as a line that moves while somebody watches; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield lambda text: status.update(text + _compiling())


def _compiling() -> str:
    """A note beside the progress until the kernels have been compiled on this machine."""
    from churnlab.kernels import cells, jit

    return "" if jit.compiled(cells.features) else " (compiling the kernels, once)"


def _show(result: dict[str, Any], as_json: bool) -> None:
    """Print a result as JSON, or as a line a key."""
    if as_json:
        _print_json(result)
        return
    from churnlab.report import terminal

    _print([terminal.lines(result)])


def _print_json(result: Any) -> None:
    print(json.dumps(result, indent=1, default=str))


def _print(things: Iterable[Shown]) -> None:
    """Print texts and tables; tables have the terminal's width, or PIPE_WIDTH elsewhere."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    console = Console(
        width=None if terminal else PIPE_WIDTH, highlight=False, no_color=not terminal
    )
    for thing in things:
        if isinstance(thing, str):
            print(thing)
        else:
            console.print(thing)


def _show_review(found: Review) -> None:
    """Print evaluations, then the backtest or why there is none."""
    from churnlab.report import terminal

    _print(terminal.evaluations(found.evaluations))
    if found.backtest is not None:
        _print(terminal.backtest(found.backtest))
    elif found.no_backtest:
        _print(terminal.unsure([f"no backtest: {found.no_backtest}"]))


def _show_part(part: Part) -> None:
    """Print what a part of the demonstration found and where its results are."""
    from churnlab.report import terminal

    simulated = " (SIMULATED data: it shows that the method works, not how well)"
    kind = simulated if part.name == "community" else " (real purchases)"
    places = {
        "run": f"{part.training.run_id} in {part.training.artifacts}",
        "card": part.training.card_html,
        "list": part.written.files["list_csv"],
        "again": f"churnlab train --config {part.config}",
    }
    _print([f"\n== {part.name}{kind}", *terminal.evaluations(part.training.evaluations)])
    _print([terminal.first_on(part.risks.frame), terminal.lines(places)])


def main() -> None:
    """The entry point."""
    app()
