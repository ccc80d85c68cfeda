"""An uplift model of planted effects, fitted once for all tests."""

from __future__ import annotations

from functools import cache

from support.planted import planted

from churnlab.winback.targeting.learners import Learner
from churnlab.winback.targeting.uplift import Uplift

QUICK = Learner("two_model", n_estimators=10, outcome_trees=10)


@cache
def fitted() -> Uplift:
    """4,000 people with the planted effects."""
    made = planted(4000, seed=3)
    return Uplift.fit(made.trial, made.X, QUICK)
