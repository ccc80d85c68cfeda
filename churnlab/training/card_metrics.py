"""Metrics on a card: a model beside the best baseline in each, or beside the champion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.contenders import MODEL, label
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.metric_table import Metric, find
from churnlab.evaluation.records import frame_from
from churnlab.model_registry.run_facts import ChampionFacts
from churnlab.report.cards.record import Champion, Figure


def beside_best(evaluation: Evaluation) -> tuple[Figure, ...]:
    """Every metric that a card shows, of the model beside the baseline that is best in it."""
    return _beside(evaluation.target, evaluation.table)


def beside_champion(facts: ChampionFacts | None, rows: int) -> Champion | None:
    """Every metric of the models beside the champion's on so many `rows`; None without one."""
    if facts is None:
        return None
    tables = {target: frame_from(table) for target, table in facts.tables.items()}
    found = tuple(one for target, table in tables.items() for one in _beside(target, table))
    return Champion(version=str(facts.number), rows=rows, figures=found, missing=facts.missing)


def _beside(target: str, table: pd.DataFrame) -> tuple[Figure, ...]:
    mine = table[table["contender"] == MODEL]
    found = []
    for row in mine.itertuples(index=False):
        metric = find(target, row.metric)
        if "card" not in metric.shown:
            continue
        others = table[(table["metric"] == row.metric) & (table["contender"] != MODEL)]
        known = others.dropna(subset=["value"]).set_index("contender")
        found.append(_figure(metric, row, known))
    return tuple(found)


def _figure(metric: Metric, row: Any, others: pd.DataFrame) -> Figure:
    about = {
        "label": metric.label,
        "says": metric.says,
        "metric": metric.name,
        "better": metric.better,
        "value": row.value,
        "low": row.low,
        "high": row.high,
    }
    if others.empty or np.isnan(row.value):
        return Figure(**about)
    name = metric.best(others["value"])
    best = others.loc[name]
    return Figure(
        **about,
        beside=label(str(name)),
        beside_value=best["value"],
        ahead=best["difference"],
        ahead_low=best["difference_low"],
        ahead_high=best["difference_high"],
        standing=standing(metric, row.value, best),
    )


def standing(metric: Metric, value: float, other: Mapping[str, Any] | pd.Series) -> str:
    """Whether a value is ahead of another, behind it, or level: within chance, by the interval.

    `other` has its value and the interval of the difference to it. A metric whose best value is 1
    has no direction: there, what is nearer to 1 is ahead where the interval does not hold 0.
    """
    if other["difference_low"] <= 0 <= other["difference_high"]:
        return "level"
    merit = metric.merit(pd.Series([value, float(other["value"])]))
    return "ahead" if merit.iloc[0] > merit.iloc[1] else "behind"
