"""Results as tables and lines for a terminal; printing them is the command line's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from churnlab.evaluation.backtest import Backtest
from churnlab.evaluation.evaluation import Evaluation
from churnlab.language.sentence import Words

Shown: TypeAlias = Table | str
_WIDE = 80


def lines(result: Mapping[str, Any]) -> str:
    """A line for each key and value, the values in one column.

    >>> print(lines({"run_id": "r1", "people": 20}))
    run id  r1
    people  20
    """
    width = max(map(len, result))
    return "\n".join(f"{key.replace('_', ' '):{width}}  {value}" for key, value in result.items())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table of texts, which are shown as they are, headings too; of a wide one nothing is cut."""
    shown, given = Table(box=SIMPLE_HEAD, pad_edge=False), list(rows)
    columns = zip(head, *given, strict=True)
    wide = sum(max(map(cell_len, column)) + 2 for column in columns) > _WIDE
    for name in head:
        shown.add_column(Text(name), overflow="fold")
    for row in given:
        shown.add_row(*map(Text, map(_breakable, row) if wide else row))
    return shown


def _breakable(cell: str) -> str:
    """A cell that can go on in a new line after a colon and before brackets of Chinese texts."""
    return cell.replace("：", "： ").replace("（", " （")


def catalogue(features: pd.DataFrame) -> Table:
    """The name, unit and sentence of each feature."""
    rows = [(f.name, f.unit, f.says) for f in features.itertuples(index=False)]
    return table(("feature", "unit", "says"), rows)


def evaluations(found: Mapping[str, Evaluation]) -> Iterator[Shown]:
    """Tables for each target: the model beside the baselines, by silence, and what is unsure."""
    for target, evaluation in found.items():
        shown = evaluation.beside("terminal").frame()
        yield table((target, *shown.columns[1:]), [tuple(row) for row in shown.to_numpy()])
        if by_silence := evaluation.by_silence(brief=True):
            yield f"{target}, by how lately people were seen"
            shown = by_silence.frame()
            yield table(tuple(shown), [tuple(row) for row in shown.to_numpy()])
        yield from unsure(evaluation.warnings)


def backtest(found: Backtest) -> Iterator[Shown]:
    """The tables of a backtest, each below its title, and what is unsure."""
    for target in found.targets:
        for title, frame in found.tables(target).items():
            yield f"backtest of {target}, trained again for each cut: {title}"
            yield table(tuple(frame), [tuple(row) for row in frame.itertuples(index=False)])
    yield from unsure(found.warnings)


def unsure(warnings: Iterable[Words]) -> Iterator[Shown]:
    """A line for each thing that is unsure."""
    return (f"unsure: {text}" for text in warnings)


def notes(said: Iterable[str]) -> Iterator[Shown]:
    """A line for each note on a log."""
    return (f"note: {text}" for text in said)


def first_on(frame: pd.DataFrame) -> str:
    """The first person of a risk list in one line."""
    top = frame.iloc[0]
    reasons = "; ".join(r for r in top[["reason_1", "reason_2", "reason_3"]] if r)
    risk, worth = f"{top['risk']:.0%}", f"{top['ltv']:.2f}"
    return f"first on the list: {top['user_id']}, risk {risk}, worth {worth}: {reasons}"


def versions(found: Iterable[Mapping[str, Any]]) -> Table:
    """A line for each version of a registered model, as `Version.to_dict` gives it."""
    head = ("version", "state", "alias", "trained", "decided by", "on", "review due", "note")
    return table(
        head,
        (
            [
                str(v["version"]),
                str(v["state"]),
                ", ".join(v["aliases"]),
                v["trained"],
                v["by"],
                v["at"][:10],
                v["review_due"],
                v["override"] or v["note"],
            ]
            for v in found
        ),
    )
