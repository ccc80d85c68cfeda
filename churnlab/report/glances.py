"""What each result shows of itself in a notebook: a log, daily rows, snapshots, a dataset, figures.

Each function makes a `Glance` of a result; the results find it through `schema.views`. The sizes do
not grow with the log: of people at most a few are shown, where the result is made of their rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors.secrets import shown_name
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, TitledTable, cell, heading
from churnlab.events.event_log import EventLog
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import Sentence, Words, sentence
from churnlab.report.glance import Glance, facts
from churnlab.report.log_profile import REASONS
from churnlab.schema.days import day_text

_ROWS = 5
_PEOPLE_AT_MOST = 3
_SHOWN = ("user_id", "day", "acts", "sessions", "steps", "orders", "money")
_LABELS = {
    "churned": (sentence("share that churned"), "{value:.1%}"),
    "ltv": (sentence("mean value"), "{value:amount}"),
}


def event_log(log: EventLog) -> Glance:
    """A log: people, events and days, the events by name, and what was set aside.

    >>> from churnlab.demo.datasets import make_community
    >>> print(event_log(make_community(users=30, days=60).log()).title)
    EventLog
    """
    counted = log.describe()
    names = pd.Series(dict(log.named), dtype=np.int64).sort_values(ascending=False, kind="stable")
    roles = [", ".join(log.roles.of_event(str(name))) for name in names.index]
    by_name = Table(
        (sentence("event name"), sentence("role"), sentence("events")),
        tuple((str(n), r, cell(int(c))) for (n, c), r in zip(names.items(), roles, strict=True)),
        frozenset({2}),
    )
    aside = [(REASONS.get(r, r.replace("_", " ")), cell(n)) for r, n in log.counts.items() if n]
    tables = (
        TitledTable(sentence("Events by name"), by_name),
        facts(aside, sentence("Set aside or odd")),
    )
    return Glance("EventLog", (_span(counted, log.timezone), _counted(counted)), tables)


def daily(activity: DailyActivity) -> Glance:
    """Daily rows: people and days, the measures, and the first rows.

    >>> from churnlab.demo.datasets import make_community
    >>> glance = daily(make_community(users=30, days=60).log().daily())
    >>> [str(column) for column in glance.tables[0].table.columns][:3]
    ['user_id', 'day', 'acts']
    """
    part = next((some for _, some in activity.parts()), activity)
    rows = part.take(0, min(_PEOPLE_AT_MOST, len(part.users))).as_of().frame().head(_ROWS)
    roles = ", ".join(activity.roles.names)
    line = sentence(
        "One row for each person and day: {people:person|people}, {first} to {last}, {zone}.",
        people=len(activity.users),
        first=day_text(activity.start),
        last=day_text(activity.end - 1),
        zone=activity.timezone,
    )
    known = sentence("Roles with a column of their own: {roles}.", roles=roles) if roles else ""
    shown = rows[[name for name in _SHOWN if name in rows]].assign(
        day=rows["day"].dt.strftime("%Y-%m-%d"), money=rows["money"] / MICRO
    )
    table = Table.of(shown, 2, {name: name for name in shown})
    first = TitledTable(sentence("The first rows"), table)
    return Glance("DailyActivity", (line, known) if roles else (line,), (first,))


def snapshots(found: Snapshots) -> Glance:
    """Snapshots: rows and people, the rows and labels of each day, and what was left out.

    >>> frame = pd.DataFrame({"user_id": [7, 9], "snapshot": "2026-03-01"})
    >>> print(snapshots(Snapshots.from_frame(frame)).lines[0])
    2 rows of 2 people at 1 day: each a person at the start of a day.
    """
    frame = found.frame
    line = sentence(
        "{rows:row|rows} of {people:person|people} at {days:day|days}: "
        "each a person at the start of a day.",
        rows=len(frame),
        people=frame["user_id"].nunique(),
        days=frame["snapshot"].nunique(),
    )
    labels = frame.set_index("snapshot").drop(columns="user_id")
    tables = (_by_day(labels), _left_out(found.dropped))
    return Glance("Snapshots", (line, *_targets(found.targets)), tables)


def dataset(data: Dataset) -> Glance:
    """A dataset: rows, people and columns, labels by day, columns by signal, what was left out.

    >>> from churnlab.training.judging import example
    >>> print(dataset(example().train).lines[0])
    40 rows of 20 people at 2 days, 1 column of features.
    """
    line = sentence(
        "{rows:row|rows} of {people:person|people} at {days:day|days}, "
        "{columns:column|columns} of features.",
        rows=len(data.X),
        people=data.X.index.get_level_values("user_id").nunique(),
        days=len(data.days),
        columns=data.X.shape[1],
    )
    labels = data.labels.set_axis(data.X.index.get_level_values("snapshot"))
    tables = [_by_day(labels.rename_axis("snapshot"))]
    if "signal" in data.catalogue:
        count = data.catalogue["signal"].value_counts()
        columns = pd.DataFrame({"signal": count.index, "columns": count.to_numpy()})
        words = {"columns": sentence("columns")}
        by_signal = Table.of(columns, headings=words)
        tables.append(TitledTable(sentence("Columns by signal"), by_signal))
    tables.append(_left_out(data.counts))
    lacking = [
        sentence("{signal} adds nothing: the log has no {missing}.", signal=name, missing=what)
        for name, what in data.skipped.items()
    ]
    return Glance("Dataset", (line, *_targets(data.targets)), tuple(tables), tuple(lacking))


def evaluation(found: Evaluation) -> Glance:
    """An evaluation: the headline in a sentence, the contenders, by silence, what is unsure.

    >>> from churnlab.training.judging import example
    >>> print(evaluation(example().evaluations["churned"]).title)
    Evaluation of churned
    """
    title = sentence("Evaluation of {target}", target=found.target)
    return Glance(title, (found.summary(),), tables_of(found), unsure(found))


def tables_of(found: Evaluation) -> tuple[TitledTable, ...]:
    """The contenders of an evaluation, and its figures by how lately people were seen.

    >>> from churnlab.training.judging import example
    >>> len(tables_of(example().evaluations["churned"]))
    1
    """
    beside = TitledTable(sentence("Beside the baselines"), found.beside(differences=True))
    silence = found.by_silence(brief=True)
    if silence is None:
        return (beside,)
    return beside, TitledTable(sentence("By how lately people were seen"), silence)


def unsure(found: Evaluation) -> tuple[Words, ...]:
    """A sentence for each thing that is unsure in an evaluation.

    >>> from churnlab.training.judging import example
    >>> print(unsure(example().evaluations["churned"])[-1])
    Unsure: only 16 of 40 rows churned: the figures are unsure
    """
    return tuple(sentence("Unsure: {text}", text=text) for text in found.warnings)


def _span(counted: Mapping[str, object], zone: str) -> Words:
    return sentence(
        "{source} · {first} to {last} · {zone}",
        source=shown_name(str(counted["source"])),
        first=str(counted["first_day"]),
        last=str(counted["last_day"]),
        zone=zone,
    )


def _counted(counted: Mapping[str, object]) -> Words:
    return sentence(
        "{events:event|events} of {people:person|people}.",
        events=counted["events"],
        people=counted["people"],
    )


def _targets(targets: Iterable[object]) -> tuple[Words, ...]:
    """The definition of each target, in a sentence."""
    return tuple(target.describe() for target in targets)  # type: ignore[attr-defined]


def _by_day(labels: pd.DataFrame) -> TitledTable:
    """Rows and mean labels of each snapshot day, the newest first."""
    known = [name for name in _LABELS if name in labels]
    grouped = labels.groupby(level="snapshot")
    means = grouped[known].mean().assign(rows=grouped.size()).sort_index(ascending=False)
    rows = [
        (str(day.date()), cell(int(row["rows"])), *(_mean(name, row[name]) for name in known))
        for day, row in means.iterrows()
    ]
    columns = sentence("snapshot day"), heading("rows"), *(_LABELS[name][0] for name in known)
    table = Table(columns, tuple(rows), frozenset(range(1, len(columns))))
    return TitledTable(sentence("By snapshot day, the newest first"), table)


def _mean(label: str, value: float) -> Words:
    """The mean of a label, a share or money; a dash where no row has it."""
    return UNKNOWN if np.isnan(value) else Sentence(_LABELS[label][1], {"value": float(value)})


def _left_out(counts: Mapping[str, int]) -> TitledTable:
    rows = [(reason, cell(int(count))) for reason, count in counts.items() if count]
    return facts(rows, sentence("Rows left out"))
