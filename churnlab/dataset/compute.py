"""Features on one machine: from daily rows to a frame, a group of people at a time on each core."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.memory import ReusedMemory
from churnlab.activity.protocol import Activity
from churnlab.activity.rows import Rows
from churnlab.features.compiler import Program
from churnlab.features.feature_set import FeatureSet
from churnlab.features.resolved import ResolvedFeatures
from churnlab.kernels import cells as kernel
from churnlab.kernels import cores
from churnlab.kernels.jit import frozen
from churnlab.kernels.person import NONE
from churnlab.kernels.plan import History
from churnlab.schema.compiling import first_compilation_said
from churnlab.schema.progress import bar
from churnlab.schema.roles import MONEY, RoleNames


def available(activity: Activity) -> RoleNames:
    """The roles of the log, and `money` where it has amounts."""
    money = {MONEY} if activity.has_money else set()
    return RoleNames({*activity.roles.names, *money}, activity.roles.receipts)


def resolve(features: FeatureSet, activity: DailyActivity) -> ResolvedFeatures:
    """The features for the roles, measures and length of these daily rows.

    Errors of FeatureSet.resolve.
    """
    days = activity.end - activity.kept_from
    return features.resolve(available(activity), activity.sources, days)


def compute(
    activity: DailyActivity,
    codes: np.ndarray,
    days: np.ndarray,
    features: FeatureSet,
    threads: int | None = None,
) -> pd.DataFrame:
    """The features of each (person, day), as `matrix` gives them for a feature set."""
    return matrix(activity, codes, days, resolve(features, activity), threads)


def matrix(
    activity: DailyActivity,
    codes: np.ndarray,
    days: np.ndarray,
    features: ResolvedFeatures,
    threads: int | None = None,
    empty: Callable[[tuple[int, int]], np.ndarray] = np.empty,
) -> pd.DataFrame:
    """The features of each (person, day), float64[n, p].

    Rows on or after the day are not seen, nor rows that arrived after it. `codes` int64[n] are
    places in `activity.users`, -1 for a person without any row (the empty history); `days` int64[n]
    are days since 1970-01-01; `threads` is how many cores work (None: all); `empty` makes the array
    that is filled. Raises HistoryError or ConfigError for days or features that need rows which a
    store has folded away.
    """
    days = np.asarray(days, np.int64)
    out = empty((len(features.names), len(codes)))
    groups = activity.rows.pieces()
    memory = ReusedMemory()
    group, local = _places(groups, len(activity.users))
    order = np.argsort(group[codes], kind="stable")
    bounds = np.searchsorted(group[codes], np.arange(-1, len(groups) + 1), sorter=order)

    def work(i: int) -> None:
        """Fill the rows of one group of people."""
        mine = order[bounds[i + 1] : bounds[i + 2]]
        if len(mine):
            rows = activity.rows.piece(groups[i], memory) if i >= 0 else _nobody(activity)
            features.check_folded(rows.carry, int(days[mine].min()))
            for part, view in _views(rows, days, mine):
                _fill(view, activity.start, features.program, local[codes], days, part, out)

    with first_compilation_said():
        if threads == 1:
            for i in range(-1, len(groups)):
                work(i)
        else:
            _side_by_side(work, bounds, threads or cores.allowed())
    return pd.DataFrame(out.T, columns=features.names, copy=False)


def _side_by_side(work: Callable[[int], None], bounds: np.ndarray, threads: int) -> None:
    """The work of each group on several threads; `bounds` tells how many snapshots each has."""
    with bar("computing features", int(bounds[-1])) as step, ThreadPoolExecutor(threads) as pool:
        for i, _ in enumerate(pool.map(work, range(-1, len(bounds) - 2))):
            step(int(bounds[i + 1] - bounds[i]))


def _places(groups: list[np.ndarray], people: int) -> tuple[np.ndarray, np.ndarray]:
    """The group of each person and their place in it, int64[people + 1]; at the end -1: nobody."""
    group = np.full(people + 1, -1, np.int64)
    local = np.full(people + 1, -1, np.int64)
    for i, places in enumerate(groups):
        group[places] = i
        local[places] = np.arange(len(places))
    return group, local


def _nobody(activity: DailyActivity) -> Rows:
    """Rows of no person."""
    counts = np.zeros((0, len(activity.count_names)), np.int32)
    sums = np.zeros((0, len(activity.sum_names)), np.int64)
    return Rows(np.zeros(1, np.int64), np.zeros(0, np.int32), counts, sums)


def first_day(activity: DailyActivity, features: FeatureSet) -> int:
    """The first day at which the features can be computed, as days since 1970-01-01.

    It is the second day of the log, or later where a store has folded days away.
    """
    return resolve(features, activity).first_day(activity)


def _views(rows: Rows, days: np.ndarray, mine: np.ndarray) -> list[tuple[np.ndarray, Rows]]:
    """Snapshots with the rows that they see: rows as known on each day where some arrived late."""
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
    """Run the program for the snapshots `mine`, sorted by person, into the columns of `out`."""
    if np.any(np.diff(people[mine]) < 0):
        mine = mine[np.argsort(people[mine], kind="stable")]
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
    """The folded past by the measures of the program; empty arrays where nothing was folded."""
    if rows.carry is None:
        return np.zeros((0, 0, 4), np.int64), np.zeros((0, 4), np.int64)
    place = {name: i for i, name in enumerate(rows.carry.names)}
    values = np.full((rows.carry.values.shape[0], len(program.names), 4), NONE, np.int64)
    values[:, :, 0] = 0
    for i, name in enumerate(program.names):
        if name in place:
            values[:, i] = rows.carry.values[:, place[name]]
    return values, rows.carry.recent
