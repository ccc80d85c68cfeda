"""Retention: who comes back, how often people come, and what each period makes of them.

Everything here reads daily rows alone, and acts alone make a day active. Days are local calendar
days. What is not over yet is not yet known: it is missing, never zero.
"""

import importlib
from typing import TYPE_CHECKING, Any

from churnlab.features.life import TierRules

if TYPE_CHECKING:
    from churnlab.retention.cohort.cohorts import Cohorts, cohorts
    from churnlab.retention.funnels.exact import exact_funnel
    from churnlab.retention.funnels.funnel import Funnel, funnel
    from churnlab.retention.funnels.nodes import ChurnNodes, churn_nodes
    from churnlab.retention.funnels.steps import Step
    from churnlab.retention.over_time.life_cycle import LifeCycle, life_cycle
    from churnlab.retention.over_time.overview import Overview, overview
    from churnlab.retention.over_time.stickiness import Stickiness, stickiness
    from churnlab.retention.shown import page
    from churnlab.retention.stages.moves import Moves, moves
    from churnlab.retention.stages.tiers import Tiers, tier_rules, tiers
    from churnlab.retention.tagging.language import Tag
    from churnlab.retention.tagging.tags import Tags, tags

_HOMES = {
    "ChurnNodes": "funnels.nodes",
    "Cohorts": "cohort.cohorts",
    "Funnel": "funnels.funnel",
    "LifeCycle": "over_time.life_cycle",
    "Moves": "stages.moves",
    "Overview": "over_time.overview",
    "Step": "funnels.steps",
    "Stickiness": "over_time.stickiness",
    "Tag": "tagging.language",
    "Tags": "tagging.tags",
    "Tiers": "stages.tiers",
    "churn_nodes": "funnels.nodes",
    "cohorts": "cohort.cohorts",
    "exact_funnel": "funnels.exact",
    "funnel": "funnels.funnel",
    "life_cycle": "over_time.life_cycle",
    "moves": "stages.moves",
    "overview": "over_time.overview",
    "page": "shown",
    "stickiness": "over_time.stickiness",
    "tags": "tagging.tags",
    "tier_rules": "stages.tiers",
    "tiers": "stages.tiers",
}
__all__ = [
    "ChurnNodes",
    "Cohorts",
    "Funnel",
    "LifeCycle",
    "Moves",
    "Overview",
    "Step",
    "Stickiness",
    "Tag",
    "Tags",
    "TierRules",
    "Tiers",
    "churn_nodes",
    "cohorts",
    "exact_funnel",
    "funnel",
    "life_cycle",
    "moves",
    "overview",
    "page",
    "stickiness",
    "tags",
    "tier_rules",
    "tiers",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"churnlab.retention.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'churnlab.retention' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
