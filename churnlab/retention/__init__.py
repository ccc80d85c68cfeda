"""Retention: who comes back, how often people come, and what each period makes of them.

Everything here reads daily rows alone, and acts alone make a day active. Days are local calendar
days. What is not over yet is not yet known: it is missing, never zero.
"""

from churnlab.features.life import TierRules
from churnlab.retention.churn_nodes import ChurnNodes, churn_nodes
from churnlab.retention.cohorts import Cohorts, cohorts
from churnlab.retention.exact_funnel import exact_funnel
from churnlab.retention.funnel import Funnel, funnel
from churnlab.retention.life_cycle import LifeCycle, life_cycle
from churnlab.retention.moves import Moves, moves
from churnlab.retention.overview import Overview, overview
from churnlab.retention.shown import page
from churnlab.retention.steps import Step
from churnlab.retention.stickiness import Stickiness, stickiness
from churnlab.retention.tags import Tag, Tags, tags
from churnlab.retention.tiers import Tiers, tier_rules, tiers

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
