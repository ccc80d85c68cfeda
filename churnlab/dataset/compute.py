"""One machine: daily rows to a frame of features, a group of persons at a time on every core."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.rows import Rows
from churnlab.errors import ConfigError, HistoryError
from churnlab.features.compiler import Program, compile_features, made_of
from churnlab.features.expression import Cell, Recent, WindowSum
from churnlab.features.feature_set import FeatureSet
from churnlab.kernels import cells as kernel
from churnlab.kernels.jit import frozen
from churnlab.kernels.plan import History
from churnlab.schema.days import before, day_text


def compute(
    activity: DailyActivity,
    codes: np.ndarray,
    days: np.ndarray,
    features: FeatureSet,
    threads: int | None = None,
) -> pd.DataFrame:
    """The features of each (person, day), float64[n, p]; rows of the activity on or after the day are not seen, nor what arrived later.

    `codes` point into `activity.users`, -1 for a person without any row: the empty history. Goes by groups of persons, one a thread.
    """
    names, program = _compiled(features, available(activity), tuple(activity.sources.items()))
    out, days = np.empty((len(names), len(codes))), np.asarray(days, np.int64)
    groups = activity.rows.pieces()
    group, local = (
        np.full(len(activity.users) + 1, -1, np.int64),
        np.full(len(activity.users) + 1, -1, np.int64),
    )
    for i, places in enumerate(groups):
        group[places], local[places] = i, np.arange(len(places))
    order = np.argsort(group[codes], kind="stable")
    bounds = np.searchsorted(group[codes], np.arange(-1, len(groups) + 1), sorter=order)

    def work(i: int) -> None:
        mine = order[bounds[i + 1] : bounds[i + 2]]
        if len(mine):
            rows = activity.rows.piece(groups[i]) if i >= 0 else _nobody(activity)
            _check(rows, features, activity, int(days[mine].min()))
            for part, view in _views(rows, days, mine):
                _fill(view, activity.start, program, local[codes], days, part, out)

    if threads == 1 or len(groups) == 1:
        for i in range(-1, len(groups)):
            work(i)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(-1, len(groups))))
    return pd.DataFrame(out.T, columns=names, copy=False)


@lru_cache(maxsize=32)
def _compiled(
    features: FeatureSet, roles: frozenset[str], sources: tuple[tuple[str, tuple[int, int]], ...]
) -> tuple[pd.Index, Program]:
    declared = [f for _, f in features.features(roles)]
    return pd.Index([f.name for f in declared]), compile_features(
        [f.value for f in declared], dict(sources)
    )


def _nobody(activity: DailyActivity) -> Rows:
    counts, sums = len(activity.count_names), len(activity.sum_names)
    return Rows(
        np.zeros(1, np.int64),
        np.zeros(0, np.int32),
        np.zeros((0, counts), np.int32),
        np.zeros((0, sums), np.int64),
    )


def available(activity: DailyActivity) -> frozenset[str]:
    """The roles of the log, and `money` where it names an amount."""
    return frozenset(activity.roles.names) | ({"money"} if activity.has_money else frozenset())


def _check(rows: Rows, features: FeatureSet, activity: DailyActivity, day: int) -> None:
    """Refuses cells that look at single days which were folded away, and days before those that are kept."""
    if rows.carry is None:
        return
    if before(day, rows.carry.exact_from):
        raise HistoryError.from_folded(day_text(day), "features", day_text(rows.carry.before))
    for _, feature in features.features(available(activity)):
        for cell in feature.value.cells():
            recent = isinstance(cell, Recent) and (
                cell.measure != "gap" or cell.k > rows.carry.recent.shape[1] - 2
            )
            made = made_of(getattr(cell, "measure", ""), activity.sources) is not None
            endless = made and getattr(cell, "old", getattr(cell, "window", None)) is None
            if recent or endless or before(day - _back(cell), rows.carry.before):
                raise ConfigError.from_folded(feature.name)


def _back(cell: Cell) -> int:
    """How many days before t a cell must tell apart from those before them."""
    if isinstance(cell, WindowSum):
        return cell.new if cell.old is None else cell.old
    return getattr(cell, "window", 0)


def first_day(activity: DailyActivity, features: FeatureSet) -> int:
    """The first day at which the features can be told: the second of the log, or later where days were folded away."""
    if activity.carry is None:
        return activity.start + 1
    cells = [c for _, f in features.features(available(activity)) for c in f.value.cells()]
    return max(activity.carry.exact_from, activity.carry.before + max(map(_back, cells), default=0))


def _views(rows: Rows, days: np.ndarray, mine: np.ndarray) -> list[tuple[np.ndarray, Rows]]:
    """The rows as they were known on each day, with the snapshots that see them so; one for all where nothing came late."""
    if not rows.late:
        return [(mine, rows)]
    return [(mine[days[mine] == day], rows.as_of(int(day))) for day in np.unique(days[mine])]


def _fill(
    rows: Rows,
    start: int,
    program: Program,
    people: np.ndarray,
    days: np.ndarray,
    mine: np.ndarray,
    out: np.ndarray,
) -> None:
    mine = (
        mine[np.argsort(people[mine], kind="stable")] if np.any(np.diff(people[mine]) < 0) else mine
    )
    carried, recent = _carried(rows, program)
    arrays = [frozen(a) for a in (rows.first, rows.day, rows.counts, rows.sums, carried, recent)]
    kernel.features(
        History(*arrays),
        program.plan,
        start,
        frozen(people),
        frozen(days),
        frozen(mine),
        program.registers(),
        out,
    )


def _carried(rows: Rows, program: Program) -> tuple[np.ndarray, np.ndarray]:
    """The folded past in the order of the program's measures; empty arrays where nothing was folded."""
    if rows.carry is None:
        return np.zeros((0, 0, 4), np.int64), np.zeros((0, 4), np.int64)
    place = {name: i for i, name in enumerate(rows.carry.names)}
    values = np.full((rows.carry.values.shape[0], len(program.names), 4), kernel.NONE, np.int64)
    values[:, :, 0] = 0
    for i, name in enumerate(program.names):
        if name in place:
            values[:, i] = rows.carry.values[:, place[name]]
    return values, rows.carry.recent
