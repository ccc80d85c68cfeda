"""The catalogue: a row for each column, with its sentences as text and as templates with values.

`says` and `missing` are English text. In `says` the constants are put in and columns stand in
braces: `opened {push__opened_sum__14d:.0f} of {push__sent_sum__14d:.0f} pushes in 14 days`.
`templates` is JSON of the same sentences, from which they can be said in any language. `about` is
`person`, or `day` for a column that depends on the snapshot day and the log alone: it is the same
for everybody on a day, and no reason of one person. `topic` is what the column speaks of, and
`theme` what a person would call it (`features.themes`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from churnlab.features.builder import parse_name
from churnlab.features.themes import DAY, OTHER, theme_of
from churnlab.language.sentence import Column, Sentence, Words, names_in
from churnlab.schema.names import as_column


class Entry(NamedTuple):
    """One row of a catalogue: a column, its builder, its unit, its sentences, what it is about."""

    name: str
    builder: str
    unit: str
    says: Words
    missing: Words
    about: str = "person"
    topic: str = OTHER


_BLANKS = dict.fromkeys((*range(32), 127), " ")
COLUMNS = [
    "name",
    "signal",
    "builder",
    "unit",
    "window",
    "says",
    "missing",
    "templates",
    "about",
    "topic",
    "theme",
]


def table(entries: Iterable[Entry]) -> pd.DataFrame:
    """One row a column, with COLUMNS.

    >>> made = table([Entry("quiz__sum__28d", "Quizzes", "events", "{value:.0f} played", "none")])
    >>> made[["name", "signal", "window", "says"]].iloc[0].tolist()
    ['quiz__sum__28d', 'quiz', '28d', '{value:.0f} played']
    """
    return pd.DataFrame([_row(entry) for entry in entries], columns=COLUMNS)


def sentences(row: Mapping[str, Any]) -> tuple[Sentence, Sentence]:
    """`says` and `missing` of a catalogue's row, also of one that was written to a file and read.

    A row without `templates`, from a catalogue made by hand, gives sentences of its text.

    >>> sentences({"says": "{value:.0f} quizzes", "missing": "none"})[1].text()
    'none'
    """
    written = row.get("templates")
    if not isinstance(written, str) or not written:
        return Sentence(row["says"]), Sentence(row["missing"])
    found = json.loads(written)
    return Sentence.from_dict(found["says"]), Sentence.from_dict(found["missing"])


def of_the_day(catalogue: pd.DataFrame) -> frozenset[str]:
    """The columns that are the same for everybody on a day: the season, the days observed.

    Empty for a catalogue that was written before it said so.

    >>> wave = Entry("calendar__sine__static", "Calendar", "wave", "{value:.2f}", "none", "day")
    >>> sorted(of_the_day(table([wave])))
    ['calendar__sine__static']
    """
    if "about" not in catalogue:
        return frozenset()
    return frozenset(catalogue.loc[catalogue["about"] == "day", "name"])


def given_names(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Names that stand in a row's column name in another form: those of roles and attributes.

    >>> said = Sentence("{value:.0f} {role} events", {"role": "签到"})
    >>> made = table([Entry("role__n_347fa28b3b_sum__28d", "RoleUse", "events", said, "none")])
    >>> given_names(made.iloc[0])
    ('签到',)
    """
    says, _ = sentences(row)
    texts = [value for value in says.values.values() if isinstance(value, str)]
    return tuple(t for t in texts if as_column(t) != t and as_column(t) in row["name"])


def _row(entry: Entry) -> tuple[str, ...]:
    parsed = parse_name(entry.name)
    says, missing = _as_sentence(entry.says), _as_sentence(entry.missing)
    templates = {"says": says.to_dict(), "missing": missing.to_dict()}
    return (
        entry.name,
        parsed["signal"],
        entry.builder,
        entry.unit,
        parsed["window"],
        _text(says),
        _text(missing),
        json.dumps(templates, ensure_ascii=False),
        entry.about,
        DAY if entry.about == DAY else entry.topic,
        theme_of(DAY if entry.about == DAY else entry.topic),
    )


def _as_sentence(words: Words) -> Sentence:
    return words if isinstance(words, Sentence) else Sentence(words)


def _text(said: Sentence) -> str:
    """The English text in which values that a row brings stand in braces.

    Control characters of a name are blanks in it, for readers of CSV stop at some of them.
    """
    columns = {name: Column(name) for name in names_in(said.template)}
    return Sentence(said.template, {**columns, **said.values}).text().translate(_BLANKS)
