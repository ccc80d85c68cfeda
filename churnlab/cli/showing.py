"""Results on stdout: as JSON, as lines, as tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from churnlab.demo.run import Shown as Part
    from churnlab.language.sentence import Words
    from churnlab.report.terminal import Shown as Line
    from churnlab.retention.shown import Shown
    from churnlab.training.review import Review

PIPE_WIDTH = 160  # columns of a table that is not shown in a terminal


def show(result: dict[str, Any], as_json: bool) -> None:
    """Print a result as JSON, or as a line a key."""
    if as_json:
        print_json(result)
        return
    from churnlab.report import terminal

    notes = terminal.notes(result.pop("notes", ()))
    print_all([terminal.lines(result), *notes])


def print_json(result: Any) -> None:
    """Print a result as JSON; what JSON does not know becomes text."""
    print(json.dumps(result, indent=1, default=str))


def print_wide(text: Callable[[int], str]) -> None:
    """Print a text that is made for a width: the terminal's, or PIPE_WIDTH elsewhere."""
    from rich.console import Console

    print(text(Console().width if sys.stdout.isatty() else PIPE_WIDTH))


def print_all(things: Iterable[Line]) -> None:
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


def show_results(
    results: Sequence[Shown],
    as_json: bool,
    html: Path | None,
    language: str,
    title: Words = "",
    notes: Sequence[Words] = (),
) -> None:
    """Print results as texts and tables, or as JSON, a list; and write them as a page, if asked.

    `title` is that of a page with several results; without it the first one's. `notes` say what
    could not be shown; in JSON they are notes of the last result.
    """
    from churnlab.language.sentence import in_language
    from churnlab.report import terminal
    from churnlab.report.results import told
    from churnlab.retention.shown import page
    from churnlab.schema.files import write_text

    if html is not None:
        headed = title if title and len(results) > 1 else results[0].title
        write_text(html, page(headed, "", results, notes).html(language))
    if as_json:
        figures = [result.to_dict() for result in results]
        if notes:
            figures[-1]["notes"] += map(str, notes)
        print_json(figures)
    else:
        print_all(told(results, language))
        print_all(terminal.unsure(in_language(words, language) for words in notes))


def show_review(found: Review) -> None:
    """Print evaluations, then the backtest or why there is none."""
    from churnlab.report import terminal

    print_all(terminal.evaluations(found.evaluations))
    print_all(terminal.notes([found.note] if found.note else ()))
    if found.backtest is not None:
        print_all(terminal.backtest(found.backtest))
    elif found.no_backtest:
        print_all(terminal.unsure([f"no backtest: {found.no_backtest}"]))


def show_part(part: Part) -> None:
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
    print_all([f"\n== {part.name}{kind}", *terminal.evaluations(part.training.evaluations)])
    print_all(f"gate: {said}" for said in part.gate)
    print_all([terminal.first_on(part.risks.frame), terminal.lines(places)])
