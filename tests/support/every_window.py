"""Features with all their windows, also those of years on a log of days."""

from __future__ import annotations

import numpy as np
import pandas as pd

import churnlab as cl
from churnlab.dataset import compute
from churnlab.features.resolved import ResolvedFeatures


def features(
    activity: cl.DailyActivity, codes: np.ndarray, days: np.ndarray, chosen: cl.FeatureSet
) -> pd.DataFrame:
    """The features of each (person, day), as `compute.compute` gives them for a longer log."""
    return compute.matrix(activity, codes, days, resolved(activity, chosen))


def resolved(activity: cl.DailyActivity, chosen: cl.FeatureSet) -> ResolvedFeatures:
    """The features that a log has, with all their windows; made once for logs of the same roles."""
    return chosen.resolve(compute.available(activity), activity.sources)
