"""The figures of cohorts as tables and sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError
from churnlab.evaluation.corrected import holm
from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.sentence import Words, sentence
from churnlab.retention.cohort.counts import Counted, Counts
from churnlab.retention.cohort.returns import Return
from churnlab.retention.people import group_words
from churnlab.retention.shares import difference, effective, wilson, within_strata
from churnlab.retention.shown import (
    clearest,
    count_words,
    p_words,
    points_words,
    share_words,
    words_table,
)
from churnlab.schema.days import contains, day_text

WHO = ("new", "returning")
SETTLED = 28
_WHO_WORDS: Mapping[str, Words] = {
    "new": sentence("new"),
    "returning": sentence("returning"),
}
_SENTENCES = 4  # returns that are said of new people
_COHORTS_SHOWN = 12
_DIFFERENCES_SHOWN = 18


def everybody(by_group: np.ndarray) -> np.ndarray:
    """The counts of all groups together, of counts [groups, …].

    >>> everybody(np.array([[1, 2], [3, 4]])).tolist()
    [4, 6]
    """
    return by_group.sum(axis=0)


def _groups(found: Counted) -> Iterator[tuple[str | None, str | None, Counts, slice]]:
    """Everybody, then each group of each grouping: its names, counts and places."""
    yield None, None, found.counts[0], slice(None)
    for counts in found.counts:
        if counts.grouping is not None:
            for i, group in enumerate(counts.grouping.groups):
                if counts.size[:, i].any():
                    yield counts.grouping.name, group, counts, slice(i, i + 1)


def _returns(returns: tuple[Return, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "returns": [r.kind for r in returns],
            "from_day": [r.low for r in returns],
            "to_day": pd.array(
                [None if r.kind == "on or after" else r.high for r in returns], "Int64"
            ),
        }
    )


def long_table(found: Counted) -> pd.DataFrame:
    """See `Cohorts.table`."""
    parts = []
    periods, returns = len(found.periods), len(found.returns)
    names = _returns(found.returns)
    unsettled = np.array([[r.kind == "on or after" for r in found.returns]])
    left = found.periods.stop - 1 - found.periods.last[:, None] - names["from_day"].to_numpy()
    biased = (unsettled & (left < SETTLED) & found.known).ravel()
    for grouping, group, counts, places in _groups(found):
        for w, who in enumerate(WHO):
            size = np.repeat(everybody(counts.size[w, places]), returns)
            came = everybody(counts.hits[w, places]).reshape(-1).astype(float)
            known = found.known.ravel() & (size > 0)
            came = np.where(found.known.ravel(), came, np.nan)
            low, high = wilson(came, size)
            part = pd.DataFrame(
                {
                    "grouping": grouping,
                    "group": group,
                    "cohort": np.repeat(found.periods.stamps, returns),
                    "who": who,
                    "size": size,
                    **{k: np.tile(names[k].to_numpy(), periods) for k in ("returns", "from_day")},
                    "to_day": pd.array(list(names["to_day"]) * periods, "Int64"),
                    "came": came,
                    "share": came / np.where(size > 0, size, np.nan),
                    "low": low,
                    "high": high,
                    "known": known,
                    "biased_down": biased & known,
                }
            )
            parts.append(part[part["size"] > 0])
    return pd.concat(parts, ignore_index=True)


def averages(found: Counted) -> pd.DataFrame:
    """See `Cohorts.averages`."""
    parts = []
    for grouping, group, counts, places in _groups(found):
        for w, who in enumerate(WHO):
            size = np.where(found.known, everybody(counts.size[w, places])[:, None], 0)
            came = np.where(found.known, everybody(counts.hits[w, places]), 0).sum(axis=0)
            rows = size.sum(axis=0)
            worth = rows if who == "new" else effective(everybody(counts.totals[places]))
            share = came / np.where(rows > 0, rows, np.nan)
            low, high = wilson(share * worth, worth)
            head = {"grouping": grouping, "group": group, "who": who}
            part = _returns(found.returns).assign(
                cohorts=(size > 0).sum(axis=0),
                size=rows,
                came=np.where(rows > 0, came, np.nan),
                share=share,
                low=low,
                high=high,
            )
            if everybody(counts.size[w, places]).any():
                parts.append(pd.DataFrame(head, index=part.index).join(part))
    return pd.concat(parts, ignore_index=True) if parts else _no_averages(found)


def _no_averages(found: Counted) -> pd.DataFrame:
    names = ("cohorts", "size", "came", "share", "low", "high")
    return pd.DataFrame(columns=["grouping", "group", "who", *_returns(found.returns), *names])


def triangle(found: Counted, group: str | None) -> pd.DataFrame:
    """See `Cohorts.triangle`."""
    counts = found.counts[0]
    places = slice(None)
    if group is not None:
        known = counts.grouping.values if counts.grouping else ()
        if group not in known:
            raise ConfigError.from_unknown("group", group, known)
        places = slice(known.index(group), known.index(group) + 1)
    size = everybody(counts.size[0, places]).astype(float)
    came = everybody(counts.triangle[places]).astype(float)
    n = len(found.periods)
    later = np.arange(n)[:, None] + np.arange(n)[None, :]
    over = (later < n) & found.periods.over[np.minimum(later, n - 1)]
    share = np.where(over, came, np.nan) / np.where(size > 0, size, np.nan)[:, None]
    return pd.DataFrame(share, found.periods.stamps.rename("cohort"), np.arange(n))


def between_groups(found: Counted) -> pd.DataFrame:
    """Each two groups of each grouping, within their cohorts."""
    rows = []
    for counts in found.counts:
        if counts.grouping is None:
            continue
        name, values = counts.grouping.name, counts.grouping.values
        for i, j in combinations(range(len(values)), 2):
            for k, r in enumerate(found.returns):
                there = found.known[:, k]
                given = [(counts.hits[0, g, there, k], counts.size[0, g, there]) for g in (i, j)]
                figures = within_strata(*given[0], *given[1])
                rows.append((name, values[i], values[j], r, *figures))
    return _differences(rows)


def between_cohorts(found: Counted) -> pd.DataFrame:
    """Each cohort against the one before."""
    counts = found.counts[0]
    size = everybody(counts.size[0])
    hits = everybody(counts.hits[0])
    rows = []
    for k, r in enumerate(found.returns):
        there = np.flatnonzero(found.known[:, k] & (size > 0))
        for one, other in zip(there[1:], there[:-1], strict=True):
            x, n, y, m = hits[one, k], size[one], hits[other, k], size[other]
            low, high, p = (float(v) for v in difference(x, n, y, m))
            names = found.periods.name(one), found.periods.name(other)
            rows.append((None, *names, r, x / n - y / m, low, high, p))
    return _differences(rows)


BETWEEN: Mapping[str, Callable[[Counted], pd.DataFrame]] = {
    "groups": between_groups,
    "cohorts": between_cohorts,
}


def _differences(rows: list[tuple]) -> pd.DataFrame:
    names = ["grouping", "one", "other", "returns", "difference", "low", "high", "p"]
    frame = pd.DataFrame(rows, columns=names)
    which = _returns(tuple(frame.pop("returns")))
    for place, name in enumerate(which, 3):
        frame.insert(place, name, which[name])
    corrected = holm(frame["p"].to_numpy(float))
    return frame.assign(p_holm=corrected, beyond_chance=corrected < 0.05)


def sentences(found: Counted) -> tuple[Words, ...]:
    """See `Cohorts.sentences`."""
    mean = averages(found)
    new = mean[mean["grouping"].isna() & (mean["who"] == "new")]
    said = [_average_words(row, r) for row, r in _with_returns(new, found)][:_SENTENCES]
    if not said:
        said = [sentence("Nobody is new in these days: no cohort begins")]
    return (*said, *_beyond_chance(found))


def _with_returns(frame: pd.DataFrame, found: Counted) -> Iterator[tuple[dict, Return]]:
    yield from zip(frame.to_dict("records"), found.returns, strict=False)


def _average_words(row: Mapping, r: Return) -> Words:
    if np.isnan(row["share"]):
        return sentence("{returns}: not yet known, no cohort is so old", returns=r.words())
    return sentence(
        "{returns}: {share:.1%} of {size:new person|new people} came back [{low:.1%}, {high:.1%}]",
        returns=r.words(),
        share=row["share"],
        size=int(row["size"]),
        low=row["low"],
        high=row["high"],
    )


def _beyond_chance(found: Counted) -> Iterator[Words]:
    """The largest differences between groups that are beyond chance."""
    gaps = between_groups(found)
    if len(gaps) and not gaps["beyond_chance"].any():
        yield sentence("No two groups differ beyond chance")
    for row, more, less in clearest(gaps):
        yield sentence(
            "{grouping}: {more} comes back more often than {less}, by {points:.1f} points "
            "({returns})",
            grouping=row["grouping"],
            more=more,
            less=less,
            points=100 * abs(row["difference"]),
            returns=_return_of(row).words(),
        )


def _return_of(row: Mapping[str, Any]) -> Return:
    """The return of a row of a table."""
    to = row["to_day"]
    return Return(row["returns"], int(row["from_day"]), 0 if pd.isna(to) else int(to))


def warnings(found: Counted) -> tuple[Words, ...]:
    """See `Cohorts.warnings`."""
    said: list[Words] = []
    periods = found.periods
    known_before = found.by_registration or found.left_out["before"] > 0
    if not known_before and contains(found.from_day, 0, periods.base + 1):
        said.append(
            sentence(
                "The log begins on {day}: its first cohorts hold people who were there before",
                day=day_text(periods.base),
            )
        )
    if found.left_out["no_start"] and found.by_registration:
        said.append(
            sentence(
                "{people:person has|people have} no day of registration and are left out",
                people=found.left_out["no_start"],
            )
        )
    if found.left_out["before"]:
        said.append(
            sentence(
                "{people:person|people} began before the first cohort: they are in none, and "
                "count as returning when they come",
                people=found.left_out["before"],
            )
        )
    if found.left_out["acted"]:
        said.append(
            sentence(
                "{people:person|people} acted before the day of registration: these acts do not "
                "count",
                people=found.left_out["acted"],
            )
        )
    if found.left_out["after"]:
        said.append(
            sentence(
                "{people:person|people} registered after the end of the log and are left out",
                people=found.left_out["after"],
            )
        )
    if not periods.over.all():
        said.append(sentence("The last period is not over: its cohort still grows"))
    said.append(
        sentence("Days are local calendar days: who came within 24 hours is not known from them")
    )
    return tuple(said)


def sections(found: Counted) -> list[TitledTable]:
    """See `Cohorts.sections`."""
    titled = [
        TitledTable(sentence("Averages over cohorts, weighted by size"), _average_table(found))
    ]
    titled.append(TitledTable(sentence("New people by cohort"), _cohort_table(found)))
    gaps = between_groups(found)
    if len(gaps):
        title = sentence("Differences between groups within cohorts, the clearest first")
        titled.append(TitledTable(title, _difference_table(found, gaps)))
    return titled


def _average_table(found: Counted) -> Table:
    mean = averages(found)
    columns: dict[str, Words] = {"group": sentence("group"), "who": sentence("new or returning")}
    columns |= {f"r{i}": r.words() for i, r in enumerate(found.returns)}
    rows = []
    keys = ["grouping", "group", "who"]
    for _, part in mean.groupby(keys, dropna=False, sort=False):
        first = part.iloc[0]
        named = group_words(first["grouping"], first["group"])
        cells = {
            f"r{i}": share_words(*part.iloc[i][["share", "low", "high"]].astype(float))
            for i in range(len(found.returns))
        }
        rows.append({"group": named, "who": _WHO_WORDS[first["who"]], **cells})
    return words_table(columns, rows)


def _cohort_table(found: Counted) -> Table:
    table = long_table(found)
    table = table[table["grouping"].isna() & (table["who"] == "new")]
    columns: dict[str, Words] = {"cohort": sentence("cohort"), "size": sentence("people")}
    columns |= {f"r{i}": r.words() for i, r in enumerate(found.returns)}
    rows = []
    for cohort, part in list(table.groupby("cohort", sort=True))[-_COHORTS_SHOWN:]:
        place = int(found.periods.stamps.get_loc(cohort))
        cells = {f"r{i}": _marked(row) for i, row in enumerate(part.itertuples())}
        size = count_words(part["size"].iloc[0])
        rows.append({"cohort": found.periods.name(place), "size": size, **cells})
    return words_table(columns, rows)


def _marked(row: object) -> Words:
    share = share_words(row.share)  # type: ignore[attr-defined]
    if row.biased_down:  # type: ignore[attr-defined]
        return sentence("{share}, still rising", share=share)
    return share


def _difference_table(found: Counted, gaps: pd.DataFrame) -> Table:
    columns = {
        "group": sentence("group"),
        "against": sentence("against"),
        "returns": sentence("return"),
        "difference": sentence("difference"),
        "p": sentence("p, corrected"),
    }
    rows = []
    shown = gaps.sort_values("p", kind="stable").head(_DIFFERENCES_SHOWN)
    for row in shown.to_dict("records"):
        rows.append(
            {
                "group": sentence(
                    "{grouping}: {group}", grouping=row["grouping"], group=row["one"]
                ),
                "against": row["other"],
                "returns": _return_of(row).words(),
                "difference": points_words(row["difference"], row["low"], row["high"]),
                "p": p_words(row["p_holm"]),
            }
        )
    return words_table(columns, rows)
