"""The figures of a funnel as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.corrected import holm
from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.retention.funnels.steps import Steps
from churnlab.retention.people import group_words
from churnlab.retention.shares import difference, wilson
from churnlab.retention.shown import (
    clearest,
    count_words,
    p_words,
    points_words,
    share_words,
    words_table,
)

_DIFFERENCES_SHOWN = 18
_SHORT = 2  # days, below which times are told in hours where they are exact


@dataclass(frozen=True, eq=False)
class Taken:
    """The people who entered: how many steps each took, when, and in which groups they are.

    `steps` int8[n], `since` float[n, s] the days from the first step to each that was taken,
    `segments` a list of int32[n], one a grouping.
    """

    steps: np.ndarray
    since: np.ndarray
    segments: Sequence[np.ndarray]

    @classmethod
    def together(cls, parts: Sequence[Taken], steps: int, groupings: int) -> Taken:
        """Several parts as one.

        >>> Taken.together([], 3, 0).since.shape
        (0, 3)
        """
        if not parts:
            nobody = [np.zeros(0, np.int32)] * groupings
            return cls(np.zeros(0, np.int8), np.zeros((0, steps)), nobody)
        return cls(
            np.concatenate([p.steps for p in parts]),
            np.concatenate([p.since for p in parts]),
            [np.concatenate([p.segments[g] for p in parts]) for g in range(groupings)],
        )

    def only(self, inside: np.ndarray) -> Taken:
        """Some of the people, bool[n]."""
        return Taken(self.steps[inside], self.since[inside], ())


@dataclass(frozen=True, eq=False, repr=False)
class Walked:
    """Steps, their window in days, who took them, the groups, and people not yet known."""

    steps: Steps
    within: int
    taken: Taken
    groupings: tuple[tuple[str, tuple[str | None, ...]], ...]
    pending: int
    exact: bool


def names_of(steps: Steps, language: str = ENGLISH) -> list[str]:
    """The names of steps in a language."""
    return [in_language(step.words(), language) for step in steps.steps]


def _groups(found: Walked) -> Iterator[tuple[str | None, str | None, Taken]]:
    """Everybody, then each group that has people."""
    yield None, None, found.taken
    for (name, groups), segment in zip(found.groupings, found.taken.segments, strict=True):
        for place, group in enumerate(groups):
            inside = segment == place
            if inside.any():
                yield name, group, found.taken.only(inside)


def long_table(found: Walked) -> pd.DataFrame:
    """See `Funnel.table`."""
    parts = [_of_group(found, *each) for each in _groups(found)]
    return pd.concat(parts, ignore_index=True)


def _of_group(found: Walked, grouping: str | None, group: str | None, taken: Taken) -> pd.DataFrame:
    count = len(found.steps)
    people = np.array([(taken.steps > k).sum() for k in range(count)])
    earlier = np.concatenate([people[:1], people[:-1]])
    low, high = wilson(people, earlier)
    with np.errstate(invalid="ignore", divide="ignore"):
        of_first, of_previous = people / people[0], people / earlier
    times = [_times(taken, k) for k in range(count)]
    return pd.DataFrame(
        {
            "grouping": grouping,
            "group": group,
            "step": np.arange(1, count + 1),
            "name": names_of(found.steps),
            "people": people,
            "of_first": of_first,
            "of_previous": of_previous,
            "low": np.where(np.arange(count) > 0, low, np.nan),
            "high": np.where(np.arange(count) > 0, high, np.nan),
            "lost": earlier - people,
            **{name: [t[i] for t in times] for i, name in enumerate(_TIMES)},
        }
    )


_TIMES = ("median_days", "mean_days", "median_days_before", "mean_days_before")


def _times(taken: Taken, k: int) -> tuple[float, float, float, float]:
    """Median and mean days to a step from the first, and from the one before; NaN for nobody."""
    inside = taken.steps > k
    if not k or not inside.any():
        return (np.nan,) * 4
    since = taken.since[inside, k].astype(np.float64)
    last = since - taken.since[inside, k - 1]
    return (
        float(np.median(since)),
        float(since.mean()),
        float(np.median(last)),
        float(last.mean()),
    )


def differences(found: Walked) -> pd.DataFrame:
    """See `Funnel.differences`."""
    table = long_table(found)
    rows = []
    for name, groups in found.groupings:
        of_name = table[table["grouping"] == name]
        there = {g: of_name[of_name["group"] == g] for g in groups if g is not None}
        known = {g: part["people"].to_numpy() for g, part in there.items() if len(part)}
        for one, other in combinations(known, 2):
            for k in range(1, len(found.steps)):
                (n, x), (m, y) = known[one][k - 1 : k + 1], known[other][k - 1 : k + 1]
                low, high, p = (float(v) for v in difference(x, n, y, m))
                gap = x / n - y / m if n and m else np.nan
                rows.append((name, one, other, k + 1, gap, low, high, p))
    columns = ["grouping", "one", "other", "step", "difference", "low", "high", "p"]
    frame = pd.DataFrame(rows, columns=columns)
    names = names_of(found.steps)
    frame.insert(4, "name", [names[int(k) - 1] for k in frame["step"]])
    corrected = holm(frame["p"].to_numpy(float))
    return frame.assign(p_holm=corrected, beyond_chance=corrected < 0.05)


def sentences(found: Walked) -> tuple[Words, ...]:
    """See `Funnel.sentences`."""
    table = long_table(found).head(len(found.steps))
    entered, through = int(table["people"].iloc[0]), int(table["people"].iloc[-1])
    names = [step.words() for step in found.steps.steps]
    if not entered:
        return (_nobody_words(found, names[0]),)
    last = table.iloc[-1]
    said: list[Words] = [
        sentence(
            "{share:.1%} of {entered:person|people} came through all steps within {days:day|days}",
            share=last["of_first"],
            entered=entered,
            days=found.within,
        )
    ]
    worst = int(table["lost"].iloc[1:].idxmax())
    row = table.loc[worst]
    if row["lost"] > 0:
        said.append(
            sentence(
                "Most are lost before \u201c{step}\u201d: {lost:,} of {people:,} did not take it",
                step=names[worst],
                lost=int(row["lost"]),
                people=int(row["lost"] + row["people"]),
            )
        )
    if through:
        said.append(_time_words(last, found.exact))
    said += [
        sentence("Nobody took the step \u201c{step}\u201d", step=names[k])
        for k in range(1, len(names))
        if not table["people"].iloc[k] and table["people"].iloc[k - 1]
    ]
    return (*said, *_beyond_chance(found))


def _nobody_words(found: Walked, step: Words) -> Words:
    """Nobody took the first step, or nobody so early that more is known."""
    if not found.pending:
        return sentence("Nobody took the first step ({step})", step=step)
    return sentence(
        "Not yet known: nobody took the first step ({step}) {days:day|days} before the end "
        "of the log",
        step=step,
        days=found.within,
    )


def _time_words(row: pd.Series, exact: bool) -> Words:
    if exact and row["median_days"] < _SHORT:
        hours = {"median": 24 * row["median_days"], "mean": 24 * row["mean_days"]}
        return sentence(
            "All steps take {median:.1f} hours in the median, {mean:.1f} in the mean", **hours
        )
    days = {"median": row["median_days"], "mean": row["mean_days"]}
    return sentence(
        "All steps take {median:.1f} days in the median, {mean:.1f} in the mean", **days
    )


def _beyond_chance(found: Walked) -> Iterator[Words]:
    """The largest differences between groups that are beyond chance."""
    gaps = differences(found)
    if len(gaps) and not gaps["beyond_chance"].any():
        yield sentence("No two groups differ beyond chance")
    for row, more, less in clearest(gaps):
        yield sentence(
            "{grouping}: {more} takes the step \u201c{step}\u201d more often than {less}, "
            "by {points:.1f} points",
            grouping=row["grouping"],
            more=more,
            less=less,
            step=found.steps.steps[row["step"] - 1].words(),
            points=100 * abs(row["difference"]),
        )


def warnings(found: Walked) -> tuple[Words, ...]:
    """See `Funnel.warnings`."""
    said: list[Words] = []
    if found.pending:
        said.append(
            sentence(
                "{people:person|people} entered so late that their window is not over: "
                "they are not yet known, and not counted",
                people=found.pending,
            )
        )
    if not found.exact:
        said.append(sentence("Steps on one day are taken to be in order: daily rows do not tell"))
    return tuple(said)


def sections(found: Walked) -> list[TitledTable]:
    """See `Funnel.sections`."""
    table = long_table(found)
    titled = [TitledTable(sentence("Steps"), _steps_table(found, table.head(len(found.steps))))]
    if found.groupings:
        rest = table[table["grouping"].notna()]
        titled.append(TitledTable(sentence("Steps by group"), _groups_table(found, rest)))
        title = sentence("Differences between groups, the clearest first")
        titled.append(TitledTable(title, _difference_table(found, differences(found))))
    return titled


def _steps_table(found: Walked, table: pd.DataFrame) -> Table:
    hours = found.exact and not table["median_days"].ge(_SHORT).any()
    columns = {
        "step": sentence("step"),
        "people": sentence("people"),
        "of_first": sentence("of all who entered"),
        "of_previous": sentence("of the step before"),
        "lost": sentence("lost"),
        "median": sentence("median hours") if hours else sentence("median days"),
        "mean": sentence("mean hours") if hours else sentence("mean days"),
    }
    rows, unit = [], 24 if hours else 1
    for step, row in zip(found.steps.steps, table.to_dict("records"), strict=True):
        first = row["step"] == 1
        rows.append(
            {
                "step": step.words(),
                "people": count_words(row["people"]),
                "of_first": _share(row["of_first"]),
                "of_previous": UNKNOWN if first else _share(*_ends(row)),
                "lost": UNKNOWN if first else count_words(row["lost"]),
                "median": _time(unit * row["median_days"]),
                "mean": _time(unit * row["mean_days"]),
            }
        )
    return words_table(columns, rows)


def _ends(row: dict[str, Any]) -> tuple[float, float, float]:
    return row["of_previous"], row["low"], row["high"]


def _share(value: float, low: float = np.nan, high: float = np.nan) -> Words:
    return UNKNOWN if np.isnan(value) else share_words(value, low, high)


def _time(value: float) -> Words:
    return UNKNOWN if np.isnan(value) else sentence("{value:.1f}", value=value)


def _groups_table(found: Walked, table: pd.DataFrame) -> Table:
    columns: dict[str, Words] = {"group": sentence("group"), "people": sentence("entered")}
    columns |= {f"s{k}": s.words() for k, s in enumerate(found.steps.steps) if k}
    rows = []
    for _, part in table.groupby(["grouping", "group"], dropna=False, sort=False):
        steps = part.to_dict("records")
        cells = {f"s{k}": _share(*_ends(row)) for k, row in enumerate(steps) if k}
        named = group_words(steps[0]["grouping"], steps[0]["group"])
        rows.append({"group": named, "people": count_words(steps[0]["people"]), **cells})
    return words_table(columns, rows)


def _difference_table(found: Walked, gaps: pd.DataFrame) -> Table:
    columns = {
        "group": sentence("group"),
        "against": sentence("against"),
        "step": sentence("step"),
        "difference": sentence("difference"),
        "p": sentence("p, corrected"),
    }
    shown = gaps.sort_values("p", kind="stable").head(_DIFFERENCES_SHOWN)
    rows = [
        {
            "group": group_words(row["grouping"], row["one"]),
            "against": row["other"],
            "step": found.steps.steps[row["step"] - 1].words(),
            "difference": points_words(row["difference"], row["low"], row["high"]),
            "p": p_words(row["p_holm"]),
        }
        for row in shown.to_dict("records")
    ]
    return words_table(columns, rows)
