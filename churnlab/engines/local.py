"""One machine: daily rows in memory to a frame of features, a range of persons a thread."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from churnlab.activity import DailyActivity
from churnlab.errors import ConfigError
from churnlab.features.expression import Recent, WindowSum
from churnlab.features.featureset import FeatureSet
from churnlab.features.program import Program, compile_features
from churnlab.kernels import cells as kernel
from churnlab.kernels._jit import frozen

_PARTS = 4


def compute(activity: DailyActivity, codes: np.ndarray, days: np.ndarray, features: FeatureSet, threads: int | None = None) -> pd.DataFrame:
    """The features of each (person, day), float64[n, p]; rows of the activity on or after the day are not seen, nor what arrived later.

    `codes` point into `activity.users`, -1 for a person without any row: the empty history.
    """
    declared = [f for _, f in features.features(available(activity))]
    program = compile_features([f.value for f in declared], activity.sources)
    check_reach(activity, features)
    out = np.empty((len(declared), len(codes)))
    for view, rows in _views(activity, days):
        _fill(view, program, codes, days, rows, out, threads or os.cpu_count() or 1)
    return pd.DataFrame(out.T, columns=[f.name for f in declared], copy=False)


def available(activity: DailyActivity) -> frozenset[str]:
    """The roles of the log, and `money` where it names an amount."""
    return frozenset(activity.roles.names) | ({"money"} if activity.has_money else frozenset())


def check_reach(activity: DailyActivity, features: FeatureSet) -> None:
    """Refuses cells that look at single days which were folded away."""
    if activity.carry is None:
        return
    for _, feature in features.features(available(activity)):
        for cell in feature.value.cells():
            if isinstance(cell, Recent) and (cell.measure != "gap" or cell.k > activity.carry.recent.shape[1] - 2):
                raise ConfigError.from_folded(feature.name)


def check_windows(activity: DailyActivity, features: FeatureSet, day: int) -> None:
    """Refuses windows that begin before the days that are still kept one by one."""
    if activity.carry is None:
        return
    for _, feature in features.features(available(activity)):
        for cell in feature.value.cells():
            if isinstance(cell, WindowSum) and cell.old is not None and day - cell.old < activity.carry.before:
                raise ConfigError.from_folded(feature.name)


def _views(activity: DailyActivity, days: np.ndarray) -> list[tuple[DailyActivity, np.ndarray]]:
    """The activity as it was known on each day, with the snapshots that see it so; one for all where nothing came late."""
    if not activity.late:
        return [(activity, np.arange(len(days)))]
    return [(activity.as_of(int(day)), np.flatnonzero(days == day)) for day in np.unique(days)]


def _fill(activity: DailyActivity, program: Program, codes: np.ndarray, days: np.ndarray, rows: np.ndarray, out: np.ndarray, threads: int) -> None:
    order = rows[np.argsort(codes[rows], kind="stable")] if np.any(np.diff(codes[rows]) < 0) else rows
    carried, recent = _carried(activity, program)
    arguments = [frozen(a) for a in (activity.first.astype(np.int64), activity.day, activity.counts, activity.sums, carried, recent)]
    columns = [frozen(np.asarray(a, np.int64)) for a in (codes, days)]

    def work(part: np.ndarray) -> None:
        kernel.features(*arguments, activity.start, *columns, frozen(part), program.measures, program.backs, program.cells,
                        program.registers(), program.code, program.results, out)

    parts = [p for p in np.array_split(order.astype(np.int64), threads * _PARTS if len(order) > 4096 else 1) if len(p)]
    if threads == 1 or len(parts) < 2:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))


def _carried(activity: DailyActivity, program: Program) -> tuple[np.ndarray, np.ndarray]:
    """The folded past in the order of the program's measures; empty arrays where nothing was folded."""
    if activity.carry is None:
        return np.zeros((0, 0, 4), np.int64), np.zeros((0, 4), np.int64)
    places = [activity.carry.names.index(name) for name in program.names]
    return activity.carry.values[:, places], activity.carry.recent
