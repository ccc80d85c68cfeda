"""Figures of a grade: from the rows of a list and what became of them to tables with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.intervals import Interval, bootstrap, wilson
from churnlab.evaluation.judge import FEWEST_ROWS, Judge
from churnlab.language.sentence import Words, sentence
from churnlab.nightly.grading.truth import CHURNED, SPENT, VALUE
from churnlab.nightly.ranking import CONTROL

IN_ALL = "all"
EFFECT = [
    "what",
    "contacted_people",
    "control_people",
    "contacted",
    "control",
    "difference",
    "low",
    "high",
    "note",
]
MONEY = ["value", "people", "expected", "spent", "low", "high"]
_Z = 1.959964
_DRAWS = 200


def groups(judge: Judge, frame: pd.DataFrame, by: pd.DataFrame) -> pd.DataFrame:
    """Each group of each grouping in `by`: what was predicted, what was observed, the AUC.

    `frame` has user_id, risk and churned. `observed` is the share that churned, which is the
    precision of a tier; its 95% interval is Wilson's. Columns as in `Judge.by_group`, and
    observed_low, observed_high; groups of the highest risk stand first.

    >>> rows = pd.DataFrame({"user_id": range(4), "risk": [0.9, 0.8, 0.2, 0.1],
    ...                      "churned": [1.0, 1.0, 0.0, 1.0]})
    >>> tier = pd.DataFrame({"tier": ["high", "high", "low", "low"]})
    >>> groups(Judge.of("churned", 10), rows, tier)[["value", "observed", "rows"]].values.tolist()
    [['high', 1.0, 2], ['low', 0.5, 2]]
    """
    y, risk, users = (frame[name].to_numpy() for name in ("churned", "risk", "user_id"))
    found = judge.by_group(by, y, risk, users)
    shares = [wilson(row.observed * row.rows, row.rows) for row in found.itertuples()]
    ends = {"observed_low": [s.low for s in shares], "observed_high": [s.high for s in shares]}
    found = found.assign(**ends)
    place = found["group"].map({name: i for i, name in enumerate(by)})
    order = np.lexsort((-found["predicted"], place))
    return found.iloc[order].reset_index(drop=True)


def money(frame: pd.DataFrame) -> pd.DataFrame:
    """What was expected and what was spent in the value window, by tier and in all.

    `frame` has user_id, tier, ltv (expected, None where it was not) and `spent_ltv`. Sums, in the
    log's money; the interval of what was spent is from resampling people. No row where nobody has
    both.

    >>> rows = pd.DataFrame({"user_id": [1, 2], "tier": ["high", ""], "expected": [5.0, 20.0],
    ...                      VALUE: [0.0, 25.0]})
    >>> money(rows)[["value", "people", "expected", "spent"]].values.tolist()
    [['all', 2, 25.0, 25.0], ['high', 1, 5.0, 0.0]]
    """
    known = frame[frame["expected"].notna() & frame[VALUE].notna()]
    rows = []
    for name, part in _parts(known):
        spent, users = part[VALUE].to_numpy(), part["user_id"].to_numpy()
        total = bootstrap(_total, spent, spent, users, _DRAWS)
        about = (name, len(part), float(part["expected"].sum()))
        rows.append((*about, total.value, total.low, total.high))
    return pd.DataFrame(rows, columns=MONEY)


def _parts(known: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    if len(known):
        yield IN_ALL, known
        tiers = known["tier"].fillna("")
        for name in dict.fromkeys(tiers[tiers != ""]):
            yield name, known[tiers == name]


def _total(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    return float(y.sum() if w is None else (y * w).sum())


def effect(frame: pd.DataFrame) -> pd.DataFrame:
    """People who could be contacted against the control group: churn, and money spent.

    `frame` has control, churned and spent. For churn the difference is control minus contacted, so
    that above 0 people were kept; its interval is Newcombe's, from two of Wilson's. For money it is
    contacted minus control, by Welch. Everybody counts as what the list said, whether the message
    reached them or not. R. Newcombe (1998), Interval estimation for the difference between
    independent proportions, method 10.

    >>> rows = pd.DataFrame({"control": ["yes", "no"] * 40, "churned": [1.0, 0.0] * 40,
    ...                      "spent": np.nan})
    >>> effect(rows)[["what", "contacted", "control", "difference"]].values.tolist()
    [['churned', 0.0, 1.0, 1.0]]
    """
    held = (frame["control"] == CONTROL).to_numpy()
    if not held.any():
        return pd.DataFrame(columns=EFFECT)
    rows = [_kept(frame[CHURNED].to_numpy(), held)]
    if frame[SPENT].notna().any():
        rows.append(_earned(frame[SPENT].to_numpy(), held))
    return pd.DataFrame(rows, columns=EFFECT)


def _kept(churned: np.ndarray, held: np.ndarray) -> list[Any]:
    one, other = churned[~held], churned[held]
    contacted, control = (wilson(y.sum(), len(y)) for y in (one, other))
    gap = control.value - contacted.value
    low = gap - math.hypot(control.value - control.low, contacted.high - contacted.value)
    high = gap + math.hypot(control.high - control.value, contacted.value - contacted.low)
    return _row(CHURNED, one, other, Interval(gap, low, high))


def _earned(spent: np.ndarray, held: np.ndarray) -> list[Any]:
    one, other = spent[~held], spent[held]
    if min(len(one), len(other)) < 2:
        return _row(SPENT, one, other, Interval(math.nan, math.nan, math.nan))
    gap = one.mean() - other.mean()
    wide = _Z * math.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return _row(SPENT, one, other, Interval(gap, gap - wide, gap + wide))


def _row(what: str, one: np.ndarray, other: np.ndarray, gap: Interval) -> list[Any]:
    """A row of EFFECT; without the difference where a side has too few people."""
    sizes, few = (len(one), len(other)), min(len(one), len(other))
    means = [float(y.mean()) if len(y) else math.nan for y in (one, other)]
    if few < FEWEST_ROWS:
        note: Words = sentence(
            "one side has {people:,} people, fewer than {fewest}", people=few, fewest=FEWEST_ROWS
        )
        return [what, *sizes, *means, math.nan, math.nan, math.nan, note]
    return [what, *sizes, *means, gap.value, gap.low, gap.high, ""]


def contenders(
    risk: np.ndarray, base_rate: float, others: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The list, one risk for everybody, and the challengers, float64[n] by name.

    >>> list(contenders(np.array([0.2]), 0.1, {"version 3": np.array([0.4])}))
    ['churnlab', 'base_rate', 'version 3']
    """
    return {"churnlab": risk, "base_rate": np.full(len(risk), base_rate), **others}
