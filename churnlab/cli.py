"""The command line: `churnlab demo | train | evaluate | card | score | update | features`.

The only file that prints. Data goes to stdout, progress and errors to stderr. Exit codes: 0 done, 2 usage or configuration, 3
bad input, 4 model or store, 5 a guard said no, 6 another update is running, 7 the output cannot be written; 1 is a bug of ours.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import churnlab
from churnlab.errors import ChurnlabError, ConfigError

if TYPE_CHECKING:
    from churnlab.evaluation.backtest import Backtest
    from churnlab.evaluation.evaluation import Evaluation
    from churnlab.language.sentence import Words
    from churnlab.schema.progress import Say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Who is about to leave, why, and what they are worth: from a behaviour log to a reviewed model and tonight's list.",
)

ConfigPath = Annotated[Path, typer.Option("--config", help="The churnlab.toml to work from.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Run = Annotated[
    str | None, typer.Option("--run", help="A run id; the newest finished run when left out.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the whole trace of an error.")]


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
    out: Annotated[Path, typer.Option(help="Folder for data, runs, cards and lists.")] = Path(
        "churnlab-demo"
    ),
    users: Annotated[int, typer.Option(help="People in the simulated community.")] = 1500,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Run the main job on a simulated community and on the real CDNOW purchases."""
    with _guarded(debug), _progress() as say:
        from churnlab.demo.run import demo as run

        results = []
        for shown in run(out, users, say):
            result = {
                "part": shown.name,
                "config": str(shown.config),
                **shown.training.to_dict(),
                "list_parquet": str(shown.list_parquet),
                "list_csv": str(shown.list_csv),
                "people_on_list": len(shown.risks.frame),
            }
            results.append(result)
            if not as_json:
                _show_part(result, shown.training.evaluations, shown.risks.frame)
        if as_json:
            _show(results, True)


@app.command()
def train(
    config: ConfigPath = Path("churnlab.toml"), as_json: AsJson = False, debug: Debug = False
) -> None:
    """Train churn and value models, judge them, write the card and log the run."""
    with _guarded(debug), _progress() as say:
        from churnlab.config.tables import Config
        from churnlab.training.train import train as run

        result = run(Config.read(config), say=say)
        if not as_json:
            _evaluations(result.evaluations)
        _show(
            result.to_dict()
            if as_json
            else {k: v for k, v in result.to_dict().items() if k != "metrics"},
            as_json,
        )


@app.command()
def evaluate(
    config: ConfigPath = Path("churnlab.toml"),
    run: Run = None,
    lead: Annotated[
        str | None,
        typer.Option("--lead", help="Days of warning like 0,7,14,30: how early can you know?"),
    ] = None,
    cuts: Annotated[
        int,
        typer.Option(
            "--cuts",
            help="Train again for each of so many last cuts and judge it there; 0 for none.",
        ),
    ] = 3,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Judge a run's models on the held-out days of the log as it is now, beside the dumb things; then roll over the last cuts."""
    with _guarded(debug), _progress() as say:
        from churnlab.config.tables import Config
        from churnlab.report.document import as_markdown
        from churnlab.training.review import evaluate as judge
        from churnlab.training.review import review

        if cuts < 0:
            raise ConfigError.from_range("--cuts", cuts, "0 or more")
        settings = Config.read(config)
        if lead is not None:
            early = judge(settings, run, say, lead=_days(lead))
            print(json.dumps(early.to_dict(), indent=1) if as_json else as_markdown(early))
            return
        run_id, found, again, why = review(settings, run, cuts, say)
        if as_json:
            rolled = (
                {} if not cuts else {"backtest": again.to_dict() if again else {"missing": why}}
            )
            _show({"run_id": run_id, **{k: e.to_dict() for k, e in found.items()}, **rolled}, True)
            return
        _evaluations(found)
        _rolled(again, why)


def _days(given: str) -> list[int]:
    try:
        return [int(day) for day in given.split(",")]
    except ValueError as error:
        raise ConfigError.from_range(
            "--lead", given, "days of warning, each 0 or more, like 0,7,14,30"
        ) from error


@app.command()
def card(
    config: ConfigPath = Path("churnlab.toml"),
    run: Run = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write the model card of a run into the output folder."""
    with _guarded(debug):
        from churnlab.config.tables import Config
        from churnlab.model_registry.tracking import Tracker
        from churnlab.report.files import write_text

        settings = Config.read(config)
        tracker = Tracker(settings.path(settings.tracking.store), settings.tracking.experiment)
        run_id = run or tracker.latest()
        folder = Path(settings.path(settings.output.folder))
        written = [
            str(write_text(folder / name, tracker.text(run_id, name)))
            for name in ("card.html", "card.md")
        ]
        _show({"run_id": run_id, "card_html": written[0], "card_markdown": written[1]}, as_json)


@app.command()
def score(
    as_of: Annotated[
        str, typer.Option("--as-of", help="The day whose morning the list is for, like 2026-08-29.")
    ],
    config: ConfigPath = Path("churnlab.toml"),
    run: Run = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write the list: everybody eligible, highest risk first, with reasons."""
    with _guarded(debug), _progress() as say:
        from churnlab.config.tables import Config
        from churnlab.nightly.score import score as work

        settings = Config.read(config)
        _show(
            work(settings, as_of, run=run, say=say).deliver(settings.path(settings.output.folder)),
            as_json,
        )


@app.command()
def update(
    day: Annotated[str, typer.Option("--day", help="The day to roll up, like 2026-08-28.")],
    config: ConfigPath = Path("churnlab.toml"),
    since: Annotated[
        str | None,
        typer.Option("--since", help="Roll up every day from this one on, to begin a store."),
    ] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="A day without an event is no fault.")
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
    """Bring the activity store up to date: roll a day up and put it in the place of what was there for it."""
    with _guarded(debug), _progress() as say:
        from churnlab.config.tables import Config
        from churnlab.schema.days import day_number, day_text

        settings, last = Config.read(config), day_number(day)
        first = day_number(since or day)
        if first > last:
            raise ConfigError.from_range("--since", since, f"a day up to {day_text(last)}")
        say("opening the store")
        store, done = settings.open_store(new=True, wait=wait), []
        for each in range(first, last + 1):
            say(f"rolling up {day_text(each)}")
            done.append(store.append(each, allow_empty=allow_empty, wait=wait).to_dict())
        if compact:
            say("folding old days")
            store.compact(settings.store.lookback, wait=wait)
        if as_json:
            _show(done if since else done[0], True)
        else:
            _show({"days": len(done), **done[-1]}, False)


@app.command()
def features(
    config: ConfigPath = Path("churnlab.toml"),
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Write the features of that day.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The Parquet file for them.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the features that this log gives, or write them for one day."""
    with _guarded(debug), _progress() as say:
        if (as_of is None) != (out is None):
            raise ConfigError.from_pair("--as-of", "--out")
        from churnlab.config.tables import Config

        settings = Config.read(config)
        data = _features(settings, as_of, say)
        if out is not None:
            _show(
                {
                    "rows": data.write(str(out)),
                    "columns": len(data.catalogue),
                    "written": str(out),
                },
                as_json,
            )
        elif as_json:
            _show(data.catalogue.to_dict("records"), True)
        else:
            _table(
                ("feature", "unit", "says"),
                [(r.name, r.unit, r.says) for r in data.catalogue.itertuples(index=False)],
            )


def _features(config: Any, as_of: str | None, say: Say) -> Any:
    from churnlab.config.inputs import read_users
    from churnlab.dataset.build import build_dataset
    from churnlab.dataset.snapshots import Snapshots

    say("reading events")
    activity = config.activity()
    within = config.snapshots.active_within if as_of else activity.end - activity.kept_from
    snapshots = Snapshots.at(activity, [as_of or activity.end], within)
    return build_dataset(activity, snapshots, config.feature_set(), read_users(config, activity))


@contextmanager
def _guarded(debug: bool) -> Iterator[None]:
    """One line for what went wrong, and the exit code that says of which kind it is."""
    try:
        yield
    except ChurnlabError as error:
        if debug:
            traceback.print_exc()
        print(f"churnlab: {error}", file=sys.stderr)
        raise typer.Exit(error.exit_code) from error
    except (typer.Exit, KeyboardInterrupt):
        raise
    except Exception as error:
        if debug:
            traceback.print_exc()
        what = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        print(f"churnlab: a bug of ours: {what}; run with --debug and report it", file=sys.stderr)
        raise typer.Exit(1) from error


@contextmanager
def _progress() -> Iterator[Say]:
    """A line that moves while somebody watches; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield lambda text: status.update(text + _compiling())


def _compiling() -> str:
    """What is said beside the progress until the kernels have been compiled on this machine."""
    from churnlab.kernels import cells, jit

    return "" if jit.compiled(cells.features) else " (compiling the kernels, once)"


def _show(result: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, indent=1, default=str))
        return
    width = max(map(len, result))
    for key, value in result.items():
        print(f"{key.replace('_', ' '):{width}}  {value}")


def _show_part(result: dict[str, Any], evaluations: Mapping[str, Evaluation], frame: Any) -> None:
    simulated = (
        " (SIMULATED data: it shows that the method works, not how well)"
        if result["part"] == "community"
        else " (real purchases)"
    )
    print(f"\n== {result['part']}{simulated}")
    _evaluations(evaluations)
    top = frame.iloc[0]
    reasons = "; ".join(r for r in top[["reason_1", "reason_2", "reason_3"]] if r)
    print(
        f"first on the list: {top['user_id']}, risk {top['risk']:.0%}, worth {top['ltv']:.2f}: {reasons}"
    )
    _show(
        {
            "run": f"{result['run_id']} in {result['artifacts']}",
            "card": result["card_html"],
            "list": result["list_csv"],
            "again": f"churnlab train --config {result['config']}",
        },
        False,
    )


def _evaluations(evaluations: Mapping[str, Evaluation]) -> None:
    for target, found in evaluations.items():
        shown = found.beside("terminal").frame()
        _table((target, *shown.columns[1:]), [tuple(row) for row in shown.to_numpy()])
        _unsure(found.warnings)


def _rolled(again: Backtest | None, why: str) -> None:
    """The backtest's tables; the reason where there is none."""
    if again is None:
        _unsure([f"no backtest: {why}"] if why else [])
        return
    for target in again.targets:
        for title, frame in again.tables(target).items():
            print(f"backtest of {target}, trained again for each cut: {title}")
            _table(tuple(frame), [tuple(row) for row in frame.itertuples(index=False)])
    _unsure(again.warnings)


def _unsure(warnings: Iterable[Words]) -> None:
    for text in warnings:
        print(f"unsure: {text}")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(*head, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(cell.replace("[", "\\[") for cell in row))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False, no_color=not sys.stdout.isatty()).print(table)


def main() -> None:
    """The entry point."""
    app()
