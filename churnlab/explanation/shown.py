"""What an explanation shows of itself in a notebook."""

from __future__ import annotations

from churnlab.evaluation.tables import Table, TitledTable
from churnlab.explanation.explanation import Explanation
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.glance import Glance

_FEATURES = 8
_ROWS = 3


def glance(found: Explanation, language: str = ENGLISH) -> Glance:
    """An explanation: what moves the score most, and the reasons of the first rows, without ids.

    >>> from churnlab.explanation.explanation import example
    >>> [str(titled.title) for titled in glance(example()).tables]
    ['Signals', 'Features', 'Reasons of the first rows']
    """
    line = sentence(
        "{rows:,} rows explained by {columns} features. Importance: the mean absolute push on the "
        "model's score.",
        rows=len(found.values),
        columns=found.values.shape[1],
    )
    signals = found.signal_importance().rename_axis("signal").reset_index(name="importance")
    features = found.importance(language)[["what", "signal", "importance"]].head(_FEATURES)
    tables = [
        TitledTable(sentence("Signals"), Table.of(signals, 3)),
        TitledTable(sentence("Features"), Table.of(features, 3)),
        TitledTable(sentence("Reasons of the first rows"), _reasons(found, language)),
    ]
    return Glance("Explanation", (line,), tuple(tables))


def _reasons(found: Explanation, language: str) -> Table:
    """The reasons of the first rows; an explanation of many rows words those alone."""
    some = Explanation(found.values.head(_ROWS), found.base, found.X.head(_ROWS), found.catalogue)
    reasons = some.reasons(3, language).to_numpy()
    rows = tuple(tuple(filter(None, row)) or (sentence("no reason"),) for row in reasons)
    longest = max((len(row) for row in rows), default=0)
    return Table((), tuple((*row, *[""] * (longest - len(row))) for row in rows))
