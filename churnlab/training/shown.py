"""What a judged training and a logged run show of themselves in a notebook."""

from __future__ import annotations

from collections.abc import Iterator

from churnlab.evaluation.tables import TitledTable
from churnlab.language.sentence import Words, sentence
from churnlab.report.glance import Glance
from churnlab.report.glances import tables_of, unsure
from churnlab.training.judging import Judged


def judged(found: Judged) -> Glance:
    """Judged models: a sentence for each target, the contenders, what is unsure. No person's row.

    >>> from churnlab.training.judging import example
    >>> print(judged(example()).lines[0])
    churned: DecisionTreeClassifier, the row churnlab of the table. AUC 1.000 [1.000, 1.000] on 40
    later snapshots of 20 people; the best baseline, my rule, reaches 0.500.
    """
    lines = [_line(found, target) for target in found.evaluations]
    timing = [found.timing.sentence()] if found.timing else []
    notes = tuple(note for e in found.evaluations.values() for note in unsure(e))
    return Glance(sentence("Judged on later rows"), (*lines, *timing), (*_tables(found),), notes)


def _line(found: Judged, target: str) -> Words:
    summary = found.evaluations[target].summary()
    if target not in found.models:
        return sentence("{target}: {summary}", target=target, summary=summary)
    return sentence(
        "{target}: {model}, the row churnlab of the table. {summary}",
        target=target,
        model=type(found.models[target]).__name__,
        summary=summary,
    )


def _tables(found: Judged) -> Iterator[TitledTable]:
    for target, evaluation in found.evaluations.items():
        for titled in tables_of(evaluation):
            title = sentence("{target}: {title}", target=target, title=titled.title)
            yield TitledTable(title, titled.table, titled.before, titled.after)
