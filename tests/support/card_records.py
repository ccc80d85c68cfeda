"""A made-up record of a card in which every part is filled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from churnlab.evaluation.judge import few_learnt
from churnlab.evaluation.metric_table import find
from churnlab.evaluation.metrics import auc as auc  # enters the metrics in the table
from churnlab.language.sentence import sentence
from churnlab.report.cards.record import (
    Approval,
    CardRecord,
    Champion,
    Costs,
    Figure,
    Gap,
    Group,
    Lead,
    Level,
    Made,
    People,
    Promise,
    Reach,
    Stratum,
    Theme,
    Use,
    Value,
)
from churnlab.schema.targets import Churn, LifetimeValue

SHARES = [i / 100 for i in range(1, 31)] + [0.35, 0.4, 0.45, 0.5]
COSTS = Costs(contact=1.0, offer=5.0, success=0.2)


def reach(share: float) -> Reach:
    found = min(1.0, share * 4)
    return Reach(
        share=share,
        people=1000 * share,
        leavers=120 * found,
        found=found,
        missed=float(120 - round(120 * found)),
        random=120 * share,
        recency=120 * min(1.0, share * 3),
        best=120 * min(1.0, share * 3.5),
        value=80 - 40 * share,
    ).priced(COSTS)


def level(told: float, left: float) -> Level:
    return Level(
        rows=100,
        told=told,
        left=left,
        low=max(left - 0.03, 0),
        high=left + 0.03,
        told_of_hundred=100 * told,
        left_of_hundred=100 * left,
    )


def against(target: str, name: str, standing: str) -> Figure:
    metric = find(target, name)
    return Figure(
        label=metric.label,
        says=metric.says,
        metric=name,
        better=metric.better,
        value=0.812345,
        low=0.78,
        high=0.84,
        beside=sentence("base rate"),
        beside_value=0.75,
        ahead=0.062345,
        ahead_low=0.03,
        ahead_high=0.09,
        standing=standing,
    )


def stratum(says: Any, order: float, note: Any = "") -> Stratum:
    return Stratum(
        says=says,
        rows=500,
        people=400,
        part=0.5,
        left=0.05,
        order=order,
        low=order - 0.04,
        high=order + 0.04,
        recency=order - 0.1,
        ahead=0.1,
        ahead_low=0.05,
        ahead_high=0.15,
        note=note,
    )


@cache
def whole() -> CardRecord:
    """The record with everything in it."""
    return CardRecord(
        name="Community",
        version="abc123def456",
        made_on=date(2026, 7, 20),
        simulated=True,
        promise=Promise(
            leaving=Churn(30).definition,
            horizon=30,
            lead=0,
            active_within=60,
            value=LifetimeValue(90).definition,
        ),
        people=People(
            rows=2000,
            people=1200,
            lists=2,
            first=date(2026, 5, 7),
            last=date(2026, 5, 21),
            on_list=1000.0,
            leaving=120.0,
            share=0.12,
            learnt_rows=9000,
            learnt_people=1500,
            learnt_last=date(2026, 4, 1),
            left_out={"purged": 700},
        ),
        reach=tuple(map(reach, SHARES)),
        best=sentence("base rate"),
        costs=COSTS,
        currency="¥",
        told=0.118,
        left=0.12,
        levels=tuple(level(0.02 * i * i / 5 + 0.004, 0.02 * i * i / 5 + 0.002) for i in range(10)),
        leads=tuple(
            Lead(
                days=days,
                rows=1000,
                share=0.12,
                found=0.2 - days / 200,
                order=0.8,
                recency=0.15,
                best=0.17,
            )
            for days in (0, 7, 14)
        ),
        strata=(
            stratum(sentence("seen in the last {days} days", days=7), 0.74),
            stratum(sentence("{first} to {last} days ago", first=8, last=30), 0.71),
            stratum(
                sentence("longer ago"),
                float("nan"),
                sentence("too few: {people:,} people", people=12),
            ),
        ),
        themes=(
            Theme(says="social", part=0.5, examples={"en": ("No comment for 23 days",)}),
            Theme(says="spend", part=0.3, examples={"en": ("Spent 80, 310 before",)}),
        ),
        groups=tuple(
            Group(
                grouping="channel",
                group=name,
                rows=900,
                people=600,
                told=0.11,
                left=0.12,
                order=0.8,
                low=0.7,
                high=0.9,
            )
            for name in ("ads", "shop")
        ),
        gaps=(
            Gap(grouping="channel", group="ads", kind="order", value=0.7, rest=0.83, p_value=0.001),
            Gap(grouping="channel", group="shop", kind="level", value=0.2, rest=0.1, p_value=0.002),
        ),
        figures=(against("churned", "auc", "ahead"), against("churned", "brier", "level")),
        value=Value(
            figures=(against("ltv", "normalised_gini", "ahead"), against("ltv", "mae", "behind")),
            levels=tuple(level(10.0 * i, 9.0 * i) for i in range(10)),
        ),
        use=Use(
            limits=(sentence("longer ago"),),
            not_for=("Not for prices.",),
            owner="Growth",
            review=date(2026, 12, 1),
        ),
        made=(Made(name=sentence("events"), says=sentence("{value:,.0f}", value=12345)),),
        doubts=(*few_learnt(150),),
        champion=Champion(version="7", rows=2000, figures=(against("churned", "auc", "level"),)),
        metrics={"churned_auc": 0.812345},
    )


def record(**changes: Any) -> CardRecord:
    """The record with some of its parts changed."""
    return replace(whole(), **changes)


def least() -> CardRecord:
    """A record in which nothing is that may be missing."""
    given = whole()
    rows = tuple(replace(r, recency=None, best=None, value=None).priced(None) for r in given.reach)
    return CardRecord(
        name=given.name,
        version=given.version,
        made_on=given.made_on,
        promise=replace(given.promise, value="", active_within=None),
        people=given.people,
        reach=rows,
        told=0.1,
        left=0.1,
    )


def approved(**changes: Any) -> Approval:
    """An approval, with some of it changed."""
    given: dict[str, Any] = {"state": "Approved", "by": "Ana", "on": date(2026, 7, 21)}
    return Approval(**{**given, **changes})
