"""What a manifest keeps of a night for `watch`: counts, shares and means, and nobody's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab.evaluation.expected import expected_auc
from churnlab.nightly.guards.volume import Days
from churnlab.nightly.guards.witness import EVENTS
from churnlab.nightly.ranking import CONTROL
from churnlab.schema.days import day_text

_DIGITS = 9
_GROUPS = ("tier", "stage", "theme")


def night_facts(
    table: pa.Table,
    scored: np.ndarray,
    days: Days,
    missing: Mapping[str, float],
    base_rate: float | None,
) -> dict[str, Any]:
    """The facts of a night, JSON-ready.

    `table` are the rows of the list, `scored` float64[n] the risks of everybody, `days` the newest
    days of the log, `missing` the shares of missing cells by signal, `base_rate` that of the
    training.

    | key | meaning |
    |---|---|
    | `scored` | how many people were scored; more than are listed where the list is cut |
    | `mean_risk` | their mean probability of churn |
    | `base_rate` | the share that churned among the rows that the model learnt from |
    | `expected_auc` | the AUC to be expected of them, an estimate: value, low, high |
    | `events` | by new day: its events, and the median of its weekday in the weeks before |
    | `tier`, `stage`, `theme` | of each: how many on the list, and their mean probability |
    | `control` | how many on the list must not be contacted |
    | `missing` | by signal: the share of its features that are missing |
    | `changes` | by change and reason, since the last list: how many people (`change_counts`) |
    """
    estimate = expected_auc(scored)
    frame = table.select(["risk", *_GROUPS, "control"]).to_pandas()
    return {
        "scored": len(scored),
        "mean_risk": _rounded(scored.mean()),
        "base_rate": _rounded(base_rate),
        "expected_auc": [_rounded(v) for v in (estimate.value, estimate.low, estimate.high)],
        "events": {day_text(day): _events(days, day) for day in days.checked},
        **{name: _by_group(frame, name) for name in _GROUPS},
        "control": int((frame["control"] == CONTROL).sum()),
        "missing": {name: _rounded(share) for name, share in sorted(missing.items())},
    }


def change_counts(changes: pd.DataFrame) -> dict[str, dict[str, int]]:
    """How many people changed on a list, by kind of change and reason.

    >>> rows = pd.DataFrame({"change": ["exit", "exit"], "reason": ["churned", "churned"]})
    >>> change_counts(rows)
    {'exit': {'churned': 2}}
    """
    found: dict[str, dict[str, int]] = {}
    for (change, reason), size in changes.groupby(["change", "reason"]).size().items():
        found.setdefault(str(change), {})[str(reason)] = int(size)
    return found


def _events(days: Days, day: int) -> list[float | None]:
    usual = days.usual(EVENTS, day)
    known = usual[~np.isnan(usual)]
    return [int(days.sums[EVENTS][day]), _rounded(np.median(known)) if len(known) else None]


def _by_group(frame: pd.DataFrame, name: str) -> dict[str, list[float | None]]:
    found = frame.groupby(frame[name].fillna(""))["risk"].agg(["size", "mean"])
    return {str(k): [int(size), _rounded(mean)] for k, size, mean in found.itertuples()}


def _rounded(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), _DIGITS)
