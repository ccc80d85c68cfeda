"""What the published lists of a week say: people, risk, value at risk, comings and goings."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from churnlab.language.sentence import Words, sentence
from churnlab.nightly.changes import ENTER, EXIT
from churnlab.nightly.grading.kept import GRADE, kept
from churnlab.nightly.grading.record import Grade
from churnlab.nightly.lists.manifest import MANIFEST
from churnlab.nightly.lists.read import PublishedList, read_list
from churnlab.nightly.lists.shelf import shelf_of
from churnlab.schema.days import contains, day_number
from churnlab.weekly.figures import Figure
from churnlab.weekly.measures import COUNT, MEAN, MONEY, SHARE
from churnlab.weekly.week import Week

_FOLDER = "as_of="


@dataclass(frozen=True)
class ListsOfWeek:
    """The newest list of a week, and what all its lists say together.

    `people` are on the newest list, `risk` is their mean probability, `value_at_risk` its sum in
    the money of the log; `tiers` has people, mean risk and value at risk by tier. `entered` and
    `left` count people over the nights of the week. `psi` is how far the scores have moved from the
    training. NaN is not known.
    """

    as_of: str
    nights: int
    people: int
    risk: float
    value_at_risk: float
    entered: int
    left: int
    psi: float
    tiers: pd.DataFrame
    reasons: Mapping[str, int] = field(default_factory=dict)


def lists_of(folder: str | Path, week: Week) -> ListsOfWeek | None:
    """What the lists that were published for the mornings after the days of a week say.

    None where there is none. Raises ListError for a list that was changed.

    >>> lists_of("nowhere", Week.of("2026-W47")) is None
    True
    """
    found = [read_list(folder, day) for day in _days(folder, week)]
    if not found:
        return None
    newest = found[-1]
    frame = newest.frame
    changes = pd.concat([_changes(folder, each) for each in found])
    by_tier = frame.groupby(frame["tier"].fillna(""), sort=False)
    tiers = by_tier.agg(
        people=("risk", "size"), risk=("risk", "mean"), value_at_risk=("value_at_risk", "sum")
    )
    known = frame["value_at_risk"].notna().any()
    kinds = changes["change"]
    left = changes.loc[kinds == EXIT, "reason"].value_counts()
    return ListsOfWeek(
        newest.as_of,
        len(found),
        len(frame),
        float(frame["risk"].mean()) if len(frame) else np.nan,
        float(frame["value_at_risk"].sum()) if known else np.nan,
        int((kinds == ENTER).sum()),
        int((kinds == EXIT).sum()),
        _guard(newest.manifest.guards, "psi_training"),
        tiers.rename_axis("tier").reset_index(),
        {str(reason): int(count) for reason, count in left.items()},
    )


def grades_of(folder: str | Path, week: Week) -> list[Grade]:
    """The kept grades of lists whose horizon ended in a week, oldest first.

    >>> grades_of("nowhere", Week.of("2026-W47"))
    []
    """
    shelf = shelf_of(folder)
    days = [
        name.removeprefix(_FOLDER)
        for name in sorted(shelf.names(""))
        if name.startswith(_FOLDER) and GRADE in shelf.names(name)
    ]
    grades = [grade for day in days if (grade := kept(folder, day)) is not None]
    return [grade for grade in grades if _inside(day_number(grade.ended), week)]


def _days(folder: str | Path, week: Week) -> list[str]:
    """The days of the lists for the seven mornings after the days of a week."""
    shelf = shelf_of(folder)
    names = (n.removeprefix(_FOLDER) for n in shelf.names("") if n.startswith(_FOLDER))
    there = sorted(name for name in names if MANIFEST in shelf.names(_FOLDER + name))
    return [name for name in there if _inside(day_number(name) - 1, week)]


def _inside(day: int, week: Week) -> bool:
    return bool(contains(day, week.first, week.end))


def _changes(folder: str | Path, listed: PublishedList) -> pd.DataFrame:
    """Who entered and left by a list; no row where it was the first."""
    file = listed.manifest.files.get("changes")
    if file is None:
        return pd.DataFrame({"change": [], "reason": []}, dtype="str")
    data = shelf_of(folder).get(file.path)
    return pd.read_parquet(io.BytesIO(data), columns=["change", "reason"])


def _guard(guards: tuple[Mapping[str, Any], ...], name: str) -> float:
    """The figure of a guard; NaN where the list has none."""
    figures = [g["figure"] for g in guards if g["name"] == name and g["figure"] is not None]
    return float(figures[0]) if figures else np.nan


def list_figures(
    now: ListsOfWeek | None,
    last: ListsOfWeek | None,
    year: ListsOfWeek | None,
    currency: str = "",
) -> Iterator[Figure]:
    """The figures of the lists of three weeks; they are not tested.

    >>> list(list_figures(None, None, None))
    []
    """
    if now is None:
        return
    for name, label, kind in _FIGURES:
        own, then, before = (_value(each, name) for each in (now, last, year))
        if np.isfinite(own):
            yield Figure(name, label, kind, own, then, before, currency=currency)


def _value(found: ListsOfWeek | None, name: str) -> float:
    return np.nan if found is None else float(getattr(found, name))


_FIGURES: tuple[tuple[str, Words, str], ...] = (
    ("people", sentence("people on the newest list"), COUNT),
    ("risk", sentence("their mean churn probability, an estimate"), SHARE),
    ("value_at_risk", sentence("their value at risk, an estimate"), MONEY),
    ("entered", sentence("people who entered the list"), COUNT),
    ("left", sentence("people who left the list"), COUNT),
    ("psi", sentence("drift: PSI of the scores against the training"), MEAN),
)
