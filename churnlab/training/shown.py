"""What a judged training and a logged run show of themselves in a notebook."""

from __future__ import annotations

from collections.abc import Iterator

from churnlab.evaluation.metric_table import headline
from churnlab.evaluation.tables import TitledTable, cell
from churnlab.language.sentence import Words, sentence
from churnlab.report.glance import Glance, facts
from churnlab.report.glances import tables_of, unsure
from churnlab.training.judging import Judged
from churnlab.training.logged import Run

_SHOWN = ("churned", "ltv")


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


def run(found: Run) -> Glance:
    """A logged run: where it is, what is stored, its first figures, and what comes next.

    >>> from churnlab.demo.example import tracker
    >>> print(run(Run("r1", tracker(), "v1", ("churned",))).lines[1])
    State: Draft. cl.card(run) shows its card, cl.registry(store).submit(run_id) puts it forward.
    """
    rows: list[tuple[Words, Words]] = [
        (sentence("run"), found.run_id),
        (sentence("store"), found.store),
        (sentence("version"), found.version),
        (sentence("models stored"), ", ".join(found.models) or sentence("none")),
    ]
    main = {target: headline(target) for target in _SHOWN}
    rows += [
        (sentence("{target}: {metric}", target=t, metric=m.label), cell(found.metrics[name]))
        for t, m in main.items()
        if (name := f"{t}_{m.name}") in found.metrics
    ]
    lines = (
        sentence("Logged to MLflow with its models, its figures and its card."),
        sentence(
            "State: Draft. cl.card(run) shows its card, cl.registry(store).submit(run_id) puts it "
            "forward."
        ),
    )
    return Glance(sentence("Run"), lines, (facts(rows),), found.notes)


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
