"""What an explanation shows of itself in a notebook."""

from __future__ import annotations

from churnlab.evaluation.tables import Table, TitledTable
from churnlab.explanation.explanation import LOG_ODDS, Explanation
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.glance import Glance

_FEATURES = 8
_ROWS = 3


def glance(found: Explanation, language: str = ENGLISH) -> Glance:
    """An explanation: what moves the score most, and the reasons of the first rows, without ids.

    >>> from churnlab.explanation.explanation import example
    >>> [str(titled.title) for titled in glance(example()).tables]
    ['Themes', 'Features', 'Reasons of the first rows']
    """
    line = sentence(
        "{rows:,} rows explained by {columns} features. Importance: the mean absolute push on the "
        "model's score.",
        rows=len(found.values),
        columns=found.values.shape[1],
    )
    themes = found.theme_importance(language).rename_axis("theme").reset_index(name="importance")
    features = found.importance(language)[["what", "signal", "importance"]].head(_FEATURES)
    tables = [
        TitledTable(sentence("Themes"), Table.of(themes, 3)),
        TitledTable(sentence("Features"), Table.of(features, 3)),
    ]
    if found.facts is not None and found.unit == LOG_ODDS:
        title = sentence("Reasons of the first rows")
        tables.append(TitledTable(title, _reasons(found, language)))
    return Glance("Explanation", (line,), tuple(tables))


def _reasons(found: Explanation, language: str) -> Table:
    """The reasons of the first rows; an explanation of many rows words those alone."""
    reasons = found.head(_ROWS).reasons(3, language).to_numpy()
    rows = tuple(tuple(filter(None, row)) or (sentence("no reason"),) for row in reasons)
    longest = max((len(row) for row in rows), default=0)
    return Table((), tuple((*row, *[""] * (longest - len(row))) for row in rows))
