"""Traffic that looks automated: who is flagged by which rule, and what difference they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from churnlab.activity.daily import DailyActivity
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors import HistoryError
from churnlab.evaluation import metrics
from churnlab.evaluation.contenders import predict
from churnlab.kernels.units import MICRO
from churnlab.schema.days import Day, day_number, day_numbers, day_text, up_to
from churnlab.value.traffic_found import Traffic
from churnlab.value.traffic_rules import TrafficRules, accounts, broken, check_devices, signals

LEFT_OUT = "automated traffic"
_FEWEST = 100
_TREES = 200
_LOGS = ("acts", "top_acts", "sessions", "minutes", "names", "gap_spread")
_SHARES = ("near", "parts", "night")


def traffic(
    activity: DailyActivity,
    as_of: Day | None = None,
    *,
    devices: pd.DataFrame | None = None,
    rules: TrafficRules | None = None,
    data: Dataset | None = None,
    model: Any = None,
    currency: str = "",
) -> Traffic:
    """Accounts that look automated at a day, by declared rules and an isolation forest.

    Everything is known from the days before `as_of`, the day after the log's last where none is
    given. `devices` has user_id and `device` or `address`, any number of rows an account
    (`traffic_rules.accounts`). `rules` are the thresholds. The isolation forest (F. Liu, K. Ting
    and Z. Zhou, 2008, IEEE ICDM) learns from the same days of everybody with enough acts; it needs
    100 such people.

    With labelled rows in `data` the base rate of churn is told with and without the flagged, each
    row judged at its own snapshot day, and with a `model` the AUC of its predictions too.

    HistoryError for a day without a day of the log before it.

    >>> import churnlab as cl
    >>> made = cl.datasets.make_community(users=150, days=60, bots=4)
    >>> found = traffic(made.log().daily())
    >>> found.people.loc[found.people["flagged"], "user_id"].tolist()
    ['r000000', 'r000001', 'r000002']
    """
    check_devices(devices)
    day = activity.end if as_of is None else day_number(as_of)
    if up_to(day, activity.start):
        raise HistoryError.from_no_past(day_text(day), day_text(activity.start))
    rules = rules or TrafficRules()
    given, found, unused = judged_at(activity, day, rules, devices)
    flagged = _any(found, len(given))
    columns = {f"rule_{name}": hit for name, hit in found.items()}
    people = given.assign(**columns, flagged=flagged)
    people.insert(0, "user_id", activity.users)
    return Traffic(
        currency=currency,
        day=day_text(day),
        rules=rules,
        unused=unused,
        people=people[people["acts"].gt(0) | people["flagged"]].reset_index(drop=True),
        difference=_difference(given, flagged, activity, rules, devices, data, model),
    )


def judged_at(
    activity: DailyActivity, day: int, rules: TrafficRules, devices: pd.DataFrame | None
) -> tuple[pd.DataFrame, dict[str, np.ndarray], dict[str, float]]:
    """The signals of everybody at a day, who breaks each rule, and rules that were not used.

    A rule is not used that would flag a larger share of the people with an act in the window than
    `rules.most`: it says something of the log, not of robots. Its share stands in its place.
    """
    given = signals(activity, day, rules.window)
    device = accounts(activity, day, devices, "device")
    address = accounts(activity, day, devices, "address")
    if device is not None:
        given["accounts"] = device
    given["score"] = forest_scores(given, rules)
    found = broken(rules, given, device, address, given["score"].to_numpy())
    acted = (given["acts"] > 0).to_numpy()
    there = max(int(acted.sum()), 1)
    share = {name: float(hit[acted].sum()) / there for name, hit in found.items()}
    unused = {name: s for name, s in share.items() if s > rules.most}
    return given, {name: hit for name, hit in found.items() if name not in unused}, unused


def forest_scores(given: pd.DataFrame, rules: TrafficRules) -> np.ndarray:
    """Scores of an isolation forest, float64[people]: 0.5 and less is usual, near 1 is odd.

    Missing for people with too few acts, for everybody where fewer than 100 have enough, and where
    the rule is off.
    """
    out = np.full(len(given), np.nan)
    judged = (given["acts"] >= max(rules.least_acts, 1)).to_numpy()
    if judged.sum() < _FEWEST or not rules.forest:
        return out
    each = np.maximum(given["active_days"].to_numpy(np.float64), 1)
    columns = [np.log1p(given[n].to_numpy(np.float64) / (1 if "top" in n else each)) for n in _LOGS]
    columns += [given[n].to_numpy(np.float64) for n in _SHARES]
    columns.append(np.log1p(given["minutes"] / np.maximum(given["acts"], 1)).to_numpy(np.float64))
    matrix = np.column_stack(columns)[judged]
    forest = IsolationForest(n_estimators=_TREES, random_state=0).fit(matrix)
    out[judged] = -forest.score_samples(matrix)
    return out


def flagged_at(
    activity: DailyActivity,
    day: int,
    rules: TrafficRules,
    devices: pd.DataFrame | None = None,
) -> np.ndarray:
    """Who looks automated at a day by the days before it, bool[people] in the order of `users`.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=150, days=60, bots=4).log().daily()
    >>> activity.users[flagged_at(activity, activity.end, TrafficRules())].tolist()
    ['r000000', 'r000001', 'r000002']
    """
    found = judged_at(activity, day, rules, devices)[1]
    return _any(found, len(activity.users))


def without_automated(
    snapshots: Snapshots,
    activity: DailyActivity,
    rules: TrafficRules,
    devices: pd.DataFrame | None = None,
) -> Snapshots:
    """Snapshots without the people who look automated on the day of their row; they are counted.

    HistoryError where nobody is left.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=150, days=60, bots=4).log().daily()
    >>> snapshots = cl.Snapshots.at(activity, [activity.end])
    >>> left = without_automated(snapshots, activity, TrafficRules())
    >>> len(snapshots) - len(left), left.dropped["automated traffic"]
    (3, 3)
    """
    codes, days = snapshots.keys(activity.users)
    return snapshots.without(_rows(codes, days, activity, rules, devices), LEFT_OUT)


def _rows(
    codes: np.ndarray,
    days: np.ndarray,
    activity: DailyActivity,
    rules: TrafficRules,
    devices: pd.DataFrame | None,
) -> np.ndarray:
    """Which rows (person, day) look automated on their day, bool[n]."""
    out = np.zeros(len(codes), bool)
    for day in np.unique(days):
        rows = np.flatnonzero((days == day) & (codes >= 0))
        out[rows] = flagged_at(activity, int(day), rules, devices)[codes[rows]]
    return out


def _any(found: Mapping[str, np.ndarray], people: int) -> np.ndarray:
    return np.any([np.zeros(people, bool), *found.values()], axis=0)


def _difference(
    given: pd.DataFrame,
    flagged: np.ndarray,
    activity: DailyActivity,
    rules: TrafficRules,
    devices: pd.DataFrame | None,
    data: Dataset | None,
    model: Any,
) -> pd.DataFrame:
    """Figures with everybody and without the flagged: figure, everybody, without."""
    there = (given["acts"] > 0).to_numpy()
    rows = [("people", float(there.sum()), float((there & ~flagged).sum()))]
    sums = {"acts": 1, "sessions": 1}
    sums |= {"orders": 1} if "purchase" in activity.roles.names else {}
    sums |= {"money": MICRO} if activity.has_money else {}
    for name, unit in sums.items():
        total = given[name].to_numpy(np.float64) / unit
        rows.append((name, float(total.sum()), float(total[~flagged].sum())))
    if data is not None:
        index = data.X.index
        codes = activity.ids.get_indexer(index.get_level_values("user_id"))
        days = day_numbers(index.get_level_values("snapshot"))
        gone = _rows(codes, days, activity, rules, devices)
        rows += _of_labels(data, ~gone, model)
    return pd.DataFrame(rows, columns=["figure", "everybody", "without"])


def _of_labels(data: Dataset, kept: np.ndarray, model: Any) -> list[tuple[str, float, float]]:
    """The rows, the base rate and the AUC of a model with all rows and with those kept."""
    y = data.y("churned").to_numpy(np.float64)
    known = np.isfinite(y)
    both = known, known & kept
    rows = [
        ("rows", *_twice(lambda k: float(k.sum()), both)),
        ("base_rate", *_twice(lambda k: float(y[k].mean()) if k.any() else np.nan, both)),
    ]
    if model is not None:
        p = predict(model, data.X)
        rows.append(("auc", *_twice(lambda k: _auc(y[k], p[k]), both)))
    return rows


def _twice(
    figure: Callable[[np.ndarray], float], both: tuple[np.ndarray, np.ndarray]
) -> tuple[float, float]:
    return figure(both[0]), figure(both[1])


def _auc(y: np.ndarray, p: np.ndarray) -> float:
    return float(metrics.auc(y, p)) if len(y) and y.min() < y.max() else np.nan
