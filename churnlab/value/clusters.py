"""High-value people: how much of all value they hold, whether they fall into clusters, and what
they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.features import profile
from churnlab.schema.days import day_numbers, day_text
from churnlab.value.amounts import amounts_of
from churnlab.value.clusters_found import EVERYBODY, HABITS, PURCHASES, ValueClusters
from churnlab.value.stability import MOST, Chosen, choose
from churnlab.value.traits import traits

SPENT = "spend__amount_sum__all"
_TOP = 0.2
_FEW_SIGNALS = 3
_FEWEST_VALUES = 10
_TAILS = (0.01, 0.99)


def clusters(
    data: Dataset,
    users: pd.DataFrame | None = None,
    *,
    value: pd.Series | None = None,
    top: float = _TOP,
    signals: Iterable[str] | None = None,
    most: int = MOST,
    seed: int = 0,
    currency: str = "",
) -> ValueClusters:
    """High-value people of the newest snapshot day of `data`, by clusters over their signals.

    High value is the `top` share of eligible people by `value`, a Series by user_id: money so far
    where none is given, or what a model expects. People without value are not among them. The
    clusters are k-means over `signals`, columns of X: by default `HABITS`, with `PURCHASES` where
    the log has fewer than three of these. A signal is left out that is missing for more than half
    of the people, has fewer than ten values or one value for more than half; else a missing value
    is the median. Signals are logarithms unless they are shares, cut at their first and last
    percentile, with deviation 1. `stability` says how their number is found; 1 is an answer.

    What each cluster and all high-value people have in common, beside all other eligible people, is
    told by `users` (user_id and attributes; the attributes of X without it) and by the signals
    (`traits`). Clusters differ in the signals that made them, so these have no test there.

    ConfigError for a share or number out of range, FrameError for unknown signals and a log without
    amounts, HistoryError where nobody has value.

    >>> import churnlab as cl
    >>> community = cl.datasets.make_community(users=300, days=90)
    >>> activity = community.log().daily()
    >>> data = cl.build_dataset(activity, cl.Snapshots.at(activity, [activity.end]))
    >>> clusters(data, community.users)
    ValueClusters(59 of 295 people, k=1)
    """
    _check(top, most)
    X = _newest(data)
    worth = _worth(X, value)
    ids = X.index.get_level_values("user_id")
    chosen_rows = np.sort(_highest(worth, top))
    inside = np.zeros(len(X), bool)
    inside[chosen_rows] = True
    names, matrix = _matrix(X, chosen_rows, signals)
    chosen = choose(matrix, most, seed)
    members = pd.DataFrame(
        {"user_id": ids[chosen_rows], "value": worth[chosen_rows], "cluster": chosen.labels + 1}
    )
    groups = {EVERYBODY: inside} | _by_cluster(inside, chosen)
    untested = frozenset((g, n) for g in list(groups)[1:] for n in names)
    return ValueClusters(
        currency=currency,
        day=day_text(int(day_numbers(X.index.get_level_values("snapshot")[:1])[0])),
        people=len(X),
        top=top,
        least=float(worth[chosen_rows].min()),
        signals=names,
        chosen=chosen,
        members=members,
        groups=_group_table(groups, worth),
        traits=traits(groups, _attributes(X, users), X[list(names)], untested),
    )


def _check(top: float, most: int) -> None:
    if not 0 < top <= 1:
        raise ConfigError.from_range("top", top, "a share above 0, up to 1")
    if not 2 <= most <= 20:
        raise ConfigError.from_range("most", most, "2 to 20 clusters")


def _newest(data: Dataset) -> pd.DataFrame:
    """The rows of the newest snapshot day; HistoryError without a row."""
    if not len(data.X):
        raise HistoryError.from_no_rows("the dataset")
    snapshot = data.X.index.get_level_values("snapshot")
    return data.X[snapshot == snapshot.max()]


def _worth(X: pd.DataFrame, value: pd.Series | None) -> np.ndarray:
    """The value of each row, float64[n]; 0 where none is known."""
    if value is None:
        if SPENT not in X:
            raise FrameError.from_missing_columns("the dataset", [SPENT], X.columns)
        return np.maximum(X[SPENT].fillna(0).to_numpy(np.float64), 0)
    found = amounts_of(value, X.index.get_level_values("user_id"))
    return np.maximum(np.nan_to_num(found, posinf=np.nan), 0)


def _highest(worth: np.ndarray, top: float) -> np.ndarray:
    """Rows of the top share by value, without those of no value; HistoryError without any."""
    order = np.argsort(-worth, kind="stable")[: max(1, round(top * len(worth)))]
    found = order[worth[order] > 0]
    if not len(found):
        raise HistoryError.from_no_money(len(worth))
    return found


def _matrix(
    X: pd.DataFrame, rows: np.ndarray, signals: Iterable[str] | None
) -> tuple[tuple[str, ...], np.ndarray]:
    """The usable signals and their values, float64[rows, signals], prepared for k-means."""
    if signals is not None:
        asked = list(signals)
        missing = [name for name in asked if name not in X]
        if missing:
            raise FrameError.from_missing_columns("the dataset", missing, X.columns)
        found = _usable(X.iloc[rows], asked)
    else:
        found = _usable(X.iloc[rows], HABITS)
        if len(found) < _FEW_SIGNALS:
            found |= _usable(X.iloc[rows], PURCHASES)
    columns = list(found.values())
    return tuple(found), np.column_stack(columns) if columns else np.zeros((len(rows), 0))


def _usable(X: pd.DataFrame, names: Iterable[str]) -> dict[str, np.ndarray]:
    """The prepared values of each signal that says enough."""
    found = {}
    for name in names:
        if name not in X or not pd.api.types.is_numeric_dtype(X[name]):
            continue
        given = X[name].replace([np.inf, -np.inf], np.nan)
        counts = given.value_counts(normalize=True)
        if given.isna().mean() > 0.5 or len(counts) < _FEWEST_VALUES or counts.iloc[0] > 0.5:
            continue
        found[name] = prepared(given.fillna(given.median()).to_numpy(np.float64))
    return found


def prepared(values: np.ndarray) -> np.ndarray:
    """Values for k-means, float64[n]: mean 0, deviation 1, cut at the first and last percentile.

    Where none is negative and some exceed 1 they are logarithms, after a tenth of their median was
    added: habits differ by factors.

    >>> prepared(np.array([1.0, 10.0, 100.0])).round(1).tolist()
    [-1.2, -0.1, 1.3]
    """
    if values.min() >= 0 and values.max() > 1:
        values = np.log(values + 0.1 * max(float(np.median(values)), 1e-9))
    values = np.clip(values, *np.quantile(values, _TAILS))
    return np.asarray((values - values.mean()) / max(float(values.std()), 1e-12))


def _by_cluster(inside: np.ndarray, chosen: Chosen) -> dict[str, np.ndarray]:
    """The rows of each cluster, bool[n] each; none where there is one."""
    rows = np.flatnonzero(inside)
    found = {}
    for j in range(chosen.k if chosen.k > 1 else 0):
        found[f"cluster {j + 1}"] = np.zeros(len(inside), bool)
        found[f"cluster {j + 1}"][rows[chosen.labels == j]] = True
    return found


def _group_table(groups: Mapping[str, np.ndarray], worth: np.ndarray) -> pd.DataFrame:
    total = max(float(worth.sum()), 1e-12)
    return pd.DataFrame(
        {
            "group": list(groups),
            "people": [int(inside.sum()) for inside in groups.values()],
            "value": [float(worth[inside].mean()) for inside in groups.values()],
            "share": [float(worth[inside].sum()) / total for inside in groups.values()],
        }
    )


def _attributes(X: pd.DataFrame, users: pd.DataFrame | None) -> pd.DataFrame | None:
    """Attributes of each row's person; those of X without `users`."""
    if users is not None:
        ids = pd.Series(X.index.get_level_values("user_id"))
        table = profile.table(users, pd.api.types.is_string_dtype(ids))
        return table.reindex(ids).reset_index(drop=True)
    names = [c for c in X if isinstance(X[c].dtype, pd.CategoricalDtype)]
    return X[names].rename(columns=_attribute_name).reset_index(drop=True) if names else None


def _attribute_name(column: str) -> str:
    parts = column.split("__")
    return parts[1] if len(parts) == 3 else column
