"""Gaps: groups of people for whom a model works worse than for the others, beyond chance.

Two things are compared for each group: how well it is ranked (AUC), and how far the mean
probability is from the share that left. Both differences have a variance by person: E. DeLong, D.
DeLong and D. Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver
operating characteristic curves, Biometrics 44, in the form for several rows a person of N.
Obuchowski (1997), Nonparametric analysis of clustered ROC curve data, Biometrics 53. All groups and
both things are one family of tests: S. Holm (1979), A simple sequentially rejective multiple test
procedure, Scandinavian Journal of Statistics 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import rankdata

from churnlab.evaluation.corrected import holm
from churnlab.evaluation.judge import FEWEST_ROWS
from churnlab.evaluation.segments import each_group
from churnlab.evaluation.strata import too_few

CHANCE = 0.05
COLUMNS = ["grouping", "group", "kind", "value", "rest", "p_value", "beyond"]


def gaps(
    y: np.ndarray, p: np.ndarray, users: np.ndarray, groups: pd.DataFrame | None
) -> pd.DataFrame:
    """Each group against everybody else of its grouping, in order and in level.

    `y` float64[n] labels of churn, `p` float64[n] probabilities, `users` [n] the person of each
    row, `groups` a column a grouping. Columns: grouping, group, kind ("order" or "level"), value
    and rest (of the order the AUC of the group and of the others; of the level the share that left
    and the mean probability, both of the group), p_value (two-sided), beyond (whether the group is
    worse, with at most a chance of 5% of any such finding where there is none). Groups with too few
    people are left out.

    >>> y = np.tile([0.0, 1.0], 200)
    >>> p = np.where(np.arange(400) < 200, 0.3 + 0.4 * y, 0.5)
    >>> channel = pd.DataFrame({"channel": np.repeat(["app", "web"], 200)})
    >>> found = gaps(y, p, np.arange(400), channel)
    >>> found[found["beyond"]][["group", "kind", "value", "rest"]].to_dict("records")
    [{'group': 'web', 'kind': 'order', 'value': 0.5, 'rest': 1.0}]
    """
    y, p = np.asarray(y, np.float64), np.asarray(p, np.float64)
    people = pd.factorize(np.asarray(users))[0]
    rows = []
    for grouping, group, inside in each_group(groups):
        if too_few("churned", y[inside], people[inside]) or (~inside).sum() < FEWEST_ROWS:
            continue
        rows += [(grouping, group, *found) for found in _pair(y, p, people, inside)]
    table = pd.DataFrame(rows, columns=[*COLUMNS[:-1], "worse"])
    worse = table.pop("worse").to_numpy(bool)
    table["beyond"] = worse & (holm(table["p_value"].to_numpy(np.float64)) <= CHANCE)
    return table


@dataclass(frozen=True)
class _Estimate:
    """A figure of some rows, and how far each row pushes it from its mean, float64[n]."""

    value: float
    pushes: np.ndarray


def _pair(
    y: np.ndarray, p: np.ndarray, people: np.ndarray, inside: np.ndarray
) -> list[tuple[str, float, float, float, bool]]:
    """The order and the level of a group: kind, value, rest, p-value, whether it is worse."""
    own, rest = _auc(y, p, inside), _auc(y, p, ~inside)
    order = _p_value(own.value - rest.value, own.pushes - rest.pushes, people)
    left, told = y[inside].mean(), p[inside].mean()
    off = np.where(inside, (y - p) - (left - told), 0) / inside.sum()
    level = _p_value(left - told, off, people)
    return [
        ("order", own.value, rest.value, order, own.value < rest.value),
        ("level", float(left), float(told), level, True),
    ]


def _auc(y: np.ndarray, p: np.ndarray, rows: np.ndarray) -> _Estimate:
    """The AUC of some rows and DeLong's structural components, one for each row."""
    pushes = np.zeros(len(y))
    left, stayed = rows & (y > 0), rows & (y == 0)
    m, n = int(left.sum()), int(stayed.sum())
    if not m or not n:
        return _Estimate(np.nan, pushes)
    own, other = rankdata(p[left]), rankdata(p[stayed])
    every = rankdata(np.r_[p[left], p[stayed]])
    above = (every[:m] - own) / n
    below = 1 - (every[m:] - other) / m
    value = float(above.mean())
    pushes[left], pushes[stayed] = (above - value) / m, (below - value) / n
    return _Estimate(value, pushes)


def _p_value(difference: float, pushes: np.ndarray, people: np.ndarray) -> float:
    """Two-sided p-value of a difference, by the normal law, pushes summed by person."""
    of_person = np.bincount(people, pushes)
    count = len(of_person)
    spread = float(np.sqrt((of_person**2).sum() * count / max(count - 1, 1)))
    if np.isnan(difference):
        return 1.0
    if not spread:
        return 0.0 if difference else 1.0
    return float(2 * ndtr(-abs(difference) / spread))
