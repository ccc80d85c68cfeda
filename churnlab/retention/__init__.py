"""Retention: who comes back, how often people come, and what each period makes of them.

Everything here reads daily rows alone, and acts alone make a day active. Days are local calendar
days. What is not over yet is not yet known: it is missing, never zero.
"""

from churnlab.retention.cohorts import Cohorts, cohorts
from churnlab.retention.life_cycle import LifeCycle, life_cycle
from churnlab.retention.shown import page
from churnlab.retention.stickiness import Stickiness, stickiness

__all__ = [
    "Cohorts",
    "LifeCycle",
    "Stickiness",
    "cohorts",
    "life_cycle",
    "page",
    "stickiness",
]
