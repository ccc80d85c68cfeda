"""The commands that look at treatments: winback experiment, policy, size and stated."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from churnlab.cli.options import CHURNLAB_TOML, AsJson, ConfigPath, Debug, Run
from churnlab.cli.running import guarded, progress
from churnlab.cli.showing import print_all, print_json

if TYPE_CHECKING:
    from churnlab.config.experiments import WinbackConfig
    from churnlab.schema.progress import Say
    from churnlab.winback.experiments.experiment import Experiment

Html = Annotated[Path | None, typer.Option("--html", help="Write the result as a page, too.")]
Difference = Annotated[
    float, typer.Option("--difference", help="The difference to be seen, treated less control.")
]
Share = Annotated[
    float | None,
    typer.Option("--control", help="The outcome's share in the control group, like 0.10."),
]
Spread = Annotated[
    float | None,
    typer.Option("--sd", help="The standard deviation of a person's outcome, for a mean."),
]
Power = Annotated[float, typer.Option("--power", help="The probability to see the difference.")]
Comparisons = Annotated[int, typer.Option("--comparisons", help="How many tests are made at once.")]
Ratio = Annotated[
    float, typer.Option("--ratio", help="Treated people for one person of the control group.")
]

Outcome = Annotated[str | None, typer.Option("--outcome", help="The outcome; without: the first.")]
Budget = Annotated[
    float | None, typer.Option("--budget", help="Money in all for one round; without: no limit.")
]
People = Annotated[
    int | None,
    typer.Option("--people", help="For how many people; without: those of the experiment."),
]
Worth = Annotated[
    float | None,
    typer.Option("--worth", help="Money that a person kept is worth; what costs more is left out."),
]
Kept = Annotated[
    float, typer.Option("--control", help="Share of people to leave alone, to go on measuring.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Write the policy for [list], as TOML.")]

winback = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What treatments do to whom, how large the next test must be, why people say they left.",
)


@winback.command()
def experiment(
    config: ConfigPath = CHURNLAB_TOML,
    html: Html = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Read the experiment of [winback]: balance, effects by stage, for whom they differ."""
    with guarded(debug), progress() as say:
        from churnlab.winback.pages import comparison_page

        settings, opened = _opened(config, say)
        found = opened.compare()
        _show(found, comparison_page(found), settings.lang, html, as_json)


@winback.command()
def policy(
    outcome: Outcome = None,
    budget: Budget = None,
    people: People = None,
    worth: Worth = None,
    control: Kept = 0.1,
    out: Out = None,
    html: Html = None,
    config: ConfigPath = CHURNLAB_TOML,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Find which treatment is for which stage under a budget; nothing where nothing is proved."""
    with guarded(debug), progress() as say:
        from churnlab.schema.files import write_text
        from churnlab.winback.pages import policy_page
        from churnlab.winback.targeting.policy import Policy

        settings, opened = _opened(config, say)
        found = Policy.of_experiment(opened, outcome, budget=budget, people=people, worth=worth)
        if out is not None:
            today = datetime.now(UTC).date().isoformat()
            write_text(out, found.to_file(today, control).to_toml())
        _show(found, policy_page(found), settings.lang, html, as_json)


@winback.command()
def size(
    difference: Difference,
    control: Share = None,
    sd: Spread = None,
    power: Power = 0.8,
    comparisons: Comparisons = 1,
    ratio: Ratio = 1.0,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say how many people a test of a share (--control) or of a mean (--sd) needs."""
    with guarded(debug):
        from churnlab.winback.experiments.next_test import NextTest
        from churnlab.winback.pages import text

        found = NextTest(
            difference=difference,
            control=control,
            sd=sd,
            power=power,
            comparisons=comparisons,
            ratio=ratio,
        )
        if as_json:
            print_json(found.to_dict())
        else:
            print_all(text(found))


@winback.command()
def stated(
    config: ConfigPath = CHURNLAB_TOML,
    run: Run = None,
    html: Html = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Lay what people said when they left beside what the signals had said before."""
    with guarded(debug), progress() as say:
        from churnlab.config.experiments import WinbackConfig
        from churnlab.training.stated import stated as read
        from churnlab.winback.pages import stated_page

        settings = WinbackConfig.read(config)
        found = read(settings, run, say)
        _show(found, stated_page(found), settings.lang, html, as_json)


def _opened(path: Path, say: Say) -> tuple[WinbackConfig, Experiment]:
    """The configuration of [winback], and its experiment."""
    from churnlab.config.experiments import WinbackConfig, open_experiment

    settings = WinbackConfig.read(path)
    say("reading the experiment")
    return settings, open_experiment(settings)


def _show(found: Any, page: Any, language: str, html: Path | None, as_json: bool) -> None:
    """Print a result, and write its page where one is asked for."""
    from churnlab.schema.files import write_text
    from churnlab.winback.pages import text

    if html is not None:
        write_text(html, page.html(language))
    if as_json:
        print_json(found.to_dict(language))
    else:
        print_all(text(found, language))
