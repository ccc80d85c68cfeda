"""Tables and lines for a terminal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from churnlab.evaluation.evaluation import Evaluation
from churnlab.report import terminal


def shown(thing: terminal.Shown) -> str:
    console = Console(width=120, no_color=True, highlight=False)
    with console.capture() as caught:
        console.print(thing)
    return caught.get()


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product(
        [range(40), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
    )
    y = pd.Series((rng.random(40) > 0.5).astype(float), index=index)
    said = {"churnlab": rng.random(40), "base_rate": np.full(40, 0.5)}
    return Evaluation.of(said, y, target="churned", draws=20)


def test_texts_are_shown_as_they_are() -> None:
    text = shown(terminal.table(("a", "gain [corrected]"), [("[bold]x[/bold]", "y\\[b]")]))
    assert "[bold]x[/bold]" in text and "a" in text.splitlines()[1]
    assert "gain [corrected]" in text and "y\\[b]" in text


def test_of_a_wide_table_nothing_is_cut_off() -> None:
    head = [f"{k}日及以后回访" for k in range(9)]
    text = shown(terminal.table(head, [["channel：friend", *["86.4%（83.5%至88.9%）"] * 8]]))
    assert "…" not in text and text.count("（83.5%至") == 8 and "friend" in text
    assert text.replace(" ", "").replace("\n", "").count("访") == 9


def test_an_evaluation_is_a_table_and_what_is_unsure(evaluation: Evaluation) -> None:
    table, *notes = terminal.evaluations({"churned": evaluation})
    text = shown(table).lower()
    for word in ("churned", "auc", "brier", "churnlab", "base rate"):
        assert word in text
    assert notes == [f"unsure: {warning}" for warning in evaluation.warnings] and notes


def test_the_first_of_a_list_is_one_line() -> None:
    frame = pd.DataFrame(
        {
            "user_id": ["ann", "bob"],
            "risk": [0.914, 0.5],
            "ltv": [12.0, np.nan],
            "reason_1": ["no open for 9 days", ""],
            "reason_2": "",
            "reason_3": ["2 pushes", ""],
        }
    )
    want = "first on the list: ann, risk 91%, worth 12.00: no open for 9 days; 2 pushes"
    assert terminal.first_on(frame) == want


def test_the_catalogue_is_a_table() -> None:
    catalogue = pd.DataFrame(
        {"name": ["a__x__7d"], "unit": ["days"], "says": ["a of {value}"], "more": [1]}
    )
    text = shown(terminal.catalogue(catalogue))
    assert "a__x__7d" in text and "days" in text and "a of {value}" in text and "more" not in text


def test_versions_are_a_table_of_texts_as_they_were_written() -> None:
    version = {
        "version": 7,
        "state": "Approved",
        "aliases": ["champion"],
        "trained": "2026-03-01",
        "by": "[red]Mei[/red]",
        "at": "2026-03-04T09:30:00+00:00",
        "review_due": "2026-06-02",
        "override": "",
        "note": "read it",
    }
    told = {**version, "version": 8, "aliases": [], "override": "a pilot"}
    lines = shown(terminal.versions([version, told])).splitlines()
    first = next(line for line in lines if line.strip().startswith("7"))
    for words in ("Approved", "champion", "[red]Mei[/red]", "2026-03-04", "2026-06-02", "read it"):
        assert words in first
    assert "09:30" not in first and any("a pilot" in line for line in lines)
